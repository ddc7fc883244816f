package commands

import (
	"fmt"

	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/local/scaffold"
)

func newCommand() *cobra.Command {
	var from string
	c := &cobra.Command{
		Use: "new dataset", Short: "Write the files of a new dataset, from one of the files that its source will drop",
		Long: `Write the files of a new dataset, from one of the CSV files that its source will drop: contracts, a transform, a test and samples. They work as
they are, and are there to be edited; it says what a file cannot say.`,
		Example: "devstack new returns --from returns.csv",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if from == "" {
				return cli.Usage("want --from")
			}
			content, err := unpacked(from)
			if err != nil {
				return err
			}
			paths, decisions, err := scaffold.Write(".", args[0], content)
			if err != nil {
				return err
			}
			out := c.OutOrStdout()
			for _, path := range paths {
				fmt.Fprintln(out, "wrote", path)
			}
			fmt.Fprintln(out, "\nFor you to decide:")
			for _, decision := range decisions {
				fmt.Fprintln(out, "-", decision)
			}
			_, err = fmt.Fprintf(out,
				"\nThen: go test ./contracts/..., devstack try %s %s, go run ./cmd/release-contracts, make demo\n",
				args[0], from)
			return err
		},
	}
	c.Flags().StringVar(&from, "from", "", "CSV `file` of the source, also gzipped")
	return c
}
