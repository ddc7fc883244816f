package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dataplatform/internal/cli"
	"dataplatform/operations/target"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// putApart keeps a file from all runs: the way out when a step that comes after cleaning fails for what is in it.
func putApart(ctx context.Context, args []string) error {
	flags := cli.NewFlags("apart")
	onAWS := awsFlag(flags)
	dataset := flags.String("dataset", "", "`name` of the dataset")
	file := flags.String("file", "", "`digest` of the file, as errors and status name it")
	why := flags.String("why", "", "what is wrong with it, a `text` for the quarantine")
	if err := cli.ParseAll(flags, args); err != nil {
		return err
	}
	if *dataset == "" || *file == "" || *why == "" {
		return cli.UsageError{Err: errors.New("want --dataset, --file and --why")}
	}
	if err := knownDataset(*dataset); err != nil {
		return cli.UsageError{Err: err}
	}
	outputs, configuration, err := target.Of(ctx, ".", *onAWS)
	if err != nil {
		return err
	}
	q, err := quarantineOf(outputs, configuration)
	if err != nil {
		return err
	}
	if err := q.PutApart(ctx, s3.NewFromConfig(configuration), *dataset, *file, *why, time.Now()); err != nil {
		return err
	}
	fmt.Printf("%s: no run takes file %s until go run ./cmd/dataplatform replay quarantine --dataset %s --reason unreadable\n", *dataset, *file, *dataset)
	return nil
}
