package policies_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/policies"
)

// TestOnlyTheReviewedEnvironmentPreviews: the subject of a token is the repository and the environment of the job,
// whose reviewers let it run.
func TestOnlyTheReviewedEnvironmentPreviews(t *testing.T) {
	trust := policies.TrustWorkflow(previewRefs())
	own := map[string]string{
		policies.GitHub + ":aud": "sts.amazonaws.com",
		policies.GitHub + ":sub": "repo:shop@12/platform@34:environment:preview-prod",
	}
	decide := func(key, value string) policies.Decision {
		context := maps.Clone(own)
		if key != "" {
			context[policies.GitHub+key] = value
		}
		got, err := policies.Evaluate(policies.Request{
			Principal: "arn:aws:iam::123456789012:oidc-provider/" + policies.GitHub,
			Action:    "sts:AssumeRoleWithWebIdentity", Context: context,
		}, trust)
		require.NoError(t, err)
		return got
	}
	assert.Equal(t, policies.Allowed, decide("", ""))
	for key, values := range map[string][]string{
		":sub": {"repo:shop@12/platform@34:pull_request", "repo:shop@12/platform@34:ref:refs/heads/main",
			"repo:shop@12/platform@34:environment:preview-dev", "repo:shop@56/platform@34:environment:preview-prod",
			"repo:shop/platform:environment:preview-prod", "repo:shop@12/platform@34:environment:preview-prod-2"},
		":aud": {"https://github.com/shop"},
	} {
		for _, value := range values {
			assert.Equal(t, policies.NotAllowed, decide(key, value), value)
		}
	}
}

// TestAPreviewReadsOneStateAndChangesNothing: a change that nobody has merged runs with these rights.
func TestAPreviewReadsOneStateAndChangesNothing(t *testing.T) {
	state := previewRefs().StateBucketARN
	for _, tt := range []struct {
		action, resource string
		want             policies.Decision
	}{
		{"s3:GetObject", state + "/.pulumi/stacks/dataplatform/prod.json", policies.Allowed},
		{"s3:GetObject", state + "/.pulumi/stacks/dataplatform/prod.pulumi-tags", policies.Allowed},
		{"s3:GetObject", state + "/.pulumi/meta.yaml", policies.Allowed},
		{"s3:ListBucket", state, policies.Allowed}, // what S3 asks before it says that there is no such object
		{"s3:GetObject", state + "/.pulumi/stacks/dataplatform/dev.json", policies.NotAllowed},
		{"s3:GetObject", state + "/.pulumi/history/dataplatform/prod/1.json", policies.NotAllowed},
		{"s3:PutObject", state + "/.pulumi/stacks/dataplatform/prod.json", policies.NotAllowed},
		{"s3:DeleteObject", state + "/.pulumi/stacks/dataplatform/prod.json", policies.NotAllowed},
		{"s3:GetObject", raw + "/sales/a.csv.gz", policies.NotAllowed},
		{"glue:GetDataCatalogEncryptionSettings", glue + "catalog", policies.Allowed},
		{"glue:PutDataCatalogEncryptionSettings", glue + "catalog", policies.NotAllowed},
		{"kms:Decrypt", key("state"), policies.Allowed},
		{"kms:Decrypt", key("raw"), policies.NotAllowed},
		{"iam:PassRole", "arn:aws:iam::123456789012:role/erase", policies.NotAllowed},
		{"sts:AssumeRole", "arn:aws:iam::123456789012:role/deploy", policies.NotAllowed},
		{"athena:StartQueryExecution", "arn:aws:athena:eu-west-1:123456789012:workgroup/analysts", policies.NotAllowed},
		{"lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:clicks", policies.NotAllowed},
	} {
		got, err := policies.Evaluate(policies.Request{Action: tt.action, Resource: tt.resource},
			policies.Preview(previewRefs()))
		require.NoError(t, err)
		assert.Equal(t, tt.want, got, "%s on %s", tt.action, tt.resource)
	}
}
