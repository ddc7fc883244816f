package replay

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/contracts"
)

// byHand stands where a job names the error that it raised on a file.
const byHand = "PutApartByHand"

// Putter is the part of the S3 client that putting a file apart needs.
type Putter interface {
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

func fileKey(dataset, digest string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"dataset": &types.AttributeValueMemberS{Value: dataset}, "file_id": &types.AttributeValueMemberS{Value: digest},
	}
}

// readmit lets runs take a file again that was put apart. What is in quarantine of it goes when a run has read it.
func (q *Quarantine) readmit(ctx context.Context, dataset, digest string) error {
	if _, err := q.Ledger.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &q.Files, Key: fileKey(dataset, digest),
		ConditionExpression: aws.String("attribute_exists(file_id)"),
		UpdateExpression:    aws.String("REMOVE quarantined_at, quarantine_reason, quarantine_error, processed_at"),
	}); err != nil {
		return fmt.Errorf("file %s: %w", digest, err)
	}
	return nil
}

// PutApart keeps a file from all runs, as a job does with one that it cannot read: it writes the row that tells of it,
// then notes it in the ledger. Rows that an earlier run made of it leave curated with the next run, and processed with
// the one after.
func (q *Quarantine) PutApart(ctx context.Context, store Putter, dataset, digest, why string, now time.Time) error {
	plan, err := q.plan(Selection{Dataset: dataset})
	if err != nil {
		return err
	}
	if !plan.pipeline.Landing {
		return fmt.Errorf("%s does not come as files", dataset)
	}
	got, err := q.Ledger.GetItem(ctx,
		&dynamodb.GetItemInput{TableName: &q.Files, ConsistentRead: aws.Bool(true), Key: fileKey(dataset, digest)})
	if err != nil {
		return fmt.Errorf("ledger of files: %w", err)
	}
	if len(got.Item) == 0 {
		return fmt.Errorf("the ledger has no file %s of %s", digest, dataset)
	}
	text := func(name string) string {
		if value, ok := got.Item[name].(*types.AttributeValueMemberS); ok {
			return value.Value
		}
		return ""
	}
	arrival, err := time.Parse(time.RFC3339, text("arrival"))
	if err != nil {
		return fmt.Errorf("file %s: %w", digest, err)
	}
	uri := "s3://" + text("bucket") + "/" + text("key")
	row, err := json.Marshal(map[string]string{
		"identity": digest + ":0", "source": uri, "error": byHand + ": " + why, "arrival_time": text("arrival"),
		"contract_version": plan.pipeline.Raw.Version, "payload_uri": uri,
	})
	if err != nil {
		return err
	}
	var body bytes.Buffer
	packed := gzip.NewWriter(&body)
	if _, err := packed.Write(append(row, '\n')); err != nil {
		return err
	}
	if err := packed.Close(); err != nil {
		return err
	}
	arrival = arrival.UTC()
	key := fmt.Sprintf("quarantine/%s/reason=%s/ingest_date=%s/ingest_hour=%02d/%s.ndjson.gz", dataset,
		contracts.ReasonUnreadable, arrival.Format(time.DateOnly), arrival.Hour(), digest)
	if _, err := store.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &q.Bucket, Key: &key, Body: bytes.NewReader(body.Bytes()), ContentType: aws.String("application/gzip"),
	}); err != nil {
		return fmt.Errorf("put s3://%s/%s: %w", q.Bucket, key, err)
	}
	_, err = q.Ledger.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &q.Files, Key: fileKey(dataset,
			digest), ConditionExpression: aws.String("attribute_exists(file_id)"),
		UpdateExpression: aws.String(
			"SET quarantined_at = :now, quarantine_reason = :reason, quarantine_error = :error REMOVE processed_at",
		),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":now":    &types.AttributeValueMemberS{Value: now.UTC().Format(time.RFC3339)},
			":reason": &types.AttributeValueMemberS{Value: contracts.ReasonUnreadable},
			":error":  &types.AttributeValueMemberS{Value: byHand},
		},
	})
	if err != nil {
		return fmt.Errorf("ledger of files: %w", err)
	}
	return nil
}
