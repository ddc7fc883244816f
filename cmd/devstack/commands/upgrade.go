package commands

import (
	"github.com/spf13/cobra"

	"dataplatform/e2e/upgrade"
	"dataplatform/internal/cli"
)

func upgradeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "upgrade",
		Short:   "Deploy what a commit had, then update it to this work tree: nothing may be replaced or deleted but code",
		Example: "devstack upgrade --from main", Args: cli.NoArgs,
	}
	from := c.Flags().String("from", "main", "the `commit` whose platform is there before")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return upgrade.Run(c.Context(), *from, c.OutOrStdout(), c.ErrOrStderr())
	}
	return c
}
