package components

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

// bucket is what every bucket of the platform is, whatever encrypts it: owned by the account, closed to the public,
// versioned, aged.
type bucket struct {
	*s3.BucketV2
	versioning pulumi.Resource
	closed     pulumi.Resource // the public access block
}

// newBucket registers a bucket called name and everything that makes it private. With retain the bucket and all its
// settings outlive the stack: data that is kept must not lose its protection.
func newBucket(
	ctx *pulumi.Context, name string, retain bool, lifecycle Lifecycle, parent pulumi.ResourceOption,
) (*bucket, error) {
	opts := []pulumi.ResourceOption{parent, pulumi.RetainOnDelete(retain)}
	b, err := s3.NewBucketV2(ctx, name, &s3.BucketV2Args{ForceDestroy: pulumi.Bool(!retain)},
		slices.Concat(opts, []pulumi.ResourceOption{pulumi.Protect(retain)})...)
	if err != nil {
		return nil, err
	}
	ownership, err := s3.NewBucketOwnershipControls(ctx, name+"-ownership", &s3.BucketOwnershipControlsArgs{
		Bucket: b.ID(),
		Rule:   &s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("ownership: %w", err)
	}
	// S3 refuses two changes of a bucket's access at once: one after the other.
	closed, err := s3.NewBucketPublicAccessBlock(ctx, name+"-public-access", &s3.BucketPublicAccessBlockArgs{
		Bucket: b.ID(), BlockPublicAcls: pulumi.Bool(true), BlockPublicPolicy: pulumi.Bool(true),
		IgnorePublicAcls: pulumi.Bool(true), RestrictPublicBuckets: pulumi.Bool(true),
	}, after(opts, ownership)...)
	if err != nil {
		return nil, fmt.Errorf("public access: %w", err)
	}
	versioning, err := s3.NewBucketVersioningV2(ctx, name+"-versioning", &s3.BucketVersioningV2Args{
		Bucket:                  b.ID(),
		VersioningConfiguration: &s3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String("Enabled")},
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("versioning: %w", err)
	}
	made := &bucket{BucketV2: b, versioning: versioning, closed: closed}
	return made, newLifecycle(ctx, name, made, lifecycle, opts...)
}

// newPolicy registers the bucket's policy, made from refs.
func (b *bucket) newPolicy(
	ctx *pulumi.Context, name string, retain bool, refs rendering.Refs, build func() policies.Document,
	parent pulumi.ResourceOption,
) (*s3.BucketPolicy, error) {
	policy, err := s3.NewBucketPolicy(ctx, name+"-policy",
		&s3.BucketPolicyArgs{Bucket: b.ID(), Policy: rendering.Policy(refs, build)},
		after([]pulumi.ResourceOption{parent, pulumi.RetainOnDelete(retain)}, b.closed)...)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return policy, nil
}

// newEncryption registers what encrypts an object whose put says nothing: the key, or S3's own when there is none.
func (b *bucket) newEncryption(
	ctx *pulumi.Context, name string, retain bool, key pulumi.StringInput, parent pulumi.ResourceOption,
) (*s3.BucketServerSideEncryptionConfigurationV2, error) {
	byDefault := &s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
		SseAlgorithm: pulumi.String("AES256"),
	}
	rule := &s3.BucketServerSideEncryptionConfigurationV2RuleArgs{ApplyServerSideEncryptionByDefault: byDefault}
	if key != nil {
		byDefault.SseAlgorithm, byDefault.KmsMasterKeyId = pulumi.String("aws:kms"), key.ToStringOutput()
		rule.BucketKeyEnabled = pulumi.Bool(true) // one call of KMS for many objects
	}
	encryption, err := s3.NewBucketServerSideEncryptionConfigurationV2(ctx, name+"-encryption",
		&s3.BucketServerSideEncryptionConfigurationV2Args{
			Bucket: b.ID(), Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{rule},
		}, parent, pulumi.RetainOnDelete(retain))
	if err != nil {
		return nil, fmt.Errorf("encryption: %w", err)
	}
	return encryption, nil
}

// after copies opts and adds a dependency.
func after(opts []pulumi.ResourceOption, resources ...pulumi.Resource) []pulumi.ResourceOption {
	return slices.Concat(opts, []pulumi.ResourceOption{pulumi.DependsOn(resources)})
}
