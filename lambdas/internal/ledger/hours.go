package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Hours are the hours of a stream's arrivals that wait for a run: what wrote raw objects marks an hour, the run that
// computed it takes the mark away unless somebody has marked the hour since.
type Hours struct {
	Client  *dynamodb.Client
	Table   string
	Dataset string
}

// Mark notes that raw got something of an hour. No two calls may have the same by: it tells a run whether the mark is
// still the one it has seen.
func (h Hours) Mark(ctx context.Context, hour time.Time, by string) error {
	start := hour.UTC().Format("2006-01-02T15:04:05Z")
	if _, err := h.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(h.Table),
		Item: map[string]types.AttributeValue{
			"dataset": text(h.Dataset), "hour": text(start), "written": text(by),
		},
	}); err != nil {
		return fmt.Errorf("mark the hour %s of %s: %w", start, h.Dataset, err)
	}
	return nil
}
