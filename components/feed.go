package components

import (
	"fmt"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/policies"
)

// feedArgs describe the way of a bucket's notifications to a function.
type feedArgs struct {
	bucket Storage
	keyARN pulumi.StringInput
	// timeout is the function's in seconds.
	timeout int
	// returned is the dataset under which the function counts messages that it returns, in namespace.
	returned, namespace string
	// slo is the time within which a message has to be processed.
	slo time.Duration
	// deadRunbook says what dead letters mean, ageRunbook, with a %s for the SLO, what it means that a message waits
	// for a quarter of it.
	deadRunbook, ageRunbook string
	build                   FunctionBuild
}

// receives is how often a message is tried: for two hours, as a function lets it come again, first after half a minute
// and at last every four. What still fails then is not going to succeed.
const receives = 35

// feed is a queue, its dead letters, and the alarms of both.
type feed struct{ queue, dead *sqs.Queue }

func newFeed(ctx *pulumi.Context, name string, args feedArgs, parent pulumi.ResourceOption) (*feed, error) {
	dead, err := newDeadLetters(ctx, name+"-dead-letters", args.deadRunbook, "dead-letters", args.keyARN,
		args.build.TopicARN, policies.PrivateQueue, parent)
	if err != nil {
		return nil, err
	}
	queue, err := newNotificationQueue(ctx, name+"-queue", notificationQueue{
		bucket: args.bucket, keyARN: args.keyARN, dead: dead, receives: receives, timeout: args.timeout,
		accountID: args.build.AccountID,
	}, parent)
	if err != nil {
		return nil, err
	}
	_, err = newAlarm(ctx, name+"-queue-age", args.build.TopicARN, alarm{
		Runbook: fmt.Sprintf(args.ageRunbook, args.slo), Page: "queue-age",
		Metrics: []metric{queueMetric("ApproximateAgeOfOldestMessage", "Maximum", queue.Name)}, Period: 60, Periods: 3,
		Threshold: args.slo.Seconds() / 4,
	}, parent)
	if err != nil {
		return nil, err
	}
	_, err = newAlarm(ctx, name+"-returned", args.build.TopicARN, alarm{
		Runbook: "The function returns messages to the queue: what it needs fails, such as a bucket, the ledger or a key. " +
			"They come again by themselves, for two hours. Look for the first ERROR in its log.",
		Page: "returned",
		Metrics: []metric{{args.namespace, "MessagesReturned", "Sum",
			[]dimension{{"Dataset", pulumi.String(args.returned)}}}},
		Period: 300, Periods: 2, // each has one of a message that fails all the time
	}, parent)
	return &feed{queue, dead}, err
}

// connect lets the function work off the queue, once ready is: it says of each message of a batch whether it failed.
func (f *feed) connect(
	ctx *pulumi.Context, name string, function *Function, batch, concurrency int, ready []pulumi.Resource,
	parent pulumi.ResourceOption,
) (*lambda.EventSourceMapping, error) {
	mapping, err := lambda.NewEventSourceMapping(ctx, name+"-mapping", &lambda.EventSourceMappingArgs{
		EventSourceArn: f.queue.Arn, FunctionName: function.ARN, BatchSize: pulumi.Int(batch),
		FunctionResponseTypes: pulumi.ToStringArray([]string{"ReportBatchItemFailures"}),
		ScalingConfig:         &lambda.EventSourceMappingScalingConfigArgs{MaximumConcurrency: pulumi.Int(concurrency)},
	}, parent, pulumi.DependsOn(ready))
	if err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	return mapping, nil
}

// widgets show what waits; messages are what the dashboard calls many of them, and one.
func (f *feed) widgets(title, messages, message string) []WidgetRow {
	return []WidgetRow{{Title: title, Graphs: []Graph{
		{messages + " waiting", []metric{
			queueMetric("ApproximateNumberOfMessagesVisible", "Maximum", f.queue.Name),
			queueMetric("ApproximateNumberOfMessagesVisible", "Maximum", f.dead.Name),
		}},
		{"Oldest " + message + " waiting (s)",
			[]metric{queueMetric("ApproximateAgeOfOldestMessage", "Maximum", f.queue.Name)}},
	}}}
}
