package components_test

import (
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components"
	"dataplatform/internal/pulumitest"
	"dataplatform/policies"
)

func collectorArgs() *components.CollectorArgs {
	return &components.CollectorArgs{
		Dataset: "clicks", StreamARN: pulumi.String("arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"),
		StreamKeyARN: pulumi.String(keyARN), Access: `{"keys":[]}`, MaxConcurrency: 20, MetricsNamespace: "shop",
		Build: build(),
	}
}

func TestCollector(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := components.NewCollector(ctx, "collector", collectorArgs())
		return err
	})
	rec.AssertNoOrphans(t)
	function := rec.One(t, functionToken, "collector-function")
	assert.EqualValues(t, 20, function.Number(t, "reservedConcurrentExecutions"))
	assert.Equal(t, "PassThrough", function.String(t, "tracingConfig.mode"), "a trace costs more than a request")
	assert.Equal(t, "WARN", function.String(t, "loggingConfig.systemLogLevel"), "so do Lambda's lines of each")
	assert.Equal(t, `{"keys":[]}`, function.String(t, "environment.variables.ACCESS"))

	grants, err := policies.Parse(rec.One(t, grantsToken, "collector-function-grants").String(t, "policy"))
	require.NoError(t, err)
	var actions []string
	for _, statement := range grants.Statement {
		actions = append(actions, statement.Action...)
	}
	assert.ElementsMatch(t, []string{"kinesis:PutRecord", "kinesis:PutRecords", "kms:GenerateDataKey",
		"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}, actions,
		"it puts, and reads nothing")

	for _, noun := range []string{"collector-failures", "collector-latency", "collector-function-throttles"} {
		rec.One(t, alarmToken, noun)
	}
}

// TestTheCollectorIsCalledByItsAddressOnly: without the condition every account could invoke the function itself, with
// an event in which address and agent are anybody's.
func TestTheCollectorIsCalledByItsAddressOnly(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := components.NewCollector(ctx, "collector", collectorArgs())
		return err
	})
	stack := rec.One(t, "aws:cloudformation/stack:Stack", "collector-url")
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties map[string]any
		}
	}
	require.NoError(t, json.Unmarshal([]byte(stack.String(t, "templateBody")), &template))
	conditions := map[string]any{}
	for _, resource := range template.Resources {
		if resource.Type == "AWS::Lambda::Permission" {
			assert.Equal(t, "*", resource.Properties["Principal"])
			conditions[resource.Properties["Action"].(string)] = []any{
				resource.Properties["FunctionUrlAuthType"], resource.Properties["InvokedViaFunctionUrl"],
			}
		}
	}
	assert.Equal(t, map[string]any{
		"lambda:InvokeFunctionUrl": []any{"NONE", nil}, "lambda:InvokeFunction": []any{nil, true},
	}, conditions)
}
