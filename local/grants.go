package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation"

	"dataplatform/local/stack"
	"dataplatform/operations/grants"
	"dataplatform/operations/target"
)

// checkGrants holds what Lake Formation says against the contracts and roles: on the running platform, or on AWS.
func checkGrants(ctx context.Context, args []string) error {
	flags := newFlags("grants")
	columns := flags.Bool("columns", false, "print a line a column")
	onAWS := awsFlag(flags)
	if err := parseAll(flags, args); err != nil {
		return err
	}
	outputs, configuration, err := reached(ctx, *onAWS)
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

// reached is a stack's outputs, and how to talk to where it is: the running platform, or with a file of outputs AWS.
func reached(ctx context.Context, outputsFile string) (stack.Outputs, aws.Config, error) {
	if outputsFile == "" {
		p, err := stack.Attach(stack.Options{Root: "."})
		if err != nil {
			return stack.Outputs{}, aws.Config{}, err
		}
		return p.Outputs, target.Config(p.Endpoint, p.Outputs.Region), nil
	}
	text, err := os.ReadFile(outputsFile)
	if err != nil {
		return stack.Outputs{}, aws.Config{}, err
	}
	var outputs stack.Outputs
	if err := json.Unmarshal(text, &outputs); err != nil {
		return stack.Outputs{}, aws.Config{}, fmt.Errorf("%s: %w", outputsFile, err)
	}
	configuration, err := config.LoadDefaultConfig(ctx, config.WithRegion(outputs.Region))
	return outputs, configuration, err
}
