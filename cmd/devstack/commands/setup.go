package commands

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/local/toolchain"
)

func setupCommand() *cobra.Command {
	tools := append(slices.Clone(toolchain.All), toolchain.Training)
	return &cobra.Command{
		Use: "setup [tool …]", Short: "Make the tools that the other commands need", ValidArgs: tools,
		Long: "Make the tools that the other commands need, those named, or all but ml, which trains recommendations: " + strings.Join(
			tools, ", ",
		) +
			".\nThey go into a cache folder outside the work tree.",
		Example: "devstack setup\ndevstack setup python jars",
		RunE: func(c *cobra.Command, args []string) error {
			for _, name := range args {
				if !slices.Contains(tools, name) {
					return cli.Usage("there is no tool %q; there are %s", name, strings.Join(tools, ", "))
				}
			}
			cache, err := toolchain.DefaultCache()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				args = toolchain.All
			}
			s := toolchain.Setup{Root: ".", Cache: cache, Log: c.ErrOrStderr()}
			_, err = s.Ensure(c.Context(), args...)
			return err
		},
	}
}
