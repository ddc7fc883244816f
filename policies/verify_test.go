package policies_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/policies"
)

// TestWhoVerifiesReadsNoData: it puts what is called like a canary, asks for its erasure, and looks at names.
func TestWhoVerifiesReadsNoData(t *testing.T) {
	const (
		states = "arn:aws:states:eu-west-1:123456789012:"
		lambda = "arn:aws:lambda:eu-west-1:123456789012:"
		alarms = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:dataplatform-dev-"
		shard  = discarded + "/aws/lambda/uuid/shardId-000000000000/"
		audit  = "arn:aws:s3:::audit-1"
		people = "arn:aws:iam::123456789012:role/analyst"
		arns   = states + "stateMachine:"
	)
	d := policies.Verify(policies.VerifyRefs{
		StreamARN: stream, MappingARN: lambda + "event-source-mapping:uuid", FunctionARN: lambda + "function:clicks",
		RoleARNs: []string{people}, FilesTableARN: files, StateMachineARN: stateMachine, ErasureARN: arns + "erase",
		StateMachinesARN: arns + "dataplatform-dev-*",
		SchedulesARN:     "arn:aws:scheduler:eu-west-1:123456789012:schedule/default/dataplatform-dev-*",
		AlarmsARN:        alarms + "*", Canary: "canary", DiscardedBucketARN: discarded, ArtifactsBucketARN: artifacts,
		ProcessedBucketARN: processed, LogsBucketARN: logs, AuditBucketARN: audit,
		KeyARNs: []string{key("stream"), key("artifacts"), key("discarded")},
	})
	require.NoError(t, d.Validate())
	assert.Empty(t, policies.Lint(d))
	yes, no := policies.Allowed, policies.NotAllowed
	for _, tt := range []struct {
		action, resource string
		context          map[string]string
		want             policies.Decision
	}{
		{"kinesis:PutRecord", stream, nil, yes},
		{"kinesis:GetRecords", stream, nil, no},
		{"sts:AssumeRole", people, nil, yes},
		{"sts:AssumeRole", people + "-uk", nil, no},
		{"states:StartExecution", stateMachine, nil, yes},
		{"states:StartExecution", arns + "clicks", nil, no},
		{"states:DescribeExecution", states + "execution:erase:1", nil, yes},
		{"states:DescribeExecution", states + "execution:clicks:1", nil, no},
		{"states:ListExecutions", arns + "dataplatform-dev-clicks", nil, yes},
		{"states:ListExecutions", arns + "dataplatform-prod-clicks", nil, no},
		{"glue:StartJobRun", glue + "job/erase", nil, no},
		{"s3:PutObject", shard + "canary-1", nil, yes},
		{"s3:GetObject", shard + "canary-1", nil, yes},
		{"s3:GetObjectTagging", shard + "canary-1", nil, yes}, // a replay keeps the tags that there are
		{"s3:GetObject", shard + "2026/01/31/batch", nil, no},
		{"s3:PutObject", shard + "2026/01/31/batch", nil, no},
		{"s3:DeleteObject", shard + "canary-1", nil, no},
		{"s3:PutObject", artifacts + "/erasures/1.json", nil, yes},
		{"s3:GetObject", artifacts + "/erasures/1.json", nil, no},
		{"s3:GetObject", artifacts + "/audit/erasures/1.json", nil, yes},
		{"s3:PutObject", artifacts + "/audit/erasures/1.json", nil, no},
		{"s3:PutObject", landing + "/sales/a.csv", nil, no},
		{"s3:GetObject", raw + "/sales/a", nil, no},
		{"s3:GetObject", processed + "/clicks/a", nil, no},
		{"s3:GetObject", processed + "/thumbnails/a", nil, no},
		{"s3:ListBucket", processed, map[string]string{"s3:prefix": "thumbnails/a"}, yes},
		{"s3:ListBucket", processed, map[string]string{"s3:prefix": "clicks/"}, no},
		{"s3:ListBucket", audit, map[string]string{"s3:prefix": "AWSLogs/"}, yes},
		{"s3:GetObject", audit + "/AWSLogs/a", nil, no},
		{"cloudwatch:SetAlarmState", alarms + "landing-errors", nil, yes},
		{"cloudwatch:SetAlarmState", "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:other", nil, no},
		{"lakeformation:ListPermissions", "*", nil, yes},
		{"lakeformation:GrantPermissions", "*", nil, no},
		{"kms:Decrypt", key("raw"), nil, no},
		{"kms:Decrypt", key("discarded"), nil, yes},
	} {
		got, err := policies.Evaluate(
			policies.Request{Action: tt.action, Resource: tt.resource, Context: tt.context}, d)
		require.NoError(t, err)
		assert.Equal(t, tt.want, got, "%s on %s %v", tt.action, tt.resource, tt.context)
	}
}
