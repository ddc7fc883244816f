package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/lakeformation"

	"dataplatform/internal/cli"
	"dataplatform/operations/grants"
	"dataplatform/operations/target"
)

// checkGrants holds what Lake Formation says against the contracts and roles: on the running platform, or on AWS.
func checkGrants(ctx context.Context, args []string) error {
	flags := cli.NewFlags("grants")
	columns := flags.Bool("columns", false, "print a line a column")
	onAWS := awsFlag(flags)
	if err := cli.ParseAll(flags, args); err != nil {
		return err
	}
	outputs, configuration, err := target.Of(ctx, ".", *onAWS)
	if err != nil {
		return err
	}
	if len(outputs.Principals) == 0 {
		return errors.New("the stack's outputs name no principals: governance is not enabled")
	}
	set, err := outputs.Contracts()
	if err != nil {
		return err
	}
	state, err := grants.Read(ctx, lakeformation.NewFromConfig(configuration), set, outputs.Databases)
	if err != nil {
		return err
	}
	report := grants.Check(set, outputs.Principals, state)
	if err := report.Print(os.Stdout, *columns); err != nil {
		return err
	}
	if problems := len(report.Problems()); problems > 0 {
		return fmt.Errorf("%d differences between what is expected and what Lake Formation grants", problems)
	}
	return nil
}
