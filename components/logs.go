package components

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const logsType = "dataplatform:storage:Logs"

// LogsArgs configures Logs.
type LogsArgs struct {
	// AccountID is the account that S3 has to log for. Required.
	AccountID string
	// Layers whose access is logged. Required.
	Layers []*Layer
	// Retain protects the bucket, and keeps it when the stack is destroyed.
	Retain bool
	// Lifecycle of the logs. Required.
	Lifecycle Lifecycle
}

func (args *LogsArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.text("AccountID", args.AccountID)
	c.that(len(args.Layers) > 0 && !slices.Contains(args.Layers, nil), "Layers is required")
	args.Lifecycle.check(&c)
	return c.err()
}

// Logs is the bucket of the layers' access logs and the logging itself. It is the exception among the buckets: S3's own
// encryption, because the logging service uses no other key here; only that service may write; it does not log itself.
type Logs struct {
	pulumi.ResourceState
	BucketARN  pulumi.StringOutput `pulumi:"bucketArn"`
	BucketName pulumi.StringOutput `pulumi:"bucketName"`
}

// NewLogs registers Logs named name. It comes after the layers, so that its policy can name their buckets.
func NewLogs(ctx *pulumi.Context, name string, args *LogsArgs, opts ...pulumi.ResourceOption) (*Logs, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("logs %q: %w", name, err)
	}
	logs := &Logs{}
	if err := ctx.RegisterComponentResourceV2(logsType, name, pulumi.Map{
		"accountId": pulumi.String(args.AccountID), "retain": pulumi.Bool(args.Retain),
	}, logs, opts...); err != nil {
		return nil, fmt.Errorf("logs %q: %w", name, err)
	}
	parent := pulumi.Parent(logs)
	b, err := newBucket(ctx, name, args.Retain, args.Lifecycle, parent)
	if err != nil {
		return nil, fmt.Errorf("logs %q: %w", name, err)
	}
	if _, err := b.newEncryption(ctx, name, args.Retain, nil, parent); err != nil {
		return nil, fmt.Errorf("logs %q: %w", name, err)
	}
	written := policies.LogsBucketRefs{Account: args.AccountID, SourceARNs: make([]string, len(args.Layers))}
	refs := rendering.Refs{&written.BucketARN: b.Arn}
	for i, layer := range args.Layers {
		refs[&written.SourceARNs[i]] = layer.BucketARN
	}
	policy, err := b.newPolicy(ctx, name, args.Retain, refs,
		func() policies.Document { return policies.LogsBucket(written) }, parent)
	if err != nil {
		return nil, fmt.Errorf("logs %q: %w", name, err)
	}
	for _, layer := range args.Layers {
		if _, err := s3.NewBucketLoggingV2(ctx, name+"-"+layer.name, &s3.BucketLoggingV2Args{
			Bucket: layer.BucketName, TargetBucket: b.ID(), TargetPrefix: pulumi.String(layer.name + "/"),
		}, after([]pulumi.ResourceOption{parent, pulumi.RetainOnDelete(layer.retain)}, policy)...); err != nil {
			return nil, fmt.Errorf("logs %q: access to %s: %w", name, layer.name, err)
		}
	}
	logs.BucketARN, logs.BucketName = b.Arn, b.Bucket
	return logs, ctx.RegisterResourceOutputs(logs,
		pulumi.Map{"bucketArn": logs.BucketARN, "bucketName": logs.BucketName})
}
