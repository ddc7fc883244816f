// Command schemas is the Lambda function that registers the later versions of schemas inside a deployment: the
// provider's resource holds one definition, and a registry that is made anew has to get every version in order.
package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/glue"

	"dataplatform/lambdas/internal/bootstrap"
	"dataplatform/lambdas/internal/deployment"
)

func main() { bootstrap.Start(newHandler, (*Handler).Handle, config.WithRetryer(deployment.Retryer())) }

func newHandler(f *bootstrap.Function) (*Handler, error) {
	client := glue.NewFromConfig(f.AWS)
	return &Handler{Register: client, Get: client, Logger: f.Logger, Wait: time.Second}, nil
}
