package policies_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/policies"
)

// TestObjectsStayWithinAnOrganization: whatever other policies grant, an account outside reaches no object; services
// that come by themselves and the bucket's settings are left alone.
func TestObjectsStayWithinAnOrganization(t *testing.T) {
	const bucket, mine, role = "arn:aws:s3:::raw", "o-a1b2c3d4e5", "arn:aws:iam::123456789012:role/a"
	grant := policies.Identity(policies.AllowActions("All", []string{bucket, bucket + "/*"}, "s3:GetObject",
		"s3:PutObject", "s3:DeleteObjectVersion", "s3:ListBucket", "s3:PutBucketPolicy"))
	perimeter := policies.Bucket(policies.WithinOrganization(bucket, mine)...)
	ofRole := func(organization string) map[string]string {
		context := map[string]string{"aws:PrincipalIsAWSService": "false"}
		if organization != "" {
			context["aws:PrincipalOrgID"] = organization
		}
		return context
	}
	tests := []struct {
		name, action, resource string
		context                map[string]string
		want                   policies.Decision
	}{
		{"its own", "s3:GetObject", bucket + "/a", ofRole(mine), policies.Allowed},
		{"another's", "s3:GetObject", bucket + "/a", ofRole("o-zzzzzzzzzz"), policies.Denied},
		{"none", "s3:GetObject", bucket + "/a", ofRole(""), policies.Denied},
		{"none writes", "s3:PutObject", bucket + "/a", ofRole(""), policies.Denied},
		{"none deletes", "s3:DeleteObjectVersion", bucket + "/a", ofRole(""), policies.Denied},
		{"none lists", "s3:ListBucket", bucket, ofRole(""), policies.Denied},
		{"settings", "s3:PutBucketPolicy", bucket, ofRole(""), policies.Allowed},
		{"a service", "s3:PutObject", bucket + "/a", map[string]string{"aws:PrincipalIsAWSService": "true"},
			policies.Allowed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := policies.Evaluate(policies.Request{
				Principal: role, Action: tt.action, Resource: tt.resource, Context: tt.context,
			}, grant, perimeter)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
	assert.Empty(t, policies.WithinOrganization(bucket, ""))
}
