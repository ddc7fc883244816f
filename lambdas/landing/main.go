// Command landing is the Lambda function that takes in the files which sources drop into the landing bucket.
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
	lambda.Start(handler.Handle)
}

func newHandler(ctx context.Context, logger *slog.Logger) (*Handler, error) {
	var vars env.Reader
	limits := Limits{MaxFileBytes: vars.Bytes("MAX_FILE_BYTES"), MaxExpandedBytes: vars.Bytes("MAX_EXPANDED_BYTES")}
	rawBucket, table := vars.String("RAW_BUCKET"), vars.String("FILES_TABLE")
	namespace := vars.String("METRICS_NAMESPACE")
	if err := vars.Err(); err != nil {
		return nil, err
	}
	set, err := contracts.Load()
	if err != nil {
		return nil, err
	}
	aws, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	client := s3.NewFromConfig(aws)
	files := ledger.Table{Client: dynamodb.NewFromConfig(aws), Name: table}
	return &Handler{
		Datasets:  landingDatasets(set),
		Limits:    limits,
		RawBucket: rawBucket,
		Open:      objects{client},
		Put:       store.S3{Client: client},
		Copy:      objects{client},
		Find:      files,
		Record:    files,
		Metrics:   emf.Writer{Out: os.Stdout, Namespace: namespace},
		Logger:    logger,
		Now:       time.Now,
	}, nil
}

// landingDatasets are the datasets whose sources drop files.
func landingDatasets(set *contracts.Set) map[string]*contracts.Contract {
	datasets := map[string]*contracts.Contract{}
	for _, contract := range set.Layer(contracts.LayerRaw) {
		if contract.Source == contracts.SourceLanding {
			datasets[contract.Dataset] = contract
		}
	}
	return datasets
}
