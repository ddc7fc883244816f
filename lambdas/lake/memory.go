package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// leaseName is the item's name among the leases: the account's settings are held as a table is, only without an end.
const leaseName = "lake-settings"

// lease is the memory as an item of the table of leases.
type lease struct {
	client *dynamodb.Client
	table  string
}

func (l lease) key() map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"name": &types.AttributeValueMemberS{Value: leaseName}}
}

// Load implements Memory.
func (l lease) Load(ctx context.Context) (*Taken, error) {
	got, err := l.client.GetItem(ctx,
		&dynamodb.GetItemInput{TableName: aws.String(l.table), Key: l.key(), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, fmt.Errorf("remember what was taken: %w", err)
	}
	if len(got.Item) == 0 {
		return nil, nil
	}
	text, ok := got.Item["taken"].(*types.AttributeValueMemberS)
	if !ok {
		return nil, fmt.Errorf("remember what was taken: the lease %s has no text", leaseName)
	}
	var taken Taken
	if err := json.Unmarshal([]byte(text.Value), &taken); err != nil {
		return nil, fmt.Errorf("remember what was taken: %w", err)
	}
	return &taken, nil
}

// Save implements Memory.
func (l lease) Save(ctx context.Context, taken Taken) error {
	text, err := json.Marshal(taken)
	if err != nil {
		return err
	}
	item := l.key()
	item["taken"] = &types.AttributeValueMemberS{Value: string(text)}
	if _, err := l.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(l.table), Item: item}); err != nil {
		return fmt.Errorf("keep what is taken: %w", err)
	}
	return nil
}

// Forget implements Memory.
func (l lease) Forget(ctx context.Context) error {
	if _, err := l.client.DeleteItem(ctx,
		&dynamodb.DeleteItemInput{TableName: aws.String(l.table), Key: l.key()}); err != nil {
		return fmt.Errorf("forget what was taken: %w", err)
	}
	return nil
}
