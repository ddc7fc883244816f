package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"dataplatform/contracts"
	"dataplatform/governance"
	"dataplatform/local/client"
	"dataplatform/local/grants"
	"dataplatform/local/stack"
	"dataplatform/platform"
)

// checkGrants holds what Lake Formation says against the contracts and roles: on the running platform, or on AWS.
func checkGrants(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("grants", flag.ContinueOnError)
	columns := flags.Bool("columns", false, "print a line a column")
	onAWS := flags.String("aws", "", "check the stack on AWS whose outputs, as `pulumi stack output --json` prints them, are in this `file`")
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
	set, err := contracts.Load()
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
		return p.Outputs, client.Config(p.Endpoint, p.Outputs.Region), nil
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

// preflight says, before a stack is deployed to AWS, who administers the account's lake and what is missing.
func preflight(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("preflight", flag.ContinueOnError)
	if err := flags.Parse(args); err != nil {
		return usageError{err}
	}
	if flags.NArg() != 1 {
		return usageError{errors.New("want one argument, the stack: go run ./local preflight prod")}
	}
	want, region, err := platform.GovernanceOf("Pulumi." + flags.Arg(0) + ".yaml")
	if err != nil {
		return err
	}
	configuration, err := config.LoadDefaultConfig(ctx, config.WithRegion(region))
	if err != nil {
		return err
	}
	found, err := account(ctx, configuration)
	if err != nil {
		return err
	}
	result := governance.Check(want, found)
	for _, note := range result.Notes {
		fmt.Println(note)
	}
	for _, problem := range result.Problems {
		fmt.Println("PROBLEM", problem)
	}
	if n := len(result.Problems); n > 0 {
		return fmt.Errorf("%d problems; nothing was changed", n)
	}
	return nil
}

// account asks AWS what the preflight looks at.
func account(ctx context.Context, configuration aws.Config) (governance.Found, error) {
	caller, err := sts.NewFromConfig(configuration).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return governance.Found{}, fmt.Errorf("who deploys: %w", err)
	}
	lake := lakeformation.NewFromConfig(configuration)
	got, err := lake.GetDataLakeSettings(ctx, &lakeformation.GetDataLakeSettingsInput{})
	if err != nil {
		return governance.Found{}, fmt.Errorf("the settings of Lake Formation: %w", err)
	}
	found := governance.Found{Caller: aws.ToString(caller.Arn)}
	if settings := got.DataLakeSettings; settings != nil {
		for _, admin := range settings.DataLakeAdmins {
			found.Admins = append(found.Admins, aws.ToString(admin.DataLakePrincipalIdentifier))
		}
		found.OpenToIAM = len(settings.CreateDatabaseDefaultPermissions)+len(settings.CreateTableDefaultPermissions) > 0
	}
	for pages := lakeformation.NewListLFTagsPaginator(lake, &lakeformation.ListLFTagsInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return governance.Found{}, fmt.Errorf("the LF-tags: %w", err)
		}
		for _, tag := range page.LFTags {
			found.Tags = append(found.Tags, aws.ToString(tag.TagKey))
		}
	}
	return found, nil
}

// parseAll parses flags and refuses arguments that are none.
func parseAll(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		return usageError{err}
	}
	if flags.NArg() > 0 {
		return usageError{fmt.Errorf("unexpected argument %q", flags.Arg(0))}
	}
	return nil
}
