package components

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const bucketNotificationsType = "dataplatform:storage:Notices"

// notificationQueue is the queue between a bucket and the function that is notified of its objects.
type notificationQueue struct {
	bucket    Storage
	keyARN    pulumi.StringInput
	dead      *sqs.Queue
	receives  int // after which a message goes to the dead letters
	timeout   int // of the function, seconds
	accountID string
}

// newNotificationQueue registers the queue; the bucket's notification is somebody else's.
func newNotificationQueue(
	ctx *pulumi.Context, name string, args notificationQueue, parent pulumi.ResourceOption,
) (*sqs.Queue, error) {
	// Its policy has to name the queue, and a policy of its own would wait half a minute more: so the queue is called
	// after the bucket, whose name is unique.
	called := pulumi.Sprintf("%s-notices", args.bucket.BucketName)
	var queueName, siblingARN, bucketARN string
	queue, err := sqs.NewQueue(ctx, name, &sqs.QueueArgs{
		Name: called,
		Policy: rendering.Policy(rendering.Refs{
			&queueName: called, &siblingARN: args.dead.Arn, &bucketARN: args.bucket.BucketARN,
		}, func() policies.Document {
			here := siblingARN[:strings.LastIndex(siblingARN, ":")+1]
			return policies.NotificationQueue(here+queueName, bucketARN, args.accountID)
		}),
		// Six times the function's time, so that what is being read is not given to another one. Lambda: using SQS.
		VisibilityTimeoutSeconds: pulumi.Int(6 * args.timeout),
		MessageRetentionSeconds:  pulumi.Int(deadLetterRetention), KmsMasterKeyId: args.keyARN,
		RedrivePolicy: pulumi.JSONMarshal(pulumi.Map{
			"deadLetterTargetArn": args.dead.Arn, "maxReceiveCount": pulumi.Int(args.receives),
		}),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	return queue, nil
}

// BucketNotificationsArgs configures BucketNotifications.
type BucketNotificationsArgs struct {
	// Bucket whose events are sent. Required.
	Bucket Storage
	// EventBridge receives everything.
	EventBridge bool
	// Queues receive what lies below their prefixes, which must not overlap.
	Queues []QueueTarget
	// Before is the Clickstream that held the configuration of raw once: without the alias an update would make the
	// configuration and then delete the one before, which is the same one to S3. nil for other buckets.
	Before *Clickstream
}

// QueueTarget receives the events of objects below a prefix.
type QueueTarget struct {
	QueueARN pulumi.StringInput
	// Ready is there when the queue's policy has had time to be known everywhere: S3 tries whether it may send, and
	// nobody tries again.
	Ready  pulumi.Resource
	Prefix string
	Events []string // of S3, such as s3:ObjectCreated:*
}

func (args *BucketNotificationsArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	args.Bucket.check(&c, "Bucket")
	c.that(args.EventBridge || len(args.Queues) > 0, "EventBridge or Queues is required")
	for i, queue := range args.Queues {
		c.that(queue.QueueARN != nil && queue.Ready != nil && queue.Prefix != "" && len(queue.Events) > 0,
			"Queues[%d] %q: want QueueARN, Ready, Prefix and Events", i, queue.Prefix)
	}
	return c.err()
}

// BucketNotifications is all notifications of a bucket about its objects: a bucket has one such configuration, so
// nobody else may make another.
type BucketNotifications struct {
	pulumi.ResourceState
}

// NewBucketNotifications registers BucketNotifications named name.
func NewBucketNotifications(
	ctx *pulumi.Context, name string, args *BucketNotificationsArgs, opts ...pulumi.ResourceOption,
) (*BucketNotifications, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("bucket notifications %q: %w", name, err)
	}
	n := &BucketNotifications{}
	if err := ctx.RegisterComponentResourceV2(bucketNotificationsType, name,
		pulumi.Map{"eventBridge": pulumi.Bool(args.EventBridge)}, n, opts...); err != nil {
		return nil, fmt.Errorf("bucket notifications %q: %w", name, err)
	}
	var queues s3.BucketNotificationQueueArray
	var ready []pulumi.Resource
	for _, queue := range args.Queues {
		queues = append(queues, &s3.BucketNotificationQueueArgs{
			QueueArn: queue.QueueARN, FilterPrefix: pulumi.String(queue.Prefix),
			Events: pulumi.ToStringArray(queue.Events),
		})
		ready = append(ready, queue.Ready)
	}
	options := []pulumi.ResourceOption{pulumi.Parent(n), pulumi.DependsOn(ready)}
	if before := args.Before; before != nil {
		options = append(options,
			pulumi.Aliases([]pulumi.Alias{{Name: pulumi.String(before.notification), Parent: before}}))
	}
	if _, err := s3.NewBucketNotification(ctx, name, &s3.BucketNotificationArgs{
		Bucket: args.Bucket.BucketName, Eventbridge: pulumi.Bool(args.EventBridge), Queues: queues,
	}, options...); err != nil {
		return nil, fmt.Errorf("bucket notifications %q: %w", name, err)
	}
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{})
}
