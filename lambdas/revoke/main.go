// Command revoke is the Lambda function that takes the catalog out of IAM's hands inside a deployment: no resource of the
// provider revokes what IAMAllowedPrincipals has.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation"

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
	// Lake Formation throttles at a few changes a second and refuses concurrent ones.
	loaded, err := config.LoadDefaultConfig(ctx, config.WithRetryer(deployment.Retryer("ConcurrentModificationException")))
	if err != nil {
		return nil, err
	}
	client := lakeformation.NewFromConfig(loaded)
	return &Handler{Settings: client, Close: client, List: client, Revoke: client, Catalog: glue.NewFromConfig(loaded), Logger: logger}, nil
}
