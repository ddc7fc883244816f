//go:build local

package stack

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	pulumiaws "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	pulumis3 "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
)

// small is a program of two buckets and a key, named as the platform's are.
func small(ctx *pulumi.Context) error {
	_, err := smallResources(ctx)
	return err
}

// smallResources are what small makes, for what has to wait for all of it.
func smallResources(ctx *pulumi.Context) ([]pulumi.Resource, error) {
	provider, err := pulumiaws.NewProvider(ctx, "aws", &pulumiaws.ProviderArgs{
		Region:      pulumi.String(region),
		DefaultTags: &pulumiaws.ProviderDefaultTagsArgs{Tags: pulumi.StringMap{"owner": pulumi.String("data-team")}},
	})
	if err != nil {
		return nil, err
	}
	key, err := kms.NewKey(ctx, "data", &kms.KeyArgs{EnableKeyRotation: pulumi.Bool(true)}, pulumi.Provider(provider))
	if err != nil {
		return nil, err
	}
	resources, buckets := []pulumi.Resource{key}, pulumi.StringMap{}
	for _, name := range []string{"raw", "curated"} {
		bucket, err := pulumis3.NewBucketV2(ctx, name, &pulumis3.BucketV2Args{ForceDestroy: pulumi.Bool(true)},
			pulumi.Provider(provider))
		if err != nil {
			return nil, err
		}
		encryption, err := pulumis3.NewBucketServerSideEncryptionConfigurationV2(ctx, name+"-encryption",
			&pulumis3.BucketServerSideEncryptionConfigurationV2Args{
				Bucket: bucket.Bucket,
				Rules: pulumis3.BucketServerSideEncryptionConfigurationV2RuleArray{
					&pulumis3.BucketServerSideEncryptionConfigurationV2RuleArgs{
						ApplyServerSideEncryptionByDefault: &pulumis3.
							BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
							KmsMasterKeyId: key.Arn, SseAlgorithm: pulumi.String("aws:kms"),
						},
						BucketKeyEnabled: pulumi.Bool(true),
					},
				},
			}, pulumi.Provider(provider))
		if err != nil {
			return nil, err
		}
		resources, buckets[name] = append(resources, bucket, encryption), bucket.Bucket
	}
	ctx.Export("buckets", buckets)
	return resources, nil
}

func start(t *testing.T, program pulumi.RunFunc) *Platform {
	t.Helper()
	options, err := Prepare(t.Context(), "../..", filepath.Join(t.TempDir(), "state"), program, t.Output())
	require.NoError(t, err)
	p, err := Start(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

func buckets(p *Platform) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: &p.Endpoint, Region: region, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

func TestTheCycleSeesDriftAndRemains(t *testing.T) {
	ctx := t.Context()
	p := start(t, small)
	require.Less(t, p.ReadySeconds, 20.0)

	first, err := p.Up(ctx)
	require.NoError(t, err)
	require.Len(t, first.Changes, first.Resources, "everything is new")
	require.NotEmpty(t, p.Outputs.Buckets["raw"])

	again, err := p.UpAgain(ctx)
	require.NoError(t, err)
	require.Empty(t, again.Changes)

	// A tag changed behind the engine's back.
	_, err = buckets(p).PutBucketTagging(ctx, &s3.PutBucketTaggingInput{
		Bucket:  aws.String(p.Outputs.Buckets["raw"]),
		Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("owner"), Value: aws.String("somebody")}}},
	})
	require.NoError(t, err)
	drifted, err := p.UpAgain(ctx)
	require.NoError(t, err)
	require.Len(t, drifted.Changes, 1)
	require.Equal(t, "raw", drifted.Changes[0].Name)
	healed, err := p.UpAgain(ctx)
	require.NoError(t, err)
	require.Empty(t, healed.Changes)

	// One thing that a destroy does not know of.
	_, err = buckets(p).CreateBucket(ctx, &s3.CreateBucketInput{
		Bucket:                    aws.String("left-behind"),
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: region},
	})
	require.NoError(t, err)
	destroyed, err := p.Destroy(ctx)
	require.NoError(t, err)
	require.Len(t, destroyed.Changes, first.Resources)
	left, err := p.Left(ctx)
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.Contains(t, left[0], "left-behind")

	_, err = buckets(p).DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String("left-behind")})
	require.NoError(t, err)
	left, err = p.Left(ctx)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestACancelledUpLeavesNoProcessAndNoFile(t *testing.T) {
	p := start(t, small)
	ctx, cancel := context.WithCancel(t.Context())
	// In the middle of it, on a host of any speed: the first bucket is there, its settings are not.
	go func() {
		defer cancel()
		for ctx.Err() == nil {
			if list, err := buckets(p).ListBuckets(ctx, nil); err == nil && len(list.Buckets) > 0 {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	_, err := p.Up(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, p.Close())
	require.NoDirExists(t, p.StateDir)
	require.Eventually(t, func() bool { return len(descendants(os.Getpid())) == 0 }, 10*time.Second,
		50*time.Millisecond)
}

func TestPreviewLeavesTheStacksFilesAlone(t *testing.T) {
	p := start(t, small)
	before, err := os.ReadFile("../../Pulumi.prod.yaml")
	require.NoError(t, err)
	planned, err := p.Preview(t.Context(), "prod", nil)
	require.NoError(t, err)
	require.Positive(t, planned.Resources)
	after, err := os.ReadFile("../../Pulumi.prod.yaml")
	require.NoError(t, err)
	require.Equal(t, string(before), string(after))
	left, err := p.Left(t.Context())
	require.NoError(t, err)
	require.Empty(t, left, "a preview makes nothing")
}
