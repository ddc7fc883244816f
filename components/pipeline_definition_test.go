package components

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func salesValues() stateMachineValues {
	return stateMachineValues{
		Pipeline: "sales", Partition: "aws", Console: "https://console/", Stages: []string{"process", "curate"},
		JobNames:        map[string]string{"process": "sales-process-1", "curate": "sales-curate-1"},
		ArtifactsBucket: "artifacts-1", TopicARN: "arn:aws:sns:eu-west-1:123456789012:alarms",
		JobTimeout: 3600, Concurrency: 3,
	}
}

func clicksValues() stateMachineValues {
	v := salesValues()
	v.Pipeline, v.Stages, v.JobNames = "clicks", []string{"curate"}, map[string]string{"curate": "clicks-curate-1"}
	return v
}

// parsed renders a definition and reads it back as Step Functions would.
func parsed(t *testing.T, m stateMachineDefinition) map[string]any {
	t.Helper()
	text, err := m.render()
	require.NoError(t, err)
	var definition map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &definition))
	return definition
}

// walk visits every state, those inside a Map too.
func walk(definition map[string]any, visit func(path string, state map[string]any, siblings map[string]any)) {
	var level func(prefix string, states map[string]any)
	level = func(prefix string, states map[string]any) {
		for name, raw := range states {
			state := raw.(map[string]any)
			visit(prefix+name, state, states)
			if processor, ok := state["ItemProcessor"].(map[string]any); ok {
				level(prefix+name+"/", processor["States"].(map[string]any))
			}
		}
	}
	level("", definition["States"].(map[string]any))
}

func at(t *testing.T, value any, path ...string) any {
	t.Helper()
	for _, key := range path {
		object, ok := value.(map[string]any)
		require.True(t, ok, "no %s in %v", key, value)
		value = object[key]
	}
	return value
}

func definitions(t *testing.T) map[string]map[string]any {
	return map[string]map[string]any{
		"sales hourly":    parsed(t, hourlyDefinition(salesValues())),
		"sales backfill":  parsed(t, backfillDefinition(salesValues())),
		"clicks hourly":   parsed(t, hourlyDefinition(clicksValues())),
		"clicks backfill": parsed(t, backfillDefinition(clicksValues())),
	}
}

// everyDefinition has those of other state machines, too.
func everyDefinition(t *testing.T) map[string]map[string]any {
	all := definitions(t)
	all["recommendations"] = parsed(t, recommendationsDefinition(shopValues()))
	return all
}

// successors are all states that a state can lead to.
func successors(state map[string]any) []string {
	var next []string
	add := func(value any) {
		if name, ok := value.(string); ok && name != "" {
			next = append(next, name)
		}
	}
	add(state["Next"])
	add(state["Default"])
	for _, list := range []any{state["Choices"], state["Catch"]} {
		entries, _ := list.([]any)
		for _, entry := range entries {
			add(entry.(map[string]any)["Next"])
		}
	}
	return next
}

func TestEveryTaskIsTriedAgainAndItsFailureIsCaught(t *testing.T) {
	for name, definition := range everyDefinition(t) {
		tasks := 0
		walk(definition, func(path string, state, _ map[string]any) {
			if state["Type"] != "Task" {
				return
			}
			tasks++
			assert.Positive(t, state["TimeoutSeconds"], "%s: %s", name, path)
			require.NotEmpty(t, state["Retry"], "%s: %s", name, path)
			for _, entry := range state["Retry"].([]any) {
				retry := entry.(map[string]any)
				assert.Equal(t, "FULL", retry["JitterStrategy"], "%s: %s", name, path)
				assert.Positive(t, retry["MaxDelaySeconds"], "%s: %s", name, path)
				assert.Greater(t, retry["BackoffRate"], 1.0, "%s: %s", name, path)
				for _, errorName := range retry["ErrorEquals"].([]any) {
					assert.NotContains(t, errorName, "States.", "%s: %s retries failures of the work itself", name,
						path)
				}
			}
			require.NotEmpty(t, state["Catch"], "%s: %s", name, path)
			assert.Equal(t, []any{"States.ALL"}, at(t, state["Catch"].([]any)[0], "ErrorEquals"), "%s: %s", name, path)
		})
		assert.GreaterOrEqual(t, tasks, 4, name)
	}
}

func TestEveryStateIsReachedAndLeadsSomewhere(t *testing.T) {
	for name, definition := range everyDefinition(t) {
		reached := map[string]bool{at(t, definition, "StartAt").(string): true}
		walk(definition, func(path string, state, siblings map[string]any) {
			prefix := path[:strings.LastIndex(path, "/")+1]
			if processor, ok := state["ItemProcessor"].(map[string]any); ok {
				reached[path+"/"+processor["StartAt"].(string)] = true
			}
			ends := state["End"] == true || slices.Contains([]any{"Succeed", "Fail"}, state["Type"])
			goesOn := state["Next"] != nil || state["Default"] != nil
			assert.NotEqual(t, ends, goesOn, "%s: %s either ends or goes on", name, path)
			for _, successor := range successors(state) {
				assert.Contains(t, siblings, successor, "%s: %s", name, path)
				reached[prefix+successor] = true
			}
		})
		walk(definition, func(path string, _, _ map[string]any) {
			assert.True(t, reached[path], "%s: %s is never reached", name, path)
		})
	}
}

// Amazon States Language: "State names must be unique within the scope of the whole state machine."
func TestStateNamesAreUniqueInAWholeMachine(t *testing.T) {
	for name, definition := range everyDefinition(t) {
		seen := map[string]string{}
		walk(definition, func(path string, _, _ map[string]any) {
			state := path[strings.LastIndex(path, "/")+1:]
			assert.NotContains(t, seen, state, "%s: %s and %s", name, path, seen[state])
			seen[state] = path
		})
	}
}

func TestHourlyRunsStagesInOrder(t *testing.T) {
	definition := parsed(t, hourlyDefinition(salesValues()))
	var order []string
	for state := definition["StartAt"].(string); state != ""; {
		order = append(order, state)
		body := at(t, definition, "States", state).(map[string]any)
		switch {
		case body["Type"] == "Choice" && state == "FoundNothing":
			state = body["Default"].(string)
		case body["Type"] == "Choice":
			state = at(t, body["Choices"].([]any)[0], "Next").(string)
		case body["End"] == true:
			state = ""
		default:
			state = body["Next"].(string)
		}
	}
	assert.Equal(t, []string{"Start", "Process", "GetProcessCounts", "ProcessGate", "Curate", "GetCurateCounts",
		"CurateGate", "NothingRefused", "FoundNothing", "PublishSuccess"}, order)
	assert.Equal(t, map[string]any{"hours.$": "$.hours", "execution.$": "$$.Execution.Name"},
		at(t, definition, "States", "Start", "Parameters"))

	process := at(t, definition, "States", "Process")
	assert.Equal(t, "arn:aws:states:::glue:startJobRun.sync", at(t, process, "Resource"))
	assert.Equal(t, "sales-process-1", at(t, process, "Parameters", "JobName"))
	assert.Equal(t, map[string]any{"--hours.$": "$.hours", "--execution.$": "$.execution"},
		at(t, process, "Parameters", "Arguments"))
	assert.Contains(t, process, "ResultPath")
	assert.Nil(t, at(t, process, "ResultPath"), "a run's description must not displace the input")
	counts := at(t, definition, "States", "GetProcessCounts")
	assert.Equal(t, "artifacts-1", at(t, counts, "Parameters", "Bucket"))
	assert.Equal(t, "States.Format('runs/sales/{}/process.json', $.execution)", at(t, counts, "Parameters", "Key.$"))
	assert.Equal(t, 2*(3600+3600)+600.0, definition["TimeoutSeconds"])
}

func TestGatesWantNothingLostAndNothingRefused(t *testing.T) {
	for name, first := range map[string]string{"sales hourly": "process", "clicks hourly": "curate"} {
		definition := definitions(t)[name]
		gate := at(t, definition, "States", startOf(first)+"Gate")
		assert.Equal(t, []any{"$." + first + ".run.lost", 0.0}, []any{at(t, gate.(map[string]any)["Choices"].([]any)[0],
			"Variable"), at(t, gate.(map[string]any)["Choices"].([]any)[0], "NumericEquals")})
		lost := at(t, definition, "States", at(t, gate, "Default").(string))
		assert.Equal(t, []any{"Notify", "$.failure"}, []any{at(t, lost, "Next"), at(t, lost, "ResultPath")})
		held := at(t, definition, "States", "NothingRefused").(map[string]any)
		assert.Equal(t, map[string]any{
			"Variable": "$." + first + ".run.refused", "NumericEquals": 0.0, "Next": "FoundNothing",
		}, held["Choices"].([]any)[0], name)
		refused := at(t, definition, "States", held["Default"].(string))
		assert.Equal(t, map[string]any{"Error": "QualityGate", "Cause.$": "$." + first + ".run.refusal"},
			at(t, refused, "Parameters"), "the job says what it refused and why")
		assert.Equal(t, []any{"Notify", "$.failure"}, []any{at(t, refused, "Next"), at(t, refused, "ResultPath")})
	}
}

// A range that holds nothing while files wait is no success that nobody need look at.
func TestARunThatFoundNothingReportsWhatWaits(t *testing.T) {
	for name, stage := range map[string]string{"sales hourly": "process", "clicks hourly": "curate"} {
		definition := definitions(t)[name]
		assert.Equal(t,
			map[string]any{
				"Variable": "$." + stage + ".run.waiting", "NumericGreaterThan": 0.0, "Next": "TellWhatWaits",
			},
			at(t, definition, "States", "FoundNothing", "Choices").([]any)[0], name)
		notifications := at(t, definition, "States", "TellWhatWaits")
		assert.Equal(t, "PublishSuccess", at(t, notifications, "Next"), name)
		assert.LessOrEqual(t, len(at(t, notifications, "Parameters", "Subject").(string)), 100,
			"SNS takes 100 characters")
		assert.Contains(t, at(t, notifications, "Parameters", "Message.$"),
			"dataplatform run --dataset "+name[:strings.Index(name, " ")], name)
	}
	assert.NotContains(t, at(t, definitions(t)["sales backfill"], "States", "Chunks", "ItemProcessor", "States"),
		"FoundNothing", "a chunk of a long range may be empty")
}

func TestFailureIsNotifiedAndFailsTheRun(t *testing.T) {
	for name, definition := range definitions(t) {
		notify := at(t, definition, "States", "Notify")
		assert.Equal(t, salesValues().TopicARN, at(t, notify, "Parameters", "TopicArn"), name)
		assert.LessOrEqual(t, len(at(t, notify, "Parameters", "Subject").(string)), 100, "SNS takes 100 characters")
		assert.Equal(t, "Failed", at(t, notify, "Next"), name)
		assert.Equal(t, "Failed", at(t, at(t, notify, "Catch").([]any)[0], "Next"),
			"%s: a failure nobody heard of is still one", name)
		assert.Equal(t, "Fail", at(t, definition, "States", "Failed", "Type"), name)
		walk(definition, func(path string, state, _ map[string]any) {
			if state["Type"] != "Task" || strings.HasSuffix(path, "/Notify") || path == "Notify" {
				return
			}
			want := "Notify"
			if strings.HasPrefix(path, "Chunks/") {
				want = "ChunkFailed"
			}
			catch := state["Catch"].([]any)[0]
			assert.Equal(t, want, at(t, catch, "Next"), "%s: %s", name, path)
			assert.Equal(t, "$.failure", at(t, catch, "ResultPath"), "%s: %s", name, path)
		})
	}
}

func TestBackfillRunsTheHourlyStatesOverChunks(t *testing.T) {
	hourly, backfill := parsed(t, hourlyDefinition(salesValues())), parsed(t, backfillDefinition(salesValues()))
	chunks := at(t, backfill, "States", "Chunks")
	assert.Equal(t, "$.chunks", at(t, chunks, "ItemsPath"))
	assert.Equal(t, 3.0, at(t, chunks, "MaxConcurrency"))
	assert.Equal(t, map[string]any{
		"hours.$": "$$.Map.Item.Value", "execution.$": "States.Format('{}-{}', $$.Execution.Name, $$.Map.Item.Index)",
	}, at(t, chunks, "ItemSelector"))
	assert.Nil(t, at(t, chunks, "ToleratedFailurePercentage"), "a partly failed backfill is a failed one")
	for _, shared := range []string{"Process", "GetProcessCounts", "ProcessGate", "Curate", "GetCurateCounts",
		"CurateGate"} {
		want, got := at(t, hourly, "States", shared).(map[string]any),
			at(t, chunks, "ItemProcessor", "States", shared).(map[string]any)
		delete(want, "Catch")
		delete(got, "Catch")
		assert.Equal(t, want, got, shared)
	}
}

// TestALongBackfillIsRefusedBeforeItsFirstChunk: somebody is notified, as nobody would be of a full history.
func TestALongBackfillIsRefusedBeforeItsFirstChunk(t *testing.T) {
	backfill := parsed(t, backfillDefinition(salesValues()))
	assert.Equal(t, "Bound", at(t, backfill, "StartAt"))
	assert.Equal(t, []any{map[string]any{"Variable": "$.chunks[40]", "IsPresent": true, "Next": "TooMany"}},
		at(t, backfill, "States", "Bound", "Choices"))
	assert.Equal(t, "Chunks", at(t, backfill, "States", "Bound", "Default"))
	assert.Equal(t, "$.failure", at(t, backfill, "States", "TooMany", "ResultPath"))
	assert.Equal(t, "Notify", at(t, backfill, "States", "TooMany", "Next"))
}

func TestStreamingPipelineHasNoProcessStage(t *testing.T) {
	states := at(t, parsed(t, hourlyDefinition(clicksValues())), "States").(map[string]any)
	assert.NotContains(t, states, "Process")
	assert.Equal(t, "Curate", at(t, states, "Start", "Next"))
}

func TestRenderRefusesWhatAWSWould(t *testing.T) {
	m := hourlyDefinition(salesValues())
	for i := range 2000 {
		m.States[fmt.Sprintf("Padding%d", i)] = state{Type: "Pass", Comment: strings.Repeat("x", 1000), End: true}
	}
	_, err := m.render()
	assert.ErrorContains(t, err, "AWS allows 1048576")
}
