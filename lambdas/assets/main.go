// Command assets is the Lambda function that describes the objects below raw's assets/: a row an event, a thumbnail an image.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/contracts"
	"dataplatform/lambdas/assets/internal/inspect"
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
	limits := Limits{MaxBytes: vars.Bytes("MAX_BYTES"), Limits: inspect.Limits{
		MaxPixels: vars.Number("MAX_PIXELS"), MaxTime: vars.Duration("MAX_TIME"), ThumbnailSide: int(vars.Number("THUMBNAIL_SIDE")),
	}}
	rawBucket, processedBucket, table := vars.String("RAW_BUCKET"), vars.String("PROCESSED_BUCKET"), vars.String("FILES_TABLE")
	namespace := vars.String("METRICS_NAMESPACE")
	if err := vars.Err(); err != nil {
		return nil, err
	}
	set, err := contracts.Load()
	if err != nil {
		return nil, err
	}
	contract, ok := set.Get(contracts.LayerRaw + "." + Dataset)
	if !ok {
		return nil, fmt.Errorf("no contract %s.%s", contracts.LayerRaw, Dataset)
	}
	aws, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	client := store.S3{Client: s3.NewFromConfig(aws)}
	return &Handler{
		Contract: contract, Limits: limits, RawBucket: rawBucket, ProcessedBucket: processedBucket,
		Open: objects{client}, Put: client, Record: ledger.Table{Client: dynamodb.NewFromConfig(aws), Name: table},
		Metrics: emf.Writer{Out: os.Stdout, Namespace: namespace}, Logger: logger, Now: time.Now,
	}, nil
}

// objects tells versions that are gone from those that cannot be read.
type objects struct{ store.S3 }

func (o objects) Open(ctx context.Context, bucket, key, version string) (*store.Source, error) {
	source, err := o.S3.Open(ctx, bucket, key, version)
	// A role that may not list gets 403 for a key that never was, and 404 for a version that is gone of a key that it may read.
	var response *awshttp.ResponseError
	if errors.As(err, &response) && response.HTTPStatusCode() == http.StatusNotFound {
		return nil, fmt.Errorf("%w: %w", ErrGone, err)
	}
	return source, err
}
