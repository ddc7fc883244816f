// Command clicks is the Lambda function between the click stream and the raw and processed layers.
package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/contracts"
	"dataplatform/lambdas/clicks/internal/batch"
	"dataplatform/lambdas/internal/bootstrap"
	"dataplatform/lambdas/internal/ledger"
	"dataplatform/lambdas/internal/store"
)

func main() { bootstrap.StartHandler(newHandler) }

func newHandler(f *bootstrap.Function) (*Handler, error) {
	limits := batch.Limits{
		Lateness:         f.Duration("LATENESS_LIMIT"),
		MaxEventBytes:    int(f.Bytes("MAX_EVENT_BYTES")),
		MaxExpandedBytes: f.Bytes("MAX_EXPANDED_BYTES"),
	}
	rawBucket, processedBucket := f.String("RAW_BUCKET"), f.String("PROCESSED_BUCKET")
	hours, stream := f.String("HOURS_TABLE"), f.String("STREAM_ARN")
	set, err := contracts.Load()
	if err != nil {
		return nil, err
	}
	processor, err := batch.New(set, limits)
	if err != nil {
		return nil, err
	}
	return &Handler{
		Processor:       processor,
		Store:           store.S3{Client: s3.NewFromConfig(f.AWS)},
		Hours:           ledger.Hours{Client: dynamodb.NewFromConfig(f.AWS), Table: hours, Dataset: dataset},
		StreamARN:       stream,
		RawBucket:       rawBucket,
		ProcessedBucket: processedBucket,
		Metrics:         f.Metrics(),
		Logger:          f.Logger,
		Now:             time.Now,
	}, nil
}
