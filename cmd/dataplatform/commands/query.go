package commands

import (
	"cmp"
	"context"
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
		Use: "query ['SELECT …']", Short: "Run SQL by Athena and print its rows; without a statement at a prompt",
		Long: "Run SQL by Athena and print its rows: as a table at a terminal, else as CSV. Without a statement it asks for them " +
			"at a prompt, where a semicolon ends one, exit or Ctrl-D the session, and arrows bring back what was typed before.",
		Example: "dataplatform query 'SELECT count(*) FROM shop_local_curated.sessions'\n" +
			"dataplatform query --as analyst --json 'SELECT * FROM shop_local_curated.sales_hourly LIMIT 3'\n" +
			"dataplatform query --as analyst",
		Args: func(c *cobra.Command, args []string) error {
			if _, atTerminal := terminal(c.InOrStdin()); len(args) > 1 || len(args) == 0 && !atTerminal {
				return cli.Usage("want one argument, the SQL in quotes, or none at a terminal")
			}
			return nil
		},
	}
	where, format := changes(c), cli.FormatOf(c)
	as := c.Flags().String("as", "",
		"`name` of the role that asks: one of the principals in the stack's outputs, such as analyst")
	comma := c.Flags().Bool("csv", false, "print CSV at a terminal, too")
	c.MarkFlagsMutuallyExclusive("json", "csv")
	spreadsheet := c.Flags().Bool("spreadsheet", false,
		"put an apostrophe before texts that a spreadsheet would run as formulas: =, +, -, @ begin them")
	c.RunE = func(c *cobra.Command, args []string) error {
		t, err := where.find(c)
		if err != nil {
			return err
		}
		runner, err := asker(c.Context(), t, *as)
		if err != nil {
			return err
		}
		run := func(sql string) error {
			if !query.Reads(sql) {
				if err := where.confirm(c, t, "a statement that may change data"); err != nil {
					return err
				}
			}
			result, err := runner.Run(c.Context(), sql)
			if err != nil {
				return err
			}
			if *spreadsheet {
				result = result.ForSpreadsheets()
			}
			if _, atTerminal := terminal(c.OutOrStdout()); atTerminal && !*comma && !format.JSON {
				err = format.Write(c.OutOrStdout(), query.Table{Result: result})
			} else {
				err = format.Write(c.OutOrStdout(), result)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.ErrOrStderr(), "%d rows, %.2f s, %d bytes scanned\n", len(result.Rows),
				result.Seconds, result.ScannedBytes)
			return err
		}
		if len(args) == 0 {
			return prompted(c, run)
		}
		return run(args[0])
	}
	return c
}

// asker runs queries as one of the principals of the stack, or as who calls.
func asker(ctx context.Context, t target.Target, as string) (*query.Runner, error) {
	if as == "" {
		return query.New(t.AWS, t.Outputs.Workgroup), nil
	}
	principal, known := t.Outputs.Principals[as]
	if !known {
		return nil, fmt.Errorf("there is no principal %q; there are %s", as,
			strings.Join(slices.Sorted(maps.Keys(t.Outputs.Principals)), ", "))
	}
	configuration, err := target.Assume(ctx, t.AWS, principal.ARN)
	if err != nil {
		return nil, err
	}
	// A job has no workgroup, and no right on any.
	return query.New(configuration, cmp.Or(principal.Workgroup, t.Outputs.Workgroup)), nil
}
