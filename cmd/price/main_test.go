package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/cli"
)

const root = "../.."

func TestPrices(t *testing.T) {
	for _, stack := range []string{"dev", "prod", "local"} {
		var out strings.Builder
		require.NoError(t, run([]string{"--stack", stack}, root, &out))
		assert.Contains(t, out.String(), "Stack "+stack+", eu-west-1")
		assert.Regexp(t, `\nTotal +[1-9]\d*\.\d\d\n`, out.String())
		for _, service := range []string{"Kinesis", "Lambda", "S3", "KMS", "Glue", "Step Functions", "DynamoDB", "Athena", "CloudWatch", "SNS and SQS", "EventBridge Scheduler"} {
			assert.Contains(t, out.String(), "\n"+service)
		}
		for _, part := range []string{"Redshift Serverless", "QuickSight", "SageMaker"} {
			assert.Contains(t, out.String(), "\n"+part)
		}
	}
}

func TestWrongArguments(t *testing.T) {
	for name, tt := range map[string]struct {
		give []string
		want string
	}{
		"none":    {nil, `there is no stack ""; want --stack dev|local|prod`},
		"unknown": {[]string{"--stack", "Dev"}, `there is no stack "Dev"; want --stack dev|local|prod`},
		"flag":    {[]string{"--stak", "dev"}, "flag provided but not defined: -stak; want --stack"},
		"extra":   {[]string{"--stack", "dev", "prod"}, `"prod" is not an argument`},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			err := run(tt.give, root, &out)
			require.ErrorIs(t, err, cli.ErrUsage)
			assert.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "\n")
			assert.Empty(t, out.String())
		})
	}
}
