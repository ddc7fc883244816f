package components

import (
	"fmt"
	"strconv"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const (
	landingType = "dataplatform:batch:Landing"
	// landingDataset is the dataset under which the function counts messages.
	landingDataset = "landing"
)

const (
	landingMemoryMB       = 1769 // one vCPU, which gzip keeps busy
	landingTimeoutSeconds = 300
	// Files are large: a few at a time, so that one that fails keeps few others waiting.
	landingBatchSize   = 5
	landingConcurrency = 10
)

// LandingArgs configures a Landing.
type LandingArgs struct {
	// Datasets that sources drop: their prefixes in raw. Required.
	Datasets []string
	// QueueKeyARN encrypts the queues. Its policy has to admit S3. Required.
	QueueKeyARN pulumi.StringInput
	// Producers are the principals, by ARN, that may assume the role of the sources. Required.
	Producers []string
	// Landing is where sources drop files, Raw where they are kept. Required.
	Landing, Raw Storage
	// FilesTableName and FilesTableARN are the ledger of files, LedgerKeyARN its key. Required.
	FilesTableName, FilesTableARN, LedgerKeyARN pulumi.StringInput
	// MaxFileBytes and MaxExpandedBytes bound one file, as dropped and after gunzip. Required.
	MaxFileBytes, MaxExpandedBytes int
	// GoLive is the day, as YYYY-MM-DD, before which no file may say that it arrived. Required.
	GoLive string
	// SLO is the time within which a file has to be in the ledger. Required.
	SLO time.Duration
	// MetricsNamespace takes the function's own metrics. Required.
	MetricsNamespace string
	// Build of the function. Required.
	Build FunctionBuild
}

func (args *LandingArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.that(len(args.Datasets) > 0, "Datasets is required")
	c.input("QueueKeyARN", args.QueueKeyARN)
	c.that(len(args.Producers) > 0, "Producers is required")
	args.Landing.check(&c, "Landing")
	args.Raw.check(&c, "Raw")
	c.input("FilesTableName", args.FilesTableName)
	c.input("FilesTableARN", args.FilesTableARN)
	c.input("LedgerKeyARN", args.LedgerKeyARN)
	c.that(args.MaxFileBytes > 0, "MaxFileBytes is required")
	c.that(args.MaxExpandedBytes >= args.MaxFileBytes,
		"MaxExpandedBytes %d: want at least MaxFileBytes", args.MaxExpandedBytes)
	c.day("GoLive", args.GoLive)
	c.that(args.SLO > 0, "SLO is required")
	c.text("MetricsNamespace", args.MetricsNamespace)
	return c.err()
}

// diskMB is room for one file at a time as it is kept, packed anew: half as large again, as others may pack it better.
func (args *LandingArgs) diskMB() int { return max(512, args.MaxFileBytes>>20*3/2+64) }

// Landing takes files from the landing bucket to raw and notes them in the ledger.
type Landing struct {
	pulumi.ResourceState
	QueueARN      pulumi.StringOutput `pulumi:"queueArn"`
	DeadLetterARN pulumi.StringOutput `pulumi:"deadLetterArn"`
	// QueueName is the queue's that the function polls.
	QueueName pulumi.StringOutput
	// QueueURL and DeadLettersURL are by which their messages are counted.
	QueueURL, DeadLettersURL pulumi.StringOutput
	// ProducerRoleARN is the role that sources drop files with: it puts, and sees nothing.
	ProducerRoleARN pulumi.StringOutput `pulumi:"producerRoleArn"`
	Function        *Function
	// Widgets are the landing's part of the dashboard.
	Widgets []WidgetRow
}

// NewLanding registers a Landing named name.
func NewLanding(ctx *pulumi.Context, name string, args *LandingArgs, opts ...pulumi.ResourceOption) (*Landing, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("landing %q: %w", name, err)
	}
	l := &Landing{}
	if err := ctx.RegisterComponentResourceV2(landingType, name, pulumi.Map{
		"maxFileBytes": pulumi.Int(args.MaxFileBytes), "maxExpandedBytes": pulumi.Int(args.MaxExpandedBytes),
	}, l, opts...); err != nil {
		return nil, fmt.Errorf("landing %q: %w", name, err)
	}
	parent := pulumi.Parent(l)
	from, err := newFeed(ctx, name, feedArgs{
		bucket: args.Landing, keyARN: args.QueueKeyARN, timeout: landingTimeoutSeconds, returned: landingDataset,
		slo: args.SLO, build: args.Build, namespace: args.MetricsNamespace,
		deadRunbook: "Files were dropped that the function failed on " + strconv.Itoa(receives) +
			" times; they are still in the landing bucket until they expire. " +
			"Find the error in the function's log, then redrive the queue.",
		ageRunbook: "A file has waited for a quarter of the %s of the SLO. Look at the function's errors and concurrency.",
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("landing %q: %w", name, err)
	}
	if l.Function, err = newLandingFunction(ctx, name+"-function", args, from.queue, parent); err != nil {
		return nil, fmt.Errorf("landing %q: %w", name, err)
	}
	mapping, err := from.connect(ctx, name, l.Function, landingBatchSize, landingConcurrency, args.Raw.Ready, parent)
	if err != nil {
		return nil, fmt.Errorf("landing %q: %w", name, err)
	}
	// S3 tries whether it may send, and the provider does not try again; a queue's policy may take a minute to be known
	// everywhere (SQS API Reference, SetQueueAttributes). The mapping takes its time, too.
	if _, err := s3.NewBucketNotification(ctx, name+"-notification", &s3.BucketNotificationArgs{
		Bucket: args.Landing.BucketName,
		Queues: s3.BucketNotificationQueueArray{&s3.BucketNotificationQueueArgs{
			QueueArn: from.queue.Arn, Events: pulumi.ToStringArray([]string{"s3:ObjectCreated:*"}),
		}},
	}, after([]pulumi.ResourceOption{parent}, mapping)...); err != nil {
		return nil, fmt.Errorf("landing %q: notification: %w", name, err)
	}
	may := policies.ProducerRefs{Datasets: args.Datasets}
	if l.ProducerRoleARN, err = newPutOnlyRole(ctx, name+"-producer", "Sources that drop files", args.Producers,
		rendering.Refs{&may.LandingBucketARN: args.Landing.BucketARN, &may.LandingKeyARN: args.Landing.KeyARN},
		func() policies.Document { return policies.Producer(may) }, parent); err != nil {
		return nil, fmt.Errorf("landing %q: producer: %w", name, err)
	}
	l.QueueARN, l.DeadLetterARN = from.queue.Arn, from.dead.Arn
	l.QueueName = from.queue.Name
	l.QueueURL, l.DeadLettersURL = from.queue.Url, from.dead.Url
	l.Widgets = append(from.widgets("Landing", "Files", "file"), l.Function.Widgets...)
	return l, ctx.RegisterResourceOutputs(l, pulumi.Map{
		"queueArn": l.QueueARN, "deadLetterArn": l.DeadLetterARN, "producerRoleArn": l.ProducerRoleARN,
	})
}

// newPutOnlyRole registers the role of sources: who may assume it, and what it puts.
func newPutOnlyRole(
	ctx *pulumi.Context, name, description string, producers []string, refs rendering.Refs,
	grants func() policies.Document, parent pulumi.ResourceOption,
) (pulumi.StringOutput, error) {
	role, err := iam.NewRole(ctx, name, &iam.RoleArgs{
		Description:      pulumi.String(description),
		AssumeRolePolicy: pulumi.String(policies.TrustPrincipals(producers...).JSON()),
	}, parent)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	_, err = iam.NewRolePolicy(ctx, name+"-grants",
		&iam.RolePolicyArgs{Role: role.Name, Policy: rendering.Policy(refs, grants)}, parent)
	return role.Arn, err
}

func newLandingFunction(
	ctx *pulumi.Context, name string, args *LandingArgs, queue *sqs.Queue, parent pulumi.ResourceOption,
) (*Function, error) {
	may := policies.LandingRefs{Datasets: args.Datasets}
	return NewFunction(ctx, name, &FunctionArgs{
		Description: "Stores dropped files in raw under their content's digest and notes them in the ledger",
		Binary:      "landing", FunctionBuild: args.Build, MemoryMB: landingMemoryMB,
		TimeoutSeconds: landingTimeoutSeconds, DiskMB: args.diskMB(),
		Environment: pulumi.StringMap{
			"RAW_BUCKET":         args.Raw.BucketName,
			"FILES_TABLE":        args.FilesTableName,
			"GO_LIVE":            pulumi.String(args.GoLive),
			"MAX_FILE_BYTES":     pulumi.String(strconv.Itoa(args.MaxFileBytes)),
			"MAX_EXPANDED_BYTES": pulumi.String(strconv.Itoa(args.MaxExpandedBytes)),
			"METRICS_NAMESPACE":  pulumi.String(args.MetricsNamespace),
			"QUEUE_URL":          queue.Url,
		},
		Refs: rendering.Refs{
			&may.QueueARN: queue.Arn, &may.QueueKeyARN: args.QueueKeyARN, &may.FilesTableARN: args.FilesTableARN,
			&may.FilesKeyARN: args.LedgerKeyARN, &may.LandingBucketARN: args.Landing.BucketARN,
			&may.LandingKeyARN: args.Landing.KeyARN, &may.RawBucketARN: args.Raw.BucketARN,
			&may.RawKeyARN: args.Raw.KeyARN,
		},
		Grants: func() []policies.Statement { return policies.Landing(may) },
	}, parent)
}
