// Command recommendations is the Lambda function that decides and acts for the pipeline of recommendations: it lets one
// run at a time in, judges models, tries, switches and rolls back the endpoint, and writes down what came of it.
package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/lambdas/internal/bootstrap"
	"dataplatform/lambdas/recommendations/internal/sagemaker"
)

func main() { bootstrap.Start(newHandler, (*Handler).Handle) }

func newHandler(f *bootstrap.Function) (*Handler, error) {
	settings := Settings{
		Name: f.String("NAME"), PackageGroup: f.String("PACKAGE_GROUP"), RoleARN: f.String("ROLE_ARN"),
		Image: f.String("IMAGE"), Source: f.String("SOURCE"), FeaturesBucket: f.String("FEATURES_BUCKET"),
		FeaturesKey: f.String("FEATURES_KEY"), Holdout: f.Duration("HOLDOUT"), RunLimit: f.Duration("RUN_LIMIT"),
	}
	leases := f.String("LEASES_TABLE")
	f.Parse("SETTINGS", settings.read)
	settings.Region = f.AWS.Region
	client := sagemaker.New(f.AWS)
	return &Handler{
		Settings: settings, API: client, Invoker: client, Logger: f.Logger, Now: time.Now,
		Objects: bucket{client: s3.NewFromConfig(f.AWS), name: settings.FeaturesBucket},
		Leases:  table{client: dynamodb.NewFromConfig(f.AWS), name: leases},
		Metrics: f.Metrics(),
	}, nil
}
