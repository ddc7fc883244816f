// Command schemas is the Lambda function that registers the later versions of schemas inside a deployment: the provider's resource
// holds one definition, and a registry that is made anew has to get every version in order.
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
	loaded, err := config.LoadDefaultConfig(ctx, config.WithRetryer(deployment.Retryer()))
	if err != nil {
		return nil, err
	}
	client := glue.NewFromConfig(loaded)
	return &Handler{Register: client, Get: client, Logger: logger, Wait: time.Second}, nil
}
