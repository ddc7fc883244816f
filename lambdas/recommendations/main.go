// Command recommendations is the Lambda function that decides and acts for the pipeline of recommendations: it lets one run at a time
// in, judges models, tries, switches and rolls back the endpoint, and writes down what came of it.
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

	"dataplatform/lambdas/internal/emf"
	"dataplatform/lambdas/internal/env"
	"dataplatform/lambdas/recommendations/internal/sagemaker"
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
	settings := Settings{
		Name: vars.String("NAME"), PackageGroup: vars.String("PACKAGE_GROUP"), RoleARN: vars.String("ROLE_ARN"), Image: vars.String("IMAGE"), Source: vars.String("SOURCE"),
		FeaturesBucket: vars.String("FEATURES_BUCKET"), FeaturesKey: vars.String("FEATURES_KEY"),
		Holdout: vars.Duration("HOLDOUT"), RunLimit: vars.Duration("RUN_LIMIT"),
	}
	leases, namespace, shape := vars.String("LEASES_TABLE"), vars.String("METRICS_NAMESPACE"), vars.String("SETTINGS")
	if err := vars.Err(); err != nil {
		return nil, err
	}
	if err := settings.read(shape); err != nil {
		return nil, err
	}
	aws, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	settings.Region = aws.Region
	client := sagemaker.New(aws)
	return &Handler{
		Settings: settings, API: client, Invoker: client, Logger: logger, Now: time.Now,
		Objects: bucket{client: s3.NewFromConfig(aws), name: settings.FeaturesBucket},
		Leases:  table{client: dynamodb.NewFromConfig(aws), name: leases},
		Metrics: emf.Writer{Out: os.Stdout, Namespace: namespace},
	}, nil
}
