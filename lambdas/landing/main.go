// Command landing is the Lambda function that takes in the files which sources drop into the landing bucket.
package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"dataplatform/contracts"
	"dataplatform/lambdas/internal/bootstrap"
	"dataplatform/lambdas/internal/ledger"
	"dataplatform/lambdas/internal/redelivery"
	"dataplatform/lambdas/internal/store"
)

func main() { bootstrap.Start(newHandler, (*Handler).Handle) }

func newHandler(f *bootstrap.Function) (*Handler, error) {
	limits := Limits{MaxFileBytes: f.Bytes("MAX_FILE_BYTES"), MaxExpandedBytes: f.Bytes("MAX_EXPANDED_BYTES")}
	rawBucket, table, queue := f.String("RAW_BUCKET"), f.String("FILES_TABLE"), f.String("QUEUE_URL")
	var goLive time.Time
	f.Parse("GO_LIVE", func(text string) (err error) {
		goLive, err = time.Parse(time.DateOnly, text)
		return err
	})
	set, err := contracts.Load()
	if err != nil {
		return nil, err
	}
	client := s3.NewFromConfig(f.AWS)
	files := ledger.Table{Client: dynamodb.NewFromConfig(f.AWS), Name: table}
	return &Handler{
		Datasets:  landingDatasets(set),
		Limits:    limits,
		RawBucket: rawBucket,
		GoLive:    goLive,
		Open:      objects{client},
		Put:       store.S3{Client: client},
		Copy:      objects{client},
		Find:      files,
		Record:    files,
		Return:    redelivery.Queue{Client: sqs.NewFromConfig(f.AWS), URL: queue},
		Metrics:   f.Metrics(),
		Logger:    f.Logger,
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
