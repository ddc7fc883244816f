// Command lake is the Lambda function that changes of Lake Formation, inside a deployment, what no resource of the provider changes rightly. The
// account's settings: the resource puts them as a whole, so those of others are lost, and deletes all of them. What IAMAllowedPrincipals has: no
// resource takes that back. What administrators are granted: the resource takes what they have without a grant for a difference.
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation/types"

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
	leases := vars.String("LEASES_TABLE")
	if err := vars.Err(); err != nil {
		return nil, err
	}
	loaded, err := config.LoadDefaultConfig(ctx, config.WithRetryer(newRetryer))
	if err != nil {
		return nil, err
	}
	lake := lakeformation.NewFromConfig(loaded)
	return &Handler{
		Settings: lake, Grants: lake, Catalog: glue.NewFromConfig(loaded), Memory: lease{dynamodb.NewFromConfig(loaded), leases}, Logger: logger,
	}, nil
}

// retryer tries again, beside what any function of a deployment does, what is too fast for Lake Formation and what it does not know yet.
type retryer struct{ aws.Retryer }

func newRetryer() aws.Retryer {
	// Lake Formation throttles at a few changes a second and refuses concurrent ones.
	return retryer{deployment.Retryer("ConcurrentModificationException")()}
}

// IsErrorRetryable implements aws.Retryer. A role that was made seconds ago is no principal yet; the provider waits for it in the same way.
func (r retryer) IsErrorRetryable(err error) bool {
	var invalid *types.InvalidInputException
	return r.Retryer.IsErrorRetryable(err) || errors.As(err, &invalid) && strings.Contains(invalid.ErrorMessage(), "Invalid principal")
}
