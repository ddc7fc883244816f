package commands

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/lakeformation"
	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/operations/grants"
)

func grantsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "grants", Short: "Check what Lake Formation grants against the contracts and roles",
		Long: `Check what Lake Formation grants against the contracts and roles.

It prints a line a role and table, and fails when something is granted that should not be, or the other way round.`,
		Example: "dataplatform grants --stack prod\ndataplatform grants --columns",
		Args:    cli.NoArgs,
	}
	where, format := readsFrom(c), cli.FormatOf(c)
	columns := c.Flags().Bool("columns", false, "print a line a column")
	c.RunE = func(c *cobra.Command, _ []string) error {
		t, err := where.find(c)
		if err != nil {
			return err
		}
		if len(t.Outputs.Principals) == 0 {
			return errors.New("the stack's outputs name no principals: governance is not enabled")
		}
		set, err := t.Outputs.Contracts()
		if err != nil {
			return err
		}
		state, err := grants.Read(c.Context(), lakeformation.NewFromConfig(t.AWS), set, t.Outputs.Databases)
		if err != nil {
			return err
		}
		report := grants.Check(set, t.Outputs.Principals, state)
		report.Columns = *columns
		if err := format.Write(c.OutOrStdout(), report); err != nil {
			return err
		}
		if problems := len(report.Problems()); problems > 0 {
			return fmt.Errorf("%d differences between what is expected and what Lake Formation grants", problems)
		}
		return nil
	}
	return c
}
