package redelivery

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type queue struct {
	asked []sqs.ChangeMessageVisibilityInput
	err   error
}

func (q *queue) ChangeMessageVisibility(
	_ context.Context, in *sqs.ChangeMessageVisibilityInput, _ ...func(*sqs.Options),
) (*sqs.ChangeMessageVisibilityOutput, error) {
	q.asked = append(q.asked, *in)
	return &sqs.ChangeMessageVisibilityOutput{}, q.err
}

func message(receives string) events.SQSMessage {
	return events.SQSMessage{
		MessageId: "m", ReceiptHandle: "handle", Attributes: map[string]string{"ApproximateReceiveCount": receives},
	}
}

func TestMessagesComeAgainLaterEachTime(t *testing.T) {
	q := &queue{}
	for _, receives := range []string{"1", "2", "3", "4", "5", "1000"} {
		require.NoError(t, Queue{q, "https://queue"}.Return(t.Context(), message(receives)))
	}
	var waits []int32
	for _, asked := range q.asked {
		assert.Equal(t, "https://queue", *asked.QueueUrl)
		assert.Equal(t, "handle", *asked.ReceiptHandle)
		waits = append(waits, asked.VisibilityTimeout)
	}
	assert.Equal(t, []int32{30, 60, 120, 240, 240, 240}, waits)
}

func TestReturnFails(t *testing.T) {
	q := Queue{&queue{err: errors.New("throttled")}, "https://queue"}
	assert.EqualError(t, q.Return(t.Context(), message("1")), "message m: change its visibility: throttled")
	assert.ErrorContains(t, q.Return(t.Context(), message("")), "message m: receive count: ")
}
