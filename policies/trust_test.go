package policies_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/policies"
)

// TestKeysOfOtherPartitions: each has its own domain, which CloudWatch Logs has in its name.
func TestKeysOfOtherPartitions(t *testing.T) {
	for _, tt := range []struct{ partition, region, logs string }{
		{"aws", "eu-west-1", "logs.eu-west-1.amazonaws.com"},
		{"aws-us-gov", "us-gov-west-1", "logs.us-gov-west-1.amazonaws.com"},
		{"aws-cn", "cn-north-1", "logs.cn-north-1.amazonaws.com.cn"},
		{"aws-eusc", "eusc-de-east-1", "logs.eusc-de-east-1.amazonaws.eu"},
	} {
		key := policies.KeyPolicy(policies.KeyRefs{
			Partition: tt.partition, Account: account, Region: tt.region, Via: []string{"s3"}, LogGroups: true,
		})
		logs, ok := key.Find("LogGroupsUseKey")
		require.True(t, ok)
		assert.Equal(t, map[string][]string{"Service": {tt.logs}}, logs.Principal)
		used, ok := key.Find("AccountUsesKeyThroughServices")
		require.True(t, ok)
		via := used.Condition["StringEquals"]["kms:ViaService"]
		assert.Contains(t, via, "s3."+tt.region+".amazonaws.com")
		assert.Contains(t, via, strings.Replace(tt.logs, "logs.", "s3.", 1))
	}
}

// TestSilentServicesAreTrusted whether or not they say for whom they act, and never for somebody else.
func TestSilentServicesAreTrusted(t *testing.T) {
	for service, trust := range map[string]policies.Document{
		policies.QuickSight:         policies.TrustSilent(policies.QuickSight, account),
		policies.Redshift:           policies.TrustWarehouse(account),
		policies.RedshiftServerless: policies.TrustWarehouse(account),
	} {
		for said, want := range map[string]policies.Decision{
			"": policies.Allowed, account: policies.Allowed, "999999999999": policies.NotAllowed,
		} {
			context := map[string]string{}
			if said != "" {
				context["aws:SourceAccount"] = said
			}
			got, err := policies.Evaluate(policies.Request{
				Principal: service, Action: "sts:AssumeRole", Context: context,
			}, trust)
			require.NoError(t, err)
			assert.Equal(t, want, got, "%s for %q", service, said)
		}
		assert.Empty(t, policies.Lint(trust), service)
		parsed, err := policies.Parse(trust.JSON())
		require.NoError(t, err)
		assert.Empty(t, policies.Lint(parsed), service)
	}
	assert.Equal(t, []string{"AssumedByService: lambda.amazonaws.com acts for any account"},
		policies.Lint(policies.TrustSilent(policies.Lambda, account)), "it says for whom")
	for deputy, reason := range policies.Silent {
		assert.NotEmpty(t, reason, deputy)
		assert.Empty(t, policies.Unconditioned[deputy], deputy)
	}
}
