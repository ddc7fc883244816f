package rendering_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components/rendering"
	"dataplatform/internal/pulumitest"
	"dataplatform/policies"
)

func TestPolicy(t *testing.T) {
	const bucketARN = "arn:aws:s3:::raw"
	build := func(ref map[string]string) policies.Document {
		return policies.Identity(policies.ReadObjects("ReadRaw", ref["bucket"], "clicks/"))
	}
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		return pulumitest.Observe(ctx, "rendered", pulumi.Map{"policy": rendering.Policy(pulumi.StringMap{"bucket": pulumi.String(bucketARN)}, build)})
	})
	assert.JSONEq(t, build(map[string]string{"bucket": bucketARN}).JSON(), rec.Observed(t, "rendered").String(t, "policy"))

	_, err := pulumitest.RunErr(func(ctx *pulumi.Context) error {
		return pulumitest.Observe(ctx, "broken", pulumi.Map{"policy": rendering.Policy(pulumi.StringMap{}, build)})
	})
	require.ErrorContains(t, err, "must be ARNs")
}
