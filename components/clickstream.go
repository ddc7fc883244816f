package components

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kinesis"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const clickstreamType = "dataplatform:streaming:Clickstream"

// clickMemoryMB gives a function one vCPU at 1,769; gzip and Parquet of a full batch keep it busy. Lambda: memory and
// computing power.
const (
	clickMemoryMB       = 1769
	clickTimeoutSeconds = 120
)

// ClickstreamArgs configures a Clickstream.
type ClickstreamArgs struct {
	// Dataset is what the stream carries: its prefix in every bucket. Required.
	Dataset string
	// Shards of a provisioned stream; 0 lets Kinesis decide and bills on demand.
	Shards int
	// RetentionHours is how long the stream keeps records. Required.
	RetentionHours int
	// BatchSize, BatchWindowSeconds and MaxRecordAgeSeconds rule the mapping. The age has to be below the retention.
	BatchSize           int
	BatchWindowSeconds  int
	MaxRecordAgeSeconds int
	// Lateness is how old an event may be when it arrives. Required.
	Lateness time.Duration
	// MaxEventBytes and MaxExpandedBytes bound one event and one record after gunzip. Required.
	MaxEventBytes    int
	MaxExpandedBytes int
	// QuarantineLimit is the share of five minutes' clicks above which the refused ones are an alarm, 0 to 1.
	QuarantineLimit float64
	// Producers may assume the role of the sources: ARNs of roles, or of an account. Required.
	Producers []string
	// SLO is the time within which a click is queryable. Required.
	SLO time.Duration
	// StreamKeyARN encrypts the stream. Required.
	StreamKeyARN pulumi.StringInput
	// Raw and Processed take the rows. Required.
	Raw, Processed Storage
	// Discarded takes the records that could not be processed. It has to be a bucket and a key of its own: what keeps
	// rows from being written must not keep the records from it. Required.
	Discarded Storage
	// HoursTableName and HoursTableARN are where hours that wait for a run are marked, LedgerKeyARN its key. Required.
	HoursTableName, HoursTableARN, LedgerKeyARN pulumi.StringInput
	// MetricsNamespace takes the function's own metrics. Required.
	MetricsNamespace string
	// UndeliveredARN is the queue for events about records in the on-failure destination that the topic did not take.
	// Required.
	UndeliveredARN pulumi.StringInput
	// Build of the function. Required.
	Build FunctionBuild
}

// Storage is a layer as its writers see it.
type Storage struct {
	BucketName pulumi.StringInput
	BucketARN  pulumi.StringInput
	KeyARN     pulumi.StringInput
	// Ready are what has to exist before the layer is written: its policy and encryption.
	Ready []pulumi.Resource
}

func (s Storage) check(c *checks, name string) {
	c.that(s.BucketName != nil && s.BucketARN != nil && s.KeyARN != nil,
		"%s: want BucketName, BucketARN and KeyARN", name)
}

func (args *ClickstreamArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.text("Dataset", args.Dataset)
	c.that(args.Shards >= 0, "Shards %d: want 0 or more", args.Shards)
	c.within("RetentionHours", args.RetentionHours, 24, 8760)
	c.within("BatchSize", args.BatchSize, 1, 10000)
	c.within("BatchWindowSeconds", args.BatchWindowSeconds, 0, 60)
	c.within("MaxRecordAgeSeconds", args.MaxRecordAgeSeconds, 60, min(604800, args.RetentionHours*3600-1))
	c.that(args.Lateness > 0, "Lateness is required")
	c.that(args.MaxEventBytes > 0, "MaxEventBytes is required")
	c.that(args.MaxExpandedBytes >= args.MaxEventBytes,
		"MaxExpandedBytes %d: want at least MaxEventBytes", args.MaxExpandedBytes)
	c.that(args.SLO > time.Duration(args.BatchWindowSeconds)*time.Second,
		"SLO %s: want more than the batch window", args.SLO)
	c.that(args.QuarantineLimit >= 0 && args.QuarantineLimit <= 1,
		"QuarantineLimit %g: want 0 to 1", args.QuarantineLimit)
	c.that(len(args.Producers) > 0, "Producers is required")
	c.input("StreamKeyARN", args.StreamKeyARN)
	args.Raw.check(&c, "Raw")
	args.Processed.check(&c, "Processed")
	args.Discarded.check(&c, "Discarded")
	c.input("HoursTableName", args.HoursTableName)
	c.input("HoursTableARN", args.HoursTableARN)
	c.input("LedgerKeyARN", args.LedgerKeyARN)
	c.text("MetricsNamespace", args.MetricsNamespace)
	c.input("UndeliveredARN", args.UndeliveredARN)
	return c.err()
}

// Clickstream takes clicks from a stream to raw and processed. It loses nothing: what the function cannot write is
// tried again, cut in halves, until it is too old, and then put whole into a bucket below policies.FailurePrefix.
type Clickstream struct {
	pulumi.ResourceState
	StreamName  pulumi.StringOutput `pulumi:"streamName"`
	StreamARN   pulumi.StringOutput `pulumi:"streamArn"`
	MappingUUID pulumi.StringOutput `pulumi:"mappingUuid"`
	// ProducerRoleARN is the role that sources put clicks with: it puts, and sees nothing.
	ProducerRoleARN pulumi.StringOutput `pulumi:"producerRoleArn"`
	Function        *Function
	// notification is what the configuration of the raw bucket's notifications was called when it was a part of this.
	notification string
	name         string
	args         *ClickstreamArgs
	late         []*cloudwatch.MetricAlarm
	// Widgets are the clickstream's part of the dashboard.
	Widgets []WidgetRow
}

// NewClickstream registers a Clickstream named name. Its alarm on the on-failure destination needs the raw bucket's
// events on EventBridge: see BucketNotifications. The alarm on its SLO is NewSLOAlarm's.
func NewClickstream(
	ctx *pulumi.Context, name string, args *ClickstreamArgs, opts ...pulumi.ResourceOption,
) (*Clickstream, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("clickstream %q: %w", name, err)
	}
	c := &Clickstream{notification: name + "-notification", name: name, args: args}
	if err := ctx.RegisterComponentResourceV2(clickstreamType, name, pulumi.Map{
		"shards": pulumi.Int(args.Shards), "retentionHours": pulumi.Int(args.RetentionHours),
		"batchWindowSeconds": pulumi.Int(args.BatchWindowSeconds),
	}, c, opts...); err != nil {
		return nil, fmt.Errorf("clickstream %q: %w", name, err)
	}
	parent := pulumi.Parent(c)
	stream, err := newStream(ctx, name, args, parent)
	if err != nil {
		return nil, fmt.Errorf("clickstream %q: stream: %w", name, err)
	}
	if c.Function, err = newClickFunction(ctx, name+"-function", args, stream, parent); err != nil {
		return nil, fmt.Errorf("clickstream %q: %w", name, err)
	}
	may := policies.StreamProducerRefs{}
	if c.ProducerRoleARN, err = newPutOnlyRole(ctx, name+"-producer", "Sources that put clicks", args.Producers,
		rendering.Refs{&may.StreamARN: stream.Arn, &may.StreamKeyARN: args.StreamKeyARN},
		func() policies.Document { return policies.StreamProducer(may) }, parent); err != nil {
		return nil, fmt.Errorf("clickstream %q: producer: %w", name, err)
	}
	mapping, err := lambda.NewEventSourceMapping(ctx, name+"-mapping", &lambda.EventSourceMappingArgs{
		EventSourceArn: stream.Arn, FunctionName: c.Function.ARN, StartingPosition: pulumi.String("TRIM_HORIZON"),
		BatchSize:                      pulumi.Int(args.BatchSize),
		MaximumBatchingWindowInSeconds: pulumi.Int(args.BatchWindowSeconds),
		FunctionResponseTypes:          pulumi.ToStringArray([]string{"ReportBatchItemFailures"}),
		BisectBatchOnFunctionError:     pulumi.Bool(true),
		// Without limit: only its age ends a record's tries, for an outage lasts as long as it lasts. A record that can
		// never be processed is not tried again: the function quarantines it. One that kills the function nevertheless
		// is cut out by halves and holds up its shard, with an alarm.
		MaximumRetryAttempts:      pulumi.Int(-1),
		MaximumRecordAgeInSeconds: pulumi.Int(args.MaxRecordAgeSeconds),
		// A bucket gets the whole record; a queue would get its position only and lose the data when the stream
		// expires.
		DestinationConfig: &lambda.EventSourceMappingDestinationConfigArgs{
			OnFailure: &lambda.EventSourceMappingDestinationConfigOnFailureArgs{
				DestinationArn: args.Discarded.BucketARN,
			},
		},
		MetricsConfig: &lambda.EventSourceMappingMetricsConfigArgs{
			Metrics: pulumi.ToStringArray([]string{"EventCount"}),
		},
	}, parent, pulumi.DependsOn(slices.Concat(args.Raw.Ready, args.Processed.Ready, args.Discarded.Ready)))
	if err != nil {
		return nil, fmt.Errorf("clickstream %q: mapping: %w", name, err)
	}
	onFailure, err := newFailureDestinationRule(ctx, name, args, parent)
	if err != nil {
		return nil, fmt.Errorf("clickstream %q: %w", name, err)
	}
	m := clickMetrics(args, stream.Name, c.Function.Name, mapping.Uuid, onFailure)
	if c.late, err = m.newAlarms(ctx, name, args, parent); err != nil {
		return nil, fmt.Errorf("clickstream %q: %w", name, err)
	}
	c.StreamName, c.StreamARN, c.MappingUUID = stream.Name, stream.Arn, mapping.Uuid
	c.Widgets = append([]WidgetRow{m.row(stream.Name)}, c.Function.Widgets...)
	return c, ctx.RegisterResourceOutputs(c,
		pulumi.Map{"streamName": c.StreamName, "streamArn": c.StreamARN, "mappingUuid": c.MappingUUID,
			"producerRoleArn": c.ProducerRoleARN})
}

// Dataset is what the stream carries.
func (c *Clickstream) Dataset() string { return c.args.Dataset }

func newStream(
	ctx *pulumi.Context, name string, args *ClickstreamArgs, parent pulumi.ResourceOption,
) (*kinesis.Stream, error) {
	stream := &kinesis.StreamArgs{
		RetentionPeriod: pulumi.Int(args.RetentionHours), EncryptionType: pulumi.String("KMS"),
		KmsKeyId:          args.StreamKeyARN,
		StreamModeDetails: &kinesis.StreamStreamModeDetailsArgs{StreamMode: pulumi.String("ON_DEMAND")},
	}
	if args.Shards > 0 {
		stream.ShardCount = pulumi.Int(args.Shards)
		stream.StreamModeDetails = &kinesis.StreamStreamModeDetailsArgs{StreamMode: pulumi.String("PROVISIONED")}
	}
	return kinesis.NewStream(ctx, name, stream, parent)
}

func newClickFunction(
	ctx *pulumi.Context, name string, args *ClickstreamArgs, stream *kinesis.Stream, parent pulumi.ResourceOption,
) (*Function, error) {
	may := policies.ClicksRefs{Dataset: args.Dataset}
	return NewFunction(ctx, name, &FunctionArgs{
		Description: "Validates clicks and writes them to raw, processed and quarantine", Binary: "clicks",
		FunctionBuild: args.Build, MemoryMB: clickMemoryMB, TimeoutSeconds: clickTimeoutSeconds,
		Steady: true,
		Environment: pulumi.StringMap{
			"STREAM_ARN":         stream.Arn,
			"RAW_BUCKET":         args.Raw.BucketName,
			"PROCESSED_BUCKET":   args.Processed.BucketName,
			"HOURS_TABLE":        args.HoursTableName,
			"LATENESS_LIMIT":     pulumi.String(args.Lateness.String()),
			"MAX_EVENT_BYTES":    pulumi.String(strconv.Itoa(args.MaxEventBytes)),
			"MAX_EXPANDED_BYTES": pulumi.String(strconv.Itoa(args.MaxExpandedBytes)),
			"METRICS_NAMESPACE":  pulumi.String(args.MetricsNamespace),
		},
		Refs: rendering.Refs{
			&may.StreamARN: stream.Arn, &may.StreamKeyARN: args.StreamKeyARN, &may.HoursTableARN: args.HoursTableARN,
			&may.LedgerKeyARN: args.LedgerKeyARN, &may.RawBucketARN: args.Raw.BucketARN,
			&may.RawKeyARN: args.Raw.KeyARN, &may.ProcessedBucketARN: args.Processed.BucketARN,
			&may.ProcessedKeyARN: args.Processed.KeyARN, &may.DiscardedBucketARN: args.Discarded.BucketARN,
			&may.DiscardedKeyARN: args.Discarded.KeyARN,
		},
		Grants: func() []policies.Statement { return policies.Clicks(may) },
	}, parent)
}

// newFailureDestinationRule publishes every object that arrives in the on-failure destination, policies.FailurePrefix.
func newFailureDestinationRule(
	ctx *pulumi.Context, name string, args *ClickstreamArgs, parent pulumi.ResourceOption,
) (metric, error) {
	return newEventRule(ctx, name+"-put-aside", args.Build.TopicARN, eventRule{
		Description:    "Records that the function could not process are in the on-failure destination",
		UndeliveredARN: args.UndeliveredARN,
		Runbook: "Records arrived below " + policies.FailurePrefix +
			" in the bucket of discarded records: the function failed on them until they were too old. " +
			"Find the error in its log, then replay them.",
		Page: "clicks-put-aside", Reported: ofObjects, Stays: true,
		Pattern: pulumi.Map{
			"source":      pulumi.ToStringArray([]string{"aws.s3"}),
			"detail-type": pulumi.ToStringArray([]string{"Object Created"}),
			"detail": pulumi.Map{
				"bucket": pulumi.Map{"name": pulumi.StringArray{args.Discarded.BucketName}},
				// The bucket holds nothing else.
				"object": pulumi.Map{"key": pulumi.Array{pulumi.Map{"anything-but": pulumi.Map{
					"suffix": pulumi.String("-" + policies.Rehearsed),
				}}}},
			},
		},
	}, parent)
}
