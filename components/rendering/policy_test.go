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

const bucketARN = "arn:aws:s3:::raw"

func read(bucketARN string) policies.Document {
	return policies.Identity(policies.ReadObjects("ReadRaw", bucketARN, "clicks/"))
}

func TestPolicy(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		var bucket string
		return pulumitest.Observe(ctx, "rendered", pulumi.Map{"policy": rendering.Policy(rendering.Refs{
			&bucket: pulumi.String(bucketARN),
		}, func() policies.Document {
			return read(bucket)
		})})
	})
	assert.JSONEq(t, read(bucketARN).JSON(), rec.Observed(t, "rendered").String(t, "policy"))

	_, err := pulumitest.RunErr(func(ctx *pulumi.Context) error {
		return pulumitest.Observe(ctx, "broken",
			pulumi.Map{"policy": rendering.Policy(rendering.Refs{}, func() policies.Document { return read("") })})
	})
	require.ErrorContains(t, err, "must be ARNs")
}

// TestRefs: each field has the text of its own input, and one without an input is empty.
func TestRefs(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		var value struct{ first, second, none string }
		some := []string{"", ""}
		refs := rendering.Refs{
			&value.first: pulumi.String("a"), &value.second: pulumi.String("b"), &value.none: nil,
			&some[0]: pulumi.String("c"), &some[1]: pulumi.String("d"),
		}
		return pulumitest.Observe(ctx, "rendered", pulumi.Map{"text": rendering.Text(refs, func() (string, error) {
			return value.first + value.second + "(" + value.none + ")" + some[0] + some[1], nil
		})})
	})
	assert.Equal(t, "ab()cd", rec.Observed(t, "rendered").String(t, "text"))
}
