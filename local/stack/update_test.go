//go:build local

package stack

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	pulumiaws "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/running"
)

// What a command left running is updated by the next one: what is new is made, and data stays.
func TestWhatRunsIsUpdated(t *testing.T) {
	ctx := t.Context()
	p := start(t, small)
	_, err := p.Up(ctx)
	require.NoError(t, err)
	bucket := p.Outputs.Buckets["raw"]
	_, err = buckets(p).PutObject(ctx,
		&s3.PutObjectInput{Bucket: &bucket, Key: aws.String("kept"), Body: strings.NewReader("data")})
	require.NoError(t, err)

	options := p.options
	options.Root = t.TempDir()
	require.NoError(t, running.Save(options.Root, running.Record{
		Endpoint: p.Endpoint, PID: p.emulator.pid, StateDir: p.StateDir, Stack: p.options.Stack, Deployer: p.deployer,
		Before: p.before, Outputs: p.Outputs,
	}))
	options.Program = func(ctx *pulumi.Context) error {
		provider, err := pulumiaws.NewProvider(ctx, "second", &pulumiaws.ProviderArgs{Region: pulumi.String(region)})
		if err != nil {
			return err
		}
		if _, err := kms.NewKey(ctx, "more", &kms.KeyArgs{EnableKeyRotation: pulumi.Bool(true)},
			pulumi.Provider(provider)); err != nil {
			return err
		}
		return small(ctx)
	}
	there, err := Attach(options)
	require.NoError(t, err)
	there.options.Root = p.options.Root
	made, err := there.Up(ctx)
	require.NoError(t, err)
	var names []string
	for _, change := range made.Changes {
		names = append(names, change.Name)
	}
	require.Contains(t, names, "more")
	require.NotContains(t, names, "raw")
	_, err = buckets(there).HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("kept")})
	require.NoError(t, err)
	_, err = there.Destroy(ctx)
	require.NoError(t, err)
}
