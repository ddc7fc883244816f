package components

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const layerType = "dataplatform:storage:Layer"

// LayerArgs configures a Layer.
type LayerArgs struct {
	// KMSKeyARN encrypts every object; puts under any other key are refused. Required.
	KMSKeyARN pulumi.StringInput
	// Retain protects the bucket, and keeps it with its settings when the stack is destroyed. Without it a destroy
	// deletes the bucket and all that is in it.
	Retain bool
	// Lifecycle of the objects. Required.
	Lifecycle Lifecycle
	// Trail is the only writer of a bucket of audit events; the zero value for a layer that roles write.
	Trail policies.TrailRefs
	// Organization is the only one whose accounts reach the objects; empty for none.
	Organization string
}

func (args *LayerArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.input("KMSKeyARN", args.KMSKeyARN)
	args.Lifecycle.check(&c)
	return c.err()
}

// Layer is one encrypted, private, versioned bucket of the lake. Its access log is made by Logs.
type Layer struct {
	pulumi.ResourceState
	BucketARN  pulumi.StringOutput `pulumi:"bucketArn"`
	BucketName pulumi.StringOutput `pulumi:"bucketName"`
	KMSKeyARN  pulumi.StringOutput `pulumi:"kmsKeyArn"`
	// Ready are what has to exist before the layer is written: versioning, encryption and policy.
	Ready []pulumi.Resource

	name   string
	retain bool
}

// NewLayer registers a Layer named name.
func NewLayer(ctx *pulumi.Context, name string, args *LayerArgs, opts ...pulumi.ResourceOption) (*Layer, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("layer %q: %w", name, err)
	}
	layer := &Layer{name: name, retain: args.Retain}
	if err := ctx.RegisterComponentResourceV2(layerType, name, pulumi.Map{
		"kmsKeyArn": args.KMSKeyARN, "retain": pulumi.Bool(args.Retain),
	}, layer, opts...); err != nil {
		return nil, fmt.Errorf("layer %q: %w", name, err)
	}
	parent := pulumi.Parent(layer)
	b, err := newBucket(ctx, name, args.Retain, args.Lifecycle, parent)
	if err != nil {
		return nil, fmt.Errorf("layer %q: %w", name, err)
	}
	encryption, err := b.newEncryption(ctx, name, args.Retain, args.KMSKeyARN, parent)
	if err != nil {
		return nil, fmt.Errorf("layer %q: %w", name, err)
	}
	var bucketARN, keyARN string
	policy, err := b.newPolicy(ctx, name, args.Retain, rendering.Refs{&bucketARN: b.Arn, &keyARN: args.KMSKeyARN},
		func() policies.Document {
			document := policies.LayerBucket(bucketARN, keyARN)
			if args.Trail != (policies.TrailRefs{}) {
				document = policies.AuditBucket(bucketARN, args.Trail)
			}
			document.Statement = append(document.Statement,
				policies.WithinOrganization(bucketARN, args.Organization)...)
			return document
		}, parent)
	if err != nil {
		return nil, fmt.Errorf("layer %q: %w", name, err)
	}
	layer.BucketARN, layer.BucketName, layer.KMSKeyARN = b.Arn, b.Bucket, args.KMSKeyARN.ToStringOutput()
	layer.Ready = []pulumi.Resource{b.versioning, encryption, policy}
	return layer, ctx.RegisterResourceOutputs(layer, pulumi.Map{
		"bucketArn": layer.BucketARN, "bucketName": layer.BucketName, "kmsKeyArn": layer.KMSKeyARN,
	})
}

// Storage is the layer as its writers see it.
func (layer *Layer) Storage() Storage {
	return Storage{
		BucketName: layer.BucketName, BucketARN: layer.BucketARN, KeyARN: layer.KMSKeyARN, Ready: layer.Ready,
	}
}
