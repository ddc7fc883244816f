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
		Example: "dataplatform price --stack prod\ndataplatform price --stack prod --json | jq .totalUsd",
		Args:    cli.NoArgs,
	}
	format := cli.FormatOf(c)
	var stack string
	stackFlag(c, &stack, "`name` of the stack, which need not be deployed")
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
		return format.Write(c.OutOrStdout(), estimate)
	}
	return c
}
