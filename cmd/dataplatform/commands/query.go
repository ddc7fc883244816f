package commands

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/operations/query"
	"dataplatform/operations/target"
)

func queryCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "query 'SELECT …'", Short: "Run one SQL statement by Athena and print its rows as CSV",
		Example: "dataplatform query 'SELECT count(*) FROM shop_local_curated.sessions'\n" +
			"dataplatform query --as analyst --json 'SELECT * FROM shop_local_curated.sales_hourly LIMIT 3'",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.Usage("want one argument, the SQL in quotes")
			}
			return nil
		},
	}
	where, format := changes(c), cli.FormatOf(c)
	as := c.Flags().String("as", "",
		"`name` of the role that asks: one of the principals in the stack's outputs, such as analyst")
	spreadsheet := c.Flags().Bool("spreadsheet", false,
		"put an apostrophe before texts that a spreadsheet would run as formulas: =, +, -, @ begin them")
	c.RunE = func(c *cobra.Command, args []string) error {
		t, err := where.find(c)
		if err != nil {
			return err
		}
		configuration, workgroup := t.AWS, t.Outputs.Workgroup
		if *as != "" {
			principal, known := t.Outputs.Principals[*as]
			if !known {
				return fmt.Errorf("there is no principal %q; there are %s", *as,
					strings.Join(slices.Sorted(maps.Keys(t.Outputs.Principals)), ", "))
			}
			if configuration, err = target.Assume(c.Context(), configuration, principal.ARN); err != nil {
				return err
			}
			workgroup = cmp.Or(principal.Workgroup, workgroup) // a job has none, and no right on any
		}
		if !query.Reads(args[0]) {
			if err := where.confirm(c, t, "a statement that may change data"); err != nil {
				return err
			}
		}
		result, err := query.New(configuration, workgroup).Run(c.Context(), args[0])
		if err != nil {
			return err
		}
		if *spreadsheet {
			result = result.ForSpreadsheets()
		}
		if err := format.Write(c.OutOrStdout(), result); err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.ErrOrStderr(), "%d rows, %.2f s, %d bytes scanned\n", len(result.Rows), result.Seconds,
			result.ScannedBytes)
		return err
	}
	return c
}
