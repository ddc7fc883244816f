// Command clicks is the Lambda function between the click stream and the raw and processed layers.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/contracts"
	"dataplatform/lambdas/clicks/internal/batch"
	"dataplatform/lambdas/internal/emf"
	"dataplatform/lambdas/internal/env"
	"dataplatform/lambdas/internal/ledger"
	"dataplatform/lambdas/internal/store"
)

func main() {
	logger := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	handler, err := newHandler(context.Background(), logger)
	if err != nil {
		logger.Error("the function cannot start", "error", err)
		os.Exit(1)
	}
	lambda.Start(handler)
}

func newHandler(ctx context.Context, logger *slog.Logger) (*Handler, error) {
	var vars env.Reader
	limits := batch.Limits{
		Lateness:         vars.Duration("LATENESS_LIMIT"),
		MaxEventBytes:    int(vars.Bytes("MAX_EVENT_BYTES")),
		MaxExpandedBytes: vars.Bytes("MAX_EXPANDED_BYTES"),
	}
	rawBucket, processedBucket := vars.String("RAW_BUCKET"), vars.String("PROCESSED_BUCKET")
	hours := vars.String("HOURS_TABLE")
	namespace := vars.String("METRICS_NAMESPACE")
	if err := vars.Err(); err != nil {
		return nil, err
	}
	set, err := contracts.Load()
	if err != nil {
		return nil, err
	}
	processor, err := batch.New(set, limits)
	if err != nil {
		return nil, err
	}
	aws, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	return &Handler{
		Processor:       processor,
		Store:           store.S3{Client: s3.NewFromConfig(aws)},
		Hours:           ledger.Hours{Client: dynamodb.NewFromConfig(aws), Table: hours, Dataset: dataset},
		RawBucket:       rawBucket,
		ProcessedBucket: processedBucket,
		Metrics:         emf.Writer{Out: os.Stdout, Namespace: namespace},
		Logger:          logger,
		Now:             time.Now,
	}, nil
}
