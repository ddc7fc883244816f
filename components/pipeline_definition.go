package components

import (
	"fmt"
	"strings"

	"dataplatform/components/limits"
	"dataplatform/policies"
)

// stateMachineValues are what a definition refers to, resolved.
type stateMachineValues struct {
	Pipeline        string
	Partition       string            // of AWS
	Console         string            // where the console shows an execution, before its ARN
	Stages          []string          // in order
	JobNames        map[string]string // by stage
	ArtifactsBucket string
	TopicARN        string
	JobTimeout      int // seconds
	Concurrency     int // chunks of a backfill at a time
}

// integration is the resource of a Task that calls a service.
func (v stateMachineValues) integration(call string) string {
	return "arn:" + v.Partition + ":states:::" + call
}

const (
	// runQueueSeconds is how long a run may wait for a free run of the job.
	runQueueSeconds = 3600
	callSeconds     = 60

	startState   = "Start"
	heldState    = "NothingRefused"
	foundState   = "FoundNothing"
	waitsState   = "TellWhatWaits"
	publishState = "PublishSuccess"
	notifyState  = "Notify"
	failedState  = "Failed"
	chunksState  = "Chunks"
	doneState    = "Done"
)

// failurePath is where a failure waits until it has been reported.
const failurePath resultPath = "$.failure"

// hourlyDefinition runs the stages once: `{"hours": "<instant>"}` means the hour before it and all that waits from
// before, `{"hours": "<start>/<end>"}` exactly that range of arrivals. A run that found nothing while something waits
// succeeds, and reports it.
func hourlyDefinition(v stateMachineValues) stateMachineDefinition {
	states := stageStates(v, foundState, notifyState)
	none, first := 0.0, v.Stages[0]
	states[foundState] = state{
		Type: "Choice", Default: publishState,
		Choices: []choice{{Variable: "$." + first + ".run.waiting", NumericGreaterThan: &none, Next: waitsState}},
	}
	states[waitsState] = publishNotification(v, publishState, notifyState, failurePath,
		"Pipeline "+v.Pipeline+" found nothing while data waits",
		"States.Format('{} found nothing in {}, while {} of "+v.Pipeline+" wait: dataplatform run --dataset "+
			v.Pipeline+" takes all of it', "+
			"$$.Execution.Id, $.hours, $."+first+".run.waiting)")
	states[startState] = state{
		Type: "Pass", Next: startOf(v.Stages[0]),
		Parameters: map[string]any{"hours.$": "$.hours", "execution.$": "$$.Execution.Name"},
	}
	states[publishState] = publishSuccess(v, notifyState, "")
	addFailure(states, v)
	return stateMachineDefinition{
		Comment: "One run of " + v.Pipeline, StartAt: startState, States: states,
		TimeoutSeconds: len(v.Stages)*(v.JobTimeout+runQueueSeconds) + 10*callSeconds,
	}
}

// backfillDefinition runs the same states once a chunk: `{"chunks": ["<start>/<end>", …]}`. The first chunk that fails
// stops the rest; as every chunk is safe to repeat, so is the whole. More than limits.MaxChunks are refused before any:
// an execution whose history is full ends with States.Runtime, which no Catch sees and nobody is notified of.
func backfillDefinition(v stateMachineValues) stateMachineDefinition {
	// Names are unique in a whole state machine, inside and outside a Map.
	const chunkDone, chunkFailed, boundState, tooManyState = "ChunkDone", "ChunkFailed", "Bound", "TooMany"
	chunk := stageStates(v, publishState, chunkFailed)
	chunk[publishState] = publishSuccess(v, chunkFailed, chunkDone)
	// What a chunk returns is kept small: the results of all of them together may not exceed 256 KiB.
	chunk[chunkDone] = state{Type: "Pass", Parameters: map[string]any{"hours.$": "$.hours"}, End: true}
	chunk[chunkFailed] = failState()
	yes := true
	states := map[string]state{
		boundState: {
			Type: "Choice", Default: chunksState, Choices: []choice{{
				Variable: fmt.Sprintf("$.chunks[%d]", limits.MaxChunks), IsPresent: &yes, Next: tooManyState,
			}},
		},
		tooManyState: {
			Type: "Pass", ResultPath: into(failurePath), Next: notifyState, Parameters: map[string]any{
				"Error": "TooManyChunks",
				"Cause": fmt.Sprintf("one execution takes at most %d chunks: start more, as dataplatform backfill does",
					limits.MaxChunks),
			},
		},
		chunksState: {
			Type: "Map", ItemsPath: "$.chunks", MaxConcurrency: v.Concurrency,
			ItemSelector: map[string]any{
				"hours.$":     "$$.Map.Item.Value",
				"execution.$": "States.Format('{}-{}', $$.Execution.Name, $$.Map.Item.Index)",
			},
			ItemProcessor: &itemProcessor{
				ProcessorConfig: map[string]string{"Mode": "INLINE"}, StartAt: startOf(v.Stages[0]), States: chunk,
			},
			ResultPath: into(discard),
			Catch:      catchAll(notifyState),
			Next:       doneState,
		},
		doneState: {Type: "Succeed"},
	}
	addFailure(states, v)
	return stateMachineDefinition{
		Comment: "A longer range of " + v.Pipeline + ", in chunks", StartAt: boundState, States: states,
	}
}

// stageStates are, for every stage, the job, its counts and the gate, and at the end the gate for what the first stage
// refused, which leads to done: what was not refused is published by then.
func stageStates(v stateMachineValues, done, onFailure string) map[string]state {
	const refusedState = "Refused"
	first, none := v.Stages[0], 0.0
	states := map[string]state{
		heldState: {
			Type: "Choice", Default: refusedState,
			Choices: []choice{{Variable: "$." + first + ".run.refused", NumericEquals: &none, Next: done}},
		},
		refusedState: {
			Type: "Pass", ResultPath: into(failurePath), Next: onFailure,
			Parameters: map[string]any{"Error": "QualityGate", "Cause.$": "$." + first + ".run.refusal"},
		},
	}
	for i, stage := range v.Stages {
		next := heldState
		if i+1 < len(v.Stages) {
			next = startOf(v.Stages[i+1])
		}
		noun := startOf(stage)
		counts, gate, lost := "Get"+noun+"Counts", noun+"Gate", noun+"Lost"
		states[noun] = runJob(v, stage, counts, onFailure)
		states[counts] = getCounts(v, stage, gate, onFailure)
		states[gate] = passGate(stage, next, lost)
		states[lost] = state{
			Type: "Pass", ResultPath: into(failurePath), Next: onFailure,
			Parameters: map[string]any{
				"Error":   "QualityGate",
				"Cause.$": "States.Format('" + v.Pipeline + " " + stage + ": {} rows lost', $." + stage + ".run.lost)",
			},
		}
	}
	return states
}

// startOf is the state that starts a stage: process becomes Process.
func startOf(stage string) string { return strings.ToUpper(stage[:1]) + stage[1:] }

func runJob(v stateMachineValues, stage, next, onFailure string) state {
	return state{
		Type: "Task", Resource: v.integration("glue:startJobRun.sync"), Next: next,
		Parameters: map[string]any{
			"JobName":   v.JobNames[stage],
			"Arguments": map[string]any{"--hours.$": "$.hours", "--execution.$": "$.execution"},
		},
		ResultPath:     into(discard),
		TimeoutSeconds: v.JobTimeout + runQueueSeconds,
		Retry: append(
			retryOn(40, "Glue.ConcurrentRunsExceededException", "Glue.ResourceNumberLimitExceededException"),
			retryOn(6, "Glue.ThrottlingException", "Glue.InternalServiceException",
				"Glue.OperationTimeoutException")...),
		Catch: catchAll(onFailure),
	}
}

func getCounts(v stateMachineValues, stage, next, onFailure string) state {
	return state{
		Type: "Task", Resource: v.integration("aws-sdk:s3:getObject"), Next: next,
		Parameters: map[string]any{
			"Bucket": v.ArtifactsBucket,
			"Key.$":  "States.Format('" + policies.RunsPrefix(v.Pipeline) + "{}/" + stage + ".json', $.execution)",
		},
		ResultSelector: map[string]any{"run.$": "States.StringToJson($.Body)"},
		ResultPath:     into(resultPath("$." + stage)),
		TimeoutSeconds: callSeconds,
		Retry:          retryOn(6, "S3.S3Exception", "S3.SdkClientException"),
		Catch:          catchAll(onFailure),
	}
}

// passGate lets a stage through only when its counts add up.
func passGate(stage, next, lost string) state {
	none := 0.0
	return state{
		Type: "Choice", Default: lost,
		Choices: []choice{{Variable: "$." + stage + ".run.lost", NumericEquals: &none, Next: next}},
	}
}

func publishSuccess(v stateMachineValues, onFailure, next string) state {
	detail := map[string]any{"pipeline": v.Pipeline, "hours.$": "$.hours", "execution.$": "$.execution"}
	for _, stage := range v.Stages {
		detail[stage+".$"] = "$." + stage + ".run"
	}
	return state{
		Type: "Task", Resource: v.integration("events:putEvents"), Next: next, End: next == "",
		Parameters: map[string]any{"Entries": []any{map[string]any{
			"Source": "dataplatform", "DetailType": "Pipeline run succeeded", "Detail": detail,
		}}},
		ResultPath:     into(discard),
		TimeoutSeconds: callSeconds,
		Retry: retryOn(6, "EventBridge.InternalException", "EventBridge.FailedEntry",
			"EventBridge.SdkClientException"),
		Catch: catchAll(onFailure),
	}
}

// addFailure ends a state machine that failed: notify, then fail. When notifying fails, the alarm on the failed
// execution still does.
func addFailure(states map[string]state, v stateMachineValues) {
	states[notifyState] = publishNotification(v, failedState, failedState, "$.unheard",
		"Pipeline "+v.Pipeline+" failed",
		// Its cause may quote data, and this leaves by e-mail.
		"States.Format('{} failed: {}. "+v.Console+"{}', $$.Execution.Id, $.failure.Error, $$.Execution.Id)")
	states[failedState] = failState()
}

// publishNotification notifies the topic; message is an intrinsic function, unheard where an error of notifying goes.
func publishNotification(
	v stateMachineValues, next, onFailure string, unheard resultPath, subject, message string,
) state {
	return state{
		Type: "Task", Resource: v.integration("sns:publish"), Next: next,
		Parameters:     map[string]any{"TopicArn": v.TopicARN, "Subject": subject, "Message.$": message},
		ResultPath:     into(discard),
		TimeoutSeconds: callSeconds,
		Retry:          retryOn(6, "SNS.InternalErrorException", "SNS.ThrottledException", "SNS.SdkClientException"),
		Catch:          []catcher{{ErrorEquals: []string{"States.ALL"}, ResultPath: unheard, Next: onFailure}},
	}
}

// failState ends an execution. One custom error name is used, because names that begin with "States." are reserved.
func failState() state {
	return state{
		Type: "Fail", Error: "RunFailed",
		CausePath: "States.Format('{}: {}', " + string(failurePath) + ".Error, " + string(failurePath) + ".Cause)",
	}
}

func catchAll(next string) []catcher {
	return []catcher{{ErrorEquals: []string{"States.ALL"}, ResultPath: failurePath, Next: next}}
}
