// Command assets is the Lambda function that describes the objects below raw's assets/: a row an event, a thumbnail an
// image.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"dataplatform/contracts"
	"dataplatform/lambdas/assets/internal/inspect"
	"dataplatform/lambdas/internal/bootstrap"
	"dataplatform/lambdas/internal/ledger"
	"dataplatform/lambdas/internal/redelivery"
	"dataplatform/lambdas/internal/store"
)

func main() { bootstrap.Start(newHandler, (*Handler).Handle) }

func newHandler(f *bootstrap.Function) (*Handler, error) {
	limits := Limits{MaxBytes: f.Bytes("MAX_BYTES"), Limits: inspect.Limits{
		MaxPixels: f.Number("MAX_PIXELS"), MaxTime: f.Duration("MAX_TIME"),
		ThumbnailSide: int(f.Number("THUMBNAIL_SIDE")),
	}}
	rawBucket, processedBucket, table := f.String("RAW_BUCKET"), f.String("PROCESSED_BUCKET"), f.String("FILES_TABLE")
	queue := f.String("QUEUE_URL")
	set, err := contracts.Load()
	if err != nil {
		return nil, err
	}
	contract, ok := set.Get(contracts.LayerRaw + "." + Dataset)
	if !ok {
		return nil, fmt.Errorf("no contract %s.%s", contracts.LayerRaw, Dataset)
	}
	client := store.S3{Client: s3.NewFromConfig(f.AWS)}
	return &Handler{
		Contract: contract, Limits: limits, RawBucket: rawBucket, ProcessedBucket: processedBucket,
		Open: objects{client}, Put: client, Record: ledger.Table{Client: dynamodb.NewFromConfig(f.AWS), Name: table},
		Return:  redelivery.Queue{Client: sqs.NewFromConfig(f.AWS), URL: queue},
		Metrics: f.Metrics(), Logger: f.Logger, Now: time.Now,
	}, nil
}

// objects tells versions that are gone from those that cannot be read.
type objects struct{ store.S3 }

func (o objects) Open(ctx context.Context, bucket, key, version string) (*store.Source, error) {
	source, err := o.S3.Open(ctx, bucket, key, version)
	// A role that may not list gets 403 for a key that never was, and 404 for a version that is gone of a key that it
	// may read.
	var response *awshttp.ResponseError
	if errors.As(err, &response) && response.HTTPStatusCode() == http.StatusNotFound {
		return nil, fmt.Errorf("%w: %w", ErrGone, err)
	}
	return source, err
}
