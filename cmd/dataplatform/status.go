package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"dataplatform/internal/cli"
	"dataplatform/internal/running"
	"dataplatform/operations/status"
	"dataplatform/operations/target"
)

// showStatus prints how the running platform is, or a stack on AWS.
func showStatus(ctx context.Context, args []string) error {
	flags := cli.NewFlags("status")
	onAWS := awsFlag(flags)
	if err := cli.ParseAll(flags, args); err != nil {
		return err
	}
	outputs, configuration, err := target.Of(ctx, ".", *onAWS)
	if errors.Is(err, running.ErrNotRunning) {
		fmt.Println(err) // which is a status
		return nil
	}
	if err != nil {
		return err
	}
	set, err := outputs.Contracts()
	if err != nil {
		return err
	}
	reader := status.Reader{
		Contracts: set, Outputs: outputs, Objects: s3.NewFromConfig(configuration), Tables: glue.NewFromConfig(configuration),
		Ledger: dynamodb.NewFromConfig(configuration), Machines: sfn.NewFromConfig(configuration), Alarms: cloudwatch.NewFromConfig(configuration),
		Now: time.Now(),
	}
	found, err := reader.Read(ctx)
	if err != nil {
		return err
	}
	found.Print(os.Stdout)
	return nil
}
