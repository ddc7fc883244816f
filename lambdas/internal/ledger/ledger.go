// Package ledger is the functions' part of the ledger of files: what arrived in raw and waits for the jobs.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Entry is a file of the ledger. The jobs read these entries; processed_at is theirs to write.
type Entry struct {
	Dataset string
	ID      string // lower-case hex; what it is the SHA-256 of is the function's choice
	Arrival time.Time
	Format  string // csv, json or rows
	Size    int64  // of the uncompressed content, bytes
	Records int    // how many records the content holds, good or bad: a job that reads another number has misread it
	Bucket  string // of the raw object
	Key     string
	Version string
	Source  Source
	// Mapping names the source whose columns a file has that are not the dataset's own, and Columns are all that a CSV
	// file has, in order: whichever version of the dataset is in force when a job reads it, its lines are known by
	// these names.
	Mapping string
	Columns []string
}

// Source is the object that an entry was made from.
type Source struct{ Bucket, Key, Version string }

// Table is the ledger in DynamoDB.
type Table struct {
	Client *dynamodb.Client
	Name   string
}

// Find says whether the ledger has an entry.
func (l Table) Find(ctx context.Context, dataset, id string) (bool, error) {
	out, err := l.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:            aws.String(l.Name),
		Key:                  map[string]types.AttributeValue{"dataset": text(dataset), "file_id": text(id)},
		ConsistentRead:       aws.Bool(true),
		ProjectionExpression: aws.String("file_id"),
	})
	if err != nil {
		return false, fmt.Errorf("look up file %s in the ledger: %w", id, err)
	}
	return len(out.Item) > 0, nil
}

// Record puts an entry into the ledger; it returns false when it is there already.
func (l Table) Record(ctx context.Context, entry Entry) (bool, error) {
	item := map[string]types.AttributeValue{
		"dataset":        text(entry.Dataset),
		"file_id":        text(entry.ID),
		"arrival":        text(entry.Arrival.UTC().Format("2006-01-02T15:04:05Z")),
		"bucket":         text(entry.Bucket),
		"key":            text(entry.Key),
		"version":        text(entry.Version),
		"source_bucket":  text(entry.Source.Bucket),
		"source_key":     text(entry.Source.Key),
		"source_version": text(entry.Source.Version),
		"size_bytes":     &types.AttributeValueMemberN{Value: strconv.FormatInt(entry.Size, 10)},
		// "records", in older entries, counts rows without values, too.
		"data_records": &types.AttributeValueMemberN{Value: strconv.Itoa(entry.Records)},
		"format":       text(entry.Format),
	}
	if entry.Mapping != "" {
		item["mapping"] = text(entry.Mapping)
	}
	if len(entry.Columns) > 0 {
		columns := make([]types.AttributeValue, 0, len(entry.Columns))
		for _, column := range entry.Columns {
			columns = append(columns, text(column))
		}
		item["columns"] = &types.AttributeValueMemberL{Value: columns}
	}
	_, err := l.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:           aws.String(l.Name),
		Item:                item,
		ConditionExpression: aws.String("attribute_not_exists(file_id)"),
	})
	var exists *types.ConditionalCheckFailedException
	if errors.As(err, &exists) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("record file %s in the ledger: %w", entry.ID, err)
	}
	return true, nil
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
