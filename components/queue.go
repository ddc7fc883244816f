package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const deadLetterRetention = 14 * 24 * 3600 // SQS keeps a message 14 days at most

func queueMetric(metricName, statistic string, queue pulumi.StringInput) metric {
	return metric{"AWS/SQS", metricName, statistic, []dimension{{"QueueName", queue}}}
}

// deadLettersWidgets shows what waits in the queue of dead letters of something that has no other metrics.
func deadLettersWidgets(title string, queue *sqs.Queue) []WidgetRow {
	return []WidgetRow{{Title: title, Graphs: []Graph{{"Dead letters",
		[]metric{queueMetric("ApproximateNumberOfMessagesVisible", "Maximum", queue.Name)}}}}}
}

// newDeadLetters registers a queue for what could not be delivered, with the alarm that someone has to look at it. The
// policy, made from the queue's ARN, says who may send beside the roles of the account.
func newDeadLetters(
	ctx *pulumi.Context, name, runbook, page string, key, topic pulumi.StringInput,
	policy func(queueARN string) policies.Document, parent pulumi.ResourceOption,
) (*sqs.Queue, error) {
	queue, err := sqs.NewQueue(ctx, name, &sqs.QueueArgs{
		MessageRetentionSeconds: pulumi.Int(deadLetterRetention), KmsMasterKeyId: key,
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("queue %q: %w", name, err)
	}
	var queueARN string
	if _, err := sqs.NewQueuePolicy(ctx, name+"-policy", &sqs.QueuePolicyArgs{
		QueueUrl: queue.Url, Policy: rendering.Policy(rendering.Refs{&queueARN: queue.Arn},
			func() policies.Document { return policy(queueARN) }),
	}, parent); err != nil {
		return nil, fmt.Errorf("policy of queue %q: %w", name, err)
	}
	_, err = newAlarm(ctx, name+"-depth", topic, alarm{
		Runbook: runbook, Page: page,
		Metrics: []metric{queueMetric("ApproximateNumberOfMessagesVisible", "Maximum", queue.Name)},
		Period:  60, Periods: 1,
	}, parent)
	return queue, err
}
