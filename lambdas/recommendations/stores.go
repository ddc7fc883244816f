package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// bucket holds small objects.
type bucket struct {
	client *s3.Client
	name   string
}

const maxObject = 1 << 20 // bytes; what the function reads is a few lines

func (b bucket) Get(ctx context.Context, key string) ([]byte, error) {
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return nil, fmt.Errorf("read s3://%s/%s: %w", b.name, key, err)
	}
	defer out.Body.Close()
	content, err := io.ReadAll(io.LimitReader(out.Body, maxObject))
	if err != nil {
		return nil, fmt.Errorf("read s3://%s/%s: %w", b.name, key, err)
	}
	return content, nil
}

func (b bucket) Put(ctx context.Context, key string, content []byte) error {
	if _, err := b.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.name, Key: &key, Body: bytes.NewReader(content), ContentType: aws.String("application/json"),
	}); err != nil {
		return fmt.Errorf("write s3://%s/%s: %w", b.name, key, err)
	}
	return nil
}

// table holds leases as the jobs do: name, owner, and when it expires in seconds.
type table struct {
	client *dynamodb.Client
	name   string
}

func (t table) Take(ctx context.Context, name, owner string, now, until time.Time) error {
	_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &t.name, Item: map[string]types.AttributeValue{
			"name": text(name), "owner": text(owner), "expires_at": number(until.Unix()),
		},
		ConditionExpression:       aws.String("attribute_not_exists(#name) OR expires_at < :now OR #owner = :me"),
		ExpressionAttributeNames:  map[string]string{"#name": "name", "#owner": "owner"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":now": number(now.Unix()), ":me": text(owner)},

		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var held *types.ConditionalCheckFailedException
	if errors.As(err, &held) {
		return inProgress(held.Item)
	}
	if err != nil {
		return fmt.Errorf("take the lease %s: %w", name, err)
	}
	return nil
}

func inProgress(item map[string]types.AttributeValue) error {
	found := &inProgressError{"of an unknown execution", "an unknown time"}
	if owner, ok := item["owner"].(*types.AttributeValueMemberS); ok {
		found.holder = owner.Value
	}
	if expires, ok := item["expires_at"].(*types.AttributeValueMemberN); ok {
		if seconds, err := strconv.ParseInt(expires.Value, 10, 64); err == nil {
			found.until = time.Unix(seconds, 0).UTC().Format(recordTime)
		}
	}
	return found
}

func (t table) Release(ctx context.Context, name, owner string) error {
	_, err := t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &t.name, Key: map[string]types.AttributeValue{"name": text(name)},
		ConditionExpression: aws.String("#owner = :me"), ExpressionAttributeNames: map[string]string{"#owner": "owner"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":me": text(owner)},
	})
	var other *types.ConditionalCheckFailedException
	if err != nil && !errors.As(err, &other) { // gone already, or another's after this one's expired
		return fmt.Errorf("release the lease %s: %w", name, err)
	}
	return nil
}

func text(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }

func number(value int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(value, 10)}
}
