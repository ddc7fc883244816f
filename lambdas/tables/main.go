// Command tables is the Lambda function that runs the tables job inside a deployment and waits for it.
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
	job := f.String("JOB_NAME")
	client := glue.NewFromConfig(f.AWS)
	return &Handler{
		Job: job, Start: client, Get: client, Logger: f.Logger, Wait: 2 * time.Second, Again: 30 * time.Second,
	}, nil
}
