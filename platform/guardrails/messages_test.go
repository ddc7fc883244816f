package guardrails

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reported are the parts of events that may leave by e-mail: what failed, which execution or run, and how it ended; of
// an alarm what CloudWatch itself says in its messages: figures; and which call somebody made.
var reported = []string{"$.detail-type", "$.time", "$.detail.executionArn", "$.detail.status", "$.detail.jobName",
	"$.detail.jobRunId", "$.detail.state", "$.detail.bucket.name", "$.detail.object.key", "$.detail.alarmName",
	"$.detail.state.reason", "$.detail.eventName", "$.detail.userIdentity.arn"}

// TestMessagesHoldNoData: the topic's messages leave by e-mail, and what a job says of its failure may quote a row.
func TestMessagesHoldNoData(t *testing.T) {
	forEachGraph(t, func(t *testing.T, g Graph, _ map[string]role) {
		targets := g.Of("aws:cloudwatch/eventTarget:EventTarget")
		require.NotEmpty(t, targets)
		for _, target := range targets {
			paths, ok := target.Value("inputTransformer.inputPaths").(map[string]any)
			if assert.True(t, ok, "%s sends whole events", target.Name) {
				for name, path := range paths {
					assert.True(t, slices.Contains(reported, path.(string)), "%s reports %s, %s", target.Name, name,
						path)
				}
			}
		}
		messages := 0
		for _, stateMachine := range g.Of(stateMachineToken) {
			var definition struct {
				States map[string]struct {
					Resource   string
					Parameters map[string]any
				}
			}
			require.NoError(t, json.Unmarshal([]byte(text(t, stateMachine, "definition")), &definition))
			for name, state := range definition.States {
				if message, ok := state.Parameters["Message.$"].(string); ok {
					messages++
					assert.NotContains(t, message, "Cause", "%s of %s", name, stateMachine.Name)
				}
			}
		}
		assert.GreaterOrEqual(t, messages, 5)
	})
}
