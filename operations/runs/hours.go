package runs

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Hours are those of a stream's arrivals that got something which no run has computed, by their starts and in order;
// the present one among them.
func Hours(ctx context.Context, ledger dynamodb.QueryAPIClient, table, dataset string) ([]time.Time, error) {
	input := &dynamodb.QueryInput{
		TableName: &table, KeyConditionExpression: aws.String("dataset = :dataset"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":dataset": &types.AttributeValueMemberS{Value: dataset},
		},
	}
	var found []time.Time
	for pages := dynamodb.NewQueryPaginator(ledger, input); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("hours of the ledger: %w", err)
		}
		for _, item := range page.Items {
			text, ok := item["hour"].(*types.AttributeValueMemberS)
			if !ok {
				return nil, fmt.Errorf("an item of the ledger has no hour")
			}
			hour, err := time.Parse(time.RFC3339, text.Value)
			if err != nil {
				return nil, fmt.Errorf("an hour of the ledger: %w", err)
			}
			found = append(found, hour)
		}
	}
	return found, nil
}
