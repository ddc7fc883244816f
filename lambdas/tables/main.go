// Command tables is the Lambda function that runs the tables job inside a deployment and waits for it.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/glue"

	"dataplatform/lambdas/internal/deployment"
	"dataplatform/lambdas/internal/env"
)

func main() {
	logger := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	handler, err := newHandler(context.Background(), logger)
	if err != nil {
		logger.Error("the function cannot start", "error", err)
		os.Exit(1)
	}
	lambda.Start(handler.Handle)
}

func newHandler(ctx context.Context, logger *slog.Logger) (*Handler, error) {
	var vars env.Reader
	job := vars.String("JOB_NAME")
	if err := vars.Err(); err != nil {
		return nil, err
	}
	aws, err := config.LoadDefaultConfig(ctx, config.WithRetryer(deployment.Retryer()))
	if err != nil {
		return nil, err
	}
	client := glue.NewFromConfig(aws)
	return &Handler{Job: job, Start: client, Get: client, Logger: logger, Wait: 2 * time.Second, Again: 30 * time.Second}, nil
}
