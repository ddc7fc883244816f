package commands

import (
	"fmt"

	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/local/scaffold"
)

func newCommand() *cobra.Command {
	var from, like string
	c := &cobra.Command{
		Use: "new dataset", Short: "Write the files of a new dataset, from one of the files that its source will drop, or beside a curated one",
		Long: `Write the files of a new dataset, from one of the CSV files that its source will drop: contracts, a transform, a test, samples, a query and a view.
They work as they are, and are there to be edited; it says what a file cannot say. With --like another curated dataset's contract and transform under a
new name: for a change that its readers could not take.`,
		Example: "devstack new returns --from returns.csv\ndevstack new sales_by_day --like curated.sales_hourly",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if (from == "") == (like == "") {
				return cli.Usage("want --from or --like")
			}
			var paths, decisions []string
			next := "make demo"
			if like != "" {
				var err error
				if paths, decisions, err = scaffold.Like(".", args[0], like); err != nil {
					return err
				}
				next += "; once it is deployed: dataplatform backfill --all, of the dataset that it is computed from"
			} else {
				content, err := unpacked(from)
				if err != nil {
					return err
				}
				if paths, decisions, err = scaffold.Write(".", args[0], content); err != nil {
					return err
				}
				next = fmt.Sprintf("devstack try %s %s, %s", args[0], from, next)
			}
			out := c.OutOrStdout()
			for _, path := range paths {
				fmt.Fprintln(out, "wrote", path)
			}
			fmt.Fprintln(out, "\nFor you to decide:")
			for _, decision := range decisions {
				fmt.Fprintln(out, "-", decision)
			}
			_, err := fmt.Fprintf(out, "\nThen: go run ./cmd/release-contracts, go test ./contracts/..., %s\n", next)
			return err
		},
	}
	c.Flags().StringVar(&from, "from", "", "CSV `file` of the source, also gzipped")
	c.Flags().StringVar(&like, "like", "", "curated `dataset` to write another one beside")
	return c
}
