package upgrade

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/local/stack"
)

func TestReport(t *testing.T) {
	updated := stack.Operation{Resources: 3, Seconds: 1, Changes: []stack.Change{
		{Type: codeObject, Name: "jobs-library", Op: "replace"},
		{Type: "aws:lambda/function:Function", Name: "landing", Op: "update"},
	}}
	var out strings.Builder
	require.NoError(t, report(&out, "main", updated, stack.Operation{}))
	assert.Equal(t,
		"3 resources as in main, updated in 1.0 s: 1 update, 1 code objects under other keys; 0 changed by a third deployment\n", out.String())

	anew := "create-replacement aws:lambda/invocation:Invocation schemas input(update-replace)"
	updated.Changes = append(updated.Changes, stack.Change{
		Type: "aws:lambda/invocation:Invocation", Name: "schemas", Op: "create-replacement",
		Properties: []string{"input(update-replace)"},
	})
	require.NoError(t, report(&out, "main", updated, stack.Operation{}))
	assert.Contains(t, out.String(), "made anew for contracts that changed:\n"+anew+"\n")

	updated.Changes = append(updated.Changes,
		stack.Change{Type: "aws:lambda/invocation:Invocation", Name: "tables", Op: "delete"},
		stack.Change{
			Type: "aws:s3/bucketV2:BucketV2", Name: "raw", Op: "replace",
			Properties: []string{"bucket(UPDATE_REPLACE)"},
		},
		stack.Change{Type: "aws:sqs/queue:Queue", Name: "raw-notices", Op: "delete"})
	third := stack.Operation{Changes: []stack.Change{{Type: "aws:sns/topic:Topic", Name: "alarms", Op: "update"}}}
	require.EqualError(t, report(&out, "main", updated, third), "replaced or deleted:\n"+
		"delete aws:lambda/invocation:Invocation tables\n"+
		"replace aws:s3/bucketV2:BucketV2 raw bucket(UPDATE_REPLACE)\ndelete aws:sqs/queue:Queue raw-notices\n"+
		"changed by a third deployment: update aws:sns/topic:Topic alarms")
}
