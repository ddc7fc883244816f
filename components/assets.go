package components

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/limits"
	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const assetsType = "dataplatform:batch:Assets"

const assetConcurrency = 10

// AssetsArgs configures Assets.
type AssetsArgs struct {
	// Dataset is the folder of raw that holds the objects, RowsPrefix where the rows about them go. Required.
	Dataset    string
	RowsPrefix string
	// QueueKeyARN encrypts the queues. Its policy has to admit S3. Required.
	QueueKeyARN pulumi.StringInput
	// Sources are the principals, by ARN, that may assume the role of those who put and delete objects. Required.
	Sources []string
	// Raw holds the objects and rows, Processed the thumbnails. Required.
	Raw, Processed Storage
	// FilesTableName and FilesTableARN are the ledger of files, LedgerKeyARN its key. Required.
	FilesTableName, FilesTableARN, LedgerKeyARN pulumi.StringInput
	// MaxBytes, MaxPixels and MaxSeconds bound one object, ThumbnailSide is the longest side of a thumbnail in pixels.
	// Required.
	MaxBytes, MaxPixels, MaxSeconds, ThumbnailSide int
	// SLO is the time within which an object has to have its row. Required.
	SLO time.Duration
	// MetricsNamespace takes the function's own metrics. Required.
	MetricsNamespace string
	// Build of the function. Required.
	Build FunctionBuild
}

func (args *AssetsArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.text("Dataset", args.Dataset)
	c.text("RowsPrefix", args.RowsPrefix)
	c.input("QueueKeyARN", args.QueueKeyARN)
	c.that(len(args.Sources) > 0, "Sources is required")
	args.Raw.check(&c, "Raw")
	args.Processed.check(&c, "Processed")
	c.input("FilesTableName", args.FilesTableName)
	c.input("FilesTableARN", args.FilesTableARN)
	c.input("LedgerKeyARN", args.LedgerKeyARN)
	c.within("MaxBytes", args.MaxBytes, 1, limits.AssetMaxBytes)
	c.within("MaxPixels", args.MaxPixels, 1, limits.AssetMaxPixels)
	c.within("MaxSeconds", args.MaxSeconds, 1, limits.AssetMaxSeconds)
	c.within("ThumbnailSide", args.ThumbnailSide, 1, 4096)
	c.that(args.SLO > 0, "SLO is required")
	c.text("MetricsNamespace", args.MetricsNamespace)
	return c.err()
}

// Assets describes the objects below a folder of raw: each of their events becomes a row, a quarantine record or a dead
// letter.
type Assets struct {
	pulumi.ResourceState
	QueueARN      pulumi.StringOutput `pulumi:"queueArn"`
	DeadLetterARN pulumi.StringOutput `pulumi:"deadLetterArn"`
	// QueueURL and DeadLettersURL are by which their messages are counted.
	QueueURL, DeadLettersURL pulumi.StringOutput
	// SourceRoleARN is the role that sources put and delete objects with.
	SourceRoleARN pulumi.StringOutput `pulumi:"sourceRoleArn"`
	Function      *Function
	// BucketNotifications are what the bucket has to send to the queue.
	BucketNotifications QueueTarget
	// Widgets are the assets' part of the dashboard.
	Widgets []WidgetRow
}

// NewAssets registers Assets named name. That the bucket tells the queue is the business of its BucketNotifications.
func NewAssets(ctx *pulumi.Context, name string, args *AssetsArgs, opts ...pulumi.ResourceOption) (*Assets, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("assets %q: %w", name, err)
	}
	a := &Assets{}
	if err := ctx.RegisterComponentResourceV2(assetsType, name, pulumi.Map{
		"maxBytes": pulumi.Int(args.MaxBytes), "maxPixels": pulumi.Int(args.MaxPixels),
		"thumbnailSide": pulumi.Int(args.ThumbnailSide),
	}, a, opts...); err != nil {
		return nil, fmt.Errorf("assets %q: %w", name, err)
	}
	parent := pulumi.Parent(a)
	from, err := newFeed(ctx, name, feedArgs{
		bucket: args.Raw, keyARN: args.QueueKeyARN, timeout: args.timeoutSeconds(), returned: args.Dataset,
		slo: args.SLO, build: args.Build, namespace: args.MetricsNamespace,
		deadRunbook: "The function failed on events of objects " + strconv.Itoa(receives) +
			" times; the objects have no row, or an old one. " +
			"Find the error in the function's log, then redrive the queue.",
		ageRunbook: "An object's event has waited for a quarter of the %s of the SLO. Look at the function's errors and concurrency.",
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("assets %q: %w", name, err)
	}
	if a.Function, err = newAssetFunction(ctx, name+"-function", args, from.queue, parent); err != nil {
		return nil, fmt.Errorf("assets %q: %w", name, err)
	}
	mapping, err := from.connect(ctx, name, a.Function, limits.AssetBatchSize, assetConcurrency,
		slices.Concat(args.Raw.Ready, args.Processed.Ready), parent)
	if err != nil {
		return nil, fmt.Errorf("assets %q: %w", name, err)
	}
	if a.SourceRoleARN, err = newAssetSource(ctx, name+"-source", args, parent); err != nil {
		return nil, fmt.Errorf("assets %q: source: %w", name, err)
	}
	a.QueueARN, a.DeadLetterARN = from.queue.Arn, from.dead.Arn
	a.QueueURL, a.DeadLettersURL = from.queue.Url, from.dead.Url
	a.BucketNotifications = QueueTarget{QueueARN: from.queue.Arn, Ready: mapping, Prefix: args.Dataset + "/",
		Events: []string{
			// what a lifecycle rule deletes is no removal to S3
			"s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*",
		}}
	a.Widgets = append(from.widgets("Assets", "Events", "event"), a.Function.Widgets...)
	return a, ctx.RegisterResourceOutputs(a,
		pulumi.Map{"queueArn": a.QueueARN, "deadLetterArn": a.DeadLetterARN, "sourceRoleArn": a.SourceRoleARN})
}

// timeoutSeconds lets every object of a batch take its time.
func (args *AssetsArgs) timeoutSeconds() int {
	return limits.AssetBatchSize * (args.MaxSeconds + limits.AssetTransferSeconds)
}

func newAssetFunction(
	ctx *pulumi.Context, name string, args *AssetsArgs, queue *sqs.Queue, parent pulumi.ResourceOption,
) (*Function, error) {
	may := policies.AssetsRefs{Dataset: args.Dataset, RowsPrefix: args.RowsPrefix}
	return NewFunction(ctx, name, &FunctionArgs{
		Description: "Describes objects by their bytes: a row an event, a thumbnail an image", Binary: "assets",
		FunctionBuild: args.Build, MemoryMB: limits.AssetMemoryMB, TimeoutSeconds: args.timeoutSeconds(),
		Environment: pulumi.StringMap{
			"RAW_BUCKET":        args.Raw.BucketName,
			"PROCESSED_BUCKET":  args.Processed.BucketName,
			"FILES_TABLE":       args.FilesTableName,
			"MAX_BYTES":         pulumi.String(strconv.Itoa(args.MaxBytes)),
			"MAX_PIXELS":        pulumi.String(strconv.Itoa(args.MaxPixels)),
			"MAX_TIME":          pulumi.String((time.Duration(args.MaxSeconds) * time.Second).String()),
			"THUMBNAIL_SIDE":    pulumi.String(strconv.Itoa(args.ThumbnailSide)),
			"METRICS_NAMESPACE": pulumi.String(args.MetricsNamespace),
			"QUEUE_URL":         queue.Url,
			// The image before is collected in time for the next one.
			"GOMEMLIMIT": pulumi.String(strconv.Itoa(limits.AssetMemoryMB-limits.AssetReserveMB/2) + "MiB"),
		},
		Refs: rendering.Refs{
			&may.QueueARN: queue.Arn, &may.QueueKeyARN: args.QueueKeyARN, &may.FilesTableARN: args.FilesTableARN,
			&may.FilesKeyARN: args.LedgerKeyARN, &may.RawBucketARN: args.Raw.BucketARN, &may.RawKeyARN: args.Raw.KeyARN,
			&may.ProcessedBucketARN: args.Processed.BucketARN, &may.ProcessedKeyARN: args.Processed.KeyARN,
		},
		Grants: func() []policies.Statement { return policies.Assets(may) },
	}, parent)
}

func newAssetSource(
	ctx *pulumi.Context, name string, args *AssetsArgs, parent pulumi.ResourceOption,
) (pulumi.StringOutput, error) {
	role, err := iam.NewRole(ctx, name, &iam.RoleArgs{
		Description:      pulumi.String("Sources of assets"),
		AssumeRolePolicy: pulumi.String(policies.TrustPrincipals(args.Sources...).JSON()),
	}, parent)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	var bucketARN, keyARN string
	_, err = iam.NewRolePolicy(ctx, name+"-grants", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: rendering.Policy(rendering.Refs{&bucketARN: args.Raw.BucketARN, &keyARN: args.Raw.KeyARN},
			func() policies.Document {
				return policies.AssetSource(args.Dataset, bucketARN, keyARN)
			}),
	}, parent)
	return role.Arn, err
}
