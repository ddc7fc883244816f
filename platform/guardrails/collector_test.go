package guardrails

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/platform/preview"
	"dataplatform/policies"
)

// TestWhatTheCollectorCanDo, which anybody can call: it puts into the stream, and reads and changes nothing.
func TestWhatTheCollectorCanDo(t *testing.T) {
	const yes, no = policies.Allowed, policies.NotAllowed
	settings, err := preview.EverythingOn(root)
	require.NoError(t, err)
	rec, err := preview.RecordSettings(root, preview.Everything, settings)
	require.NoError(t, err)
	g := Graph{Stack: preview.Everything, Resources: rec.All()}
	r, ok := roles(t, g)["collector-function"]
	require.True(t, ok)
	stream, hours := arnOf(t, g, streamToken, "clickstream"), arnOf(t, g, tableToken, "ledger-hours")
	for _, tt := range []struct {
		action, resource string
		want             policies.Decision
	}{
		{"kinesis:PutRecords", stream, yes},
		{"kinesis:PutRecords", stream + "-other", no},
		{"kinesis:GetRecords", stream, no},
		{"kinesis:GetShardIterator", stream, no},
		{"kinesis:DeleteStream", stream, no},
		{"kms:GenerateDataKey", arnOf(t, g, keyToken, "raw"), yes},
		{"kms:Decrypt", arnOf(t, g, keyToken, "raw"), no},
		{"kms:GenerateDataKey", arnOf(t, g, keyToken, "processed"), no},
		{"s3:GetObject", object("raw", "clicks/a.json.gz"), no},
		{"s3:PutObject", object("raw", "clicks/a.json.gz"), no},
		{"dynamodb:PutItem", hours, no},
		{"lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:clickstream-function", no},
	} {
		var context map[string]string
		if strings.HasPrefix(tt.action, "kms:") {
			context = through("kinesis")
		}
		assert.Equal(t, tt.want, g.may(t, r, tt.action, tt.resource, context), "%s on %s", tt.action, tt.resource)
	}
}
