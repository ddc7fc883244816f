package commands

import (
	"github.com/spf13/cobra"

	"dataplatform/cost"
	"dataplatform/internal/cli"
	"dataplatform/internal/registered"
	"dataplatform/platform/settings"
)

func priceCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "price", Short: "Estimate what a stack costs a month, in USD, with every factor",
		Long: `Estimate what a stack costs a month, in USD, with every factor. With --against the main branch: what this work tree adds to it, and why, before
it is merged.`,
		Example: "dataplatform price --stack prod\ndataplatform price --stack prod --against origin/main\n" +
			"dataplatform price --stack prod --json | jq .totalUsd",
		Args: cli.NoArgs,
	}
	format := cli.FormatOf(c)
	var stack, against string
	stackFlag(c, &stack, "`name` of the stack, which need not be deployed")
	c.Flags().StringVar(&against, "against", "", "`commit` or branch whose stack of that name to compare with")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := needs(c, "stack"); err != nil {
			return err
		}
		if err := settings.Known(".", stack); err != nil {
			return cli.UsageError{Err: err}
		}
		in, err := cost.Read(".")
		if err != nil {
			return err
		}
		resources, err := registered.Stack(c.Context(), ".", stack, c.ErrOrStderr())
		if err != nil {
			return err
		}
		read, err := cost.ReadStack(".", stack, resources)
		if err != nil {
			return err
		}
		estimate, err := cost.New(read, in)
		if err != nil {
			return err
		}
		if against == "" {
			return format.Write(c.OutOrStdout(), estimate)
		}
		before, err := priceOf(c.Context(), against, stack, c.ErrOrStderr())
		if err != nil {
			return err
		}
		difference, err := cost.Compare(before, against, estimate)
		if err != nil {
			return err
		}
		return format.Write(c.OutOrStdout(), difference)
	}
	return c
}
