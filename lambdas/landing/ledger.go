package main

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
	Digest  string // SHA-256 of the uncompressed content, lower-case hex
	Arrival time.Time
	Format  string // csv or json
	Size    int64  // of the uncompressed content, bytes
	Bucket  string // of the raw object
	Key     string
	Version string
	Source  File
}

// ledger is the table of files in DynamoDB.
type ledger struct {
	client *dynamodb.Client
	table  string
}

func (l ledger) Find(ctx context.Context, dataset, digest string) (bool, error) {
	out, err := l.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:            aws.String(l.table),
		Key:                  map[string]types.AttributeValue{"dataset": text(dataset), "file_id": text(digest)},
		ConsistentRead:       aws.Bool(true),
		ProjectionExpression: aws.String("file_id"),
	})
	if err != nil {
		return false, fmt.Errorf("look up file %s in the ledger: %w", digest, err)
	}
	return len(out.Item) > 0, nil
}

func (l ledger) Record(ctx context.Context, entry Entry) (bool, error) {
	item := map[string]types.AttributeValue{
		"dataset":        text(entry.Dataset),
		"file_id":        text(entry.Digest),
		"arrival":        text(entry.Arrival.UTC().Format("2006-01-02T15:04:05Z")),
		"bucket":         text(entry.Bucket),
		"key":            text(entry.Key),
		"version":        text(entry.Version),
		"source_bucket":  text(entry.Source.Bucket),
		"source_key":     text(entry.Source.Key),
		"source_version": text(entry.Source.Version),
		"size_bytes":     &types.AttributeValueMemberN{Value: strconv.FormatInt(entry.Size, 10)},
		"format":         text(entry.Format),
	}
	_, err := l.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:           aws.String(l.table),
		Item:                item,
		ConditionExpression: aws.String("attribute_not_exists(file_id)"),
	})
	var exists *types.ConditionalCheckFailedException
	if errors.As(err, &exists) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("record file %s in the ledger: %w", entry.Digest, err)
	}
	return true, nil
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
