package cost

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/platform/preview"
)

func TestPrintsWhatEveryStackCosts(t *testing.T) {
	in, err := Read(root)
	require.NoError(t, err)
	for _, name := range []string{"dev", "prod", "local"} {
		resources, err := preview.Registered(root, name)
		require.NoError(t, err)
		stack, err := ReadStack(root, name, resources)
		require.NoError(t, err)
		estimate, err := New(stack, in)
		require.NoError(t, err)
		var out strings.Builder
		require.NoError(t, estimate.Print(&out))
		assert.Contains(t, out.String(), "Stack "+name+", eu-west-1")
		assert.Regexp(t, `\nTotal +[1-9]\d*\.\d\d\n`, out.String())
		for _, service := range []string{
			"Kinesis", "Lambda", "S3", "KMS", "Glue", "Step Functions", "DynamoDB", "Athena", "CloudWatch",
			"SNS and SQS", "EventBridge Scheduler", "Redshift Serverless", "QuickSight", "SageMaker",
		} {
			assert.Contains(t, out.String(), "\n"+service)
		}
		text, err := json.Marshal(estimate)
		require.NoError(t, err)
		var read struct {
			Stack    string
			TotalUSD float64
			Lines    []map[string]any
		}
		require.NoError(t, json.Unmarshal(text, &read))
		assert.Equal(t, name, read.Stack)
		assert.InDelta(t, estimate.Total(), read.TotalUSD, 1e-9)
		assert.Len(t, read.Lines, len(estimate.Lines))
		assert.Equal(t, "Kinesis", read.Lines[0]["service"])
	}
}
