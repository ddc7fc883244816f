package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"dataplatform/internal/cli"
	"dataplatform/operations/erasure"
	"dataplatform/operations/target"
)

// eraseCustomer takes one customer out of the platform that runs here, or of a stack on AWS.
func eraseCustomer(ctx context.Context, args []string) error {
	flags := cli.NewFlags("erase")
	customer := flags.String("customer", "", "the `number` of the customer")
	onAWS := awsFlag(flags)
	report := flags.String("report", "build/erasure.json", "`file` for the account")
	if err := cli.ParseAll(flags, args); err != nil {
		return err
	}
	if err := erasure.Check(*customer); err != nil {
		return cli.UsageError{Err: err}
	}
	outputs, configuration, err := target.Of(ctx, ".", *onAWS)
	if err != nil {
		return err
	}
	e := &erasure.Eraser{
		Objects: s3.NewFromConfig(configuration), Jobs: glue.NewFromConfig(configuration), Machines: sfn.NewFromConfig(configuration),
		Bucket: outputs.Buckets["artifacts"], Job: outputs.Jobs["erase"], Poll: 5 * time.Second,
	}
	if e.Bucket == "" || e.Job == "" {
		return errors.New("the stack's outputs do not hold buckets.artifacts and jobs.erase: deploy it first")
	}
	for _, machines := range outputs.Machines {
		e.MachineARNs = append(e.MachineARNs, machines.Hourly, machines.Backfill)
	}
	account, err := e.Run(ctx, *customer)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(account, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(*report), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(*report, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("the customer is erased, the account was not written: %w", err)
	}
	return account.Print(os.Stdout)
}
