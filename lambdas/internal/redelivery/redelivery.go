// Package redelivery lets failed messages of a queue come again soon, and later each time.
//
// A message that a function reports as failed stays hidden for the queue's visibility timeout, which has to be six
// times the function's own (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS"): after one error of a service a
// file would wait for half an hour.
package redelivery

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

const (
	first   = 30 * time.Second
	longest = 4 * time.Minute
)

// Visibility changes when a message can be received again.
type Visibility interface {
	ChangeMessageVisibility(
		ctx context.Context, in *sqs.ChangeMessageVisibilityInput, options ...func(*sqs.Options),
	) (*sqs.ChangeMessageVisibilityOutput, error)
}

// Queue is that of the messages.
type Queue struct {
	Client Visibility
	URL    string
}

// Wait is how long a message is hidden after it has failed, by how often it was received.
func Wait(receives int) time.Duration {
	wait := first
	for ; receives > 1 && wait < longest; receives-- {
		wait *= 2
	}
	return min(wait, longest)
}

// Return lets a failed message come again. After an error it comes when the queue's visibility timeout is over.
func (q Queue) Return(ctx context.Context, message events.SQSMessage) error {
	receives, err := strconv.Atoi(message.Attributes["ApproximateReceiveCount"])
	if err != nil {
		return fmt.Errorf("message %s: receive count: %w", message.MessageId, err)
	}
	if _, err := q.Client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &q.URL, ReceiptHandle: aws.String(message.ReceiptHandle),
		VisibilityTimeout: int32(Wait(receives).Seconds()),
	}); err != nil {
		return fmt.Errorf("message %s: change its visibility: %w", message.MessageId, err)
	}
	return nil
}

// margin is what a function keeps of its time to say which messages failed.
const margin = 10 * time.Second

// Within ends before the function does: a message that takes too long fails, and those done before it are not tried
// again with it.
func Within(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end.Add(-margin))
}
