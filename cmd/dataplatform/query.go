package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"dataplatform/internal/cli"
	"dataplatform/operations/query"
	"dataplatform/operations/target"
)

// awsFlag is how commands are told of a stack on AWS.
func awsFlag(flags *flag.FlagSet) *string {
	return flags.String("aws", "", "the stack on AWS whose outputs, as `pulumi stack output --json` prints them, are in this `file`; without it the platform that runs here")
}

// runQuery runs one statement on the platform that runs here and prints its rows as CSV.
func runQuery(ctx context.Context, args []string) error {
	flags := cli.NewFlags("query")
	as := flags.String("as", "", "`name` of the role that asks: one of the principals in the stack's outputs, such as analyst")
	statement, err := cli.ParseOne(flags, args, "the SQL: go run ./cmd/dataplatform query [--as ROLE] 'SELECT …'")
	if err != nil {
		return err
	}
	outputs, configuration, err := target.Of(ctx, ".", "")
	if err != nil {
		return err
	}
	workgroup := outputs.Workgroup
	if *as != "" {
		principal, known := outputs.Principals[*as]
		if !known {
			return fmt.Errorf("there is no principal %q; there are %s", *as, strings.Join(slices.Sorted(maps.Keys(outputs.Principals)), ", "))
		}
		if configuration, err = target.Assume(ctx, configuration, principal.ARN); err != nil {
			return err
		}
		workgroup = cmp.Or(principal.Workgroup, workgroup) // a job has none, and no right on any
	}
	result, err := query.New(configuration, workgroup).Run(ctx, statement)
	if err != nil {
		return err
	}
	out := csv.NewWriter(os.Stdout)
	if err := out.WriteAll(append([][]string{result.Columns}, result.Rows...)); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d rows, %.2f s, %d bytes scanned\n", len(result.Rows), result.Seconds, result.ScannedBytes)
	return nil
}
