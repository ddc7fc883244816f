package components

import "dataplatform/policies"

// recommendationsValues are what the definition refers to, resolved.
type recommendationsValues struct {
	Partition, Region string
	Console           string // where the console shows an execution, before its ARN
	// FunctionARN decides and acts between the jobs.
	FunctionARN  string
	FeaturesJob  string
	RecommendJob string
	TopicARN     string
	// RoleARN, Image and Source are of SageMaker's jobs.
	RoleARN string
	Image   string
	Source  string
	// FeaturesBucket holds training files, models and batches, FeaturesKeyARN encrypts them.
	FeaturesBucket string
	FeaturesKeyARN string
	JobTimeout     int // seconds, of the Glue jobs
	TrainTimeout   int // seconds, of training and of batch each
	InstanceType   string
	VolumeGB       int
	Tags           []any // in SageMaker's form
}

// States of the state machine that others lead to.
const (
	rollBackState     = "RollBack"
	finishFailedState = "FinishFailed"
)

const (
	// pollSeconds is how often an endpoint that changes is looked at: minutes on AWS, seconds elsewhere.
	pollSeconds = 5
	// modelQueueSeconds is what SageMaker may take to find an instance.
	modelQueueSeconds = 3600
	// MaxLooks at one endpoint that changes take an hour at least, and three times as many fit into the 25,000 events
	// of an execution's history.
	MaxLooks = 3600 / pollSeconds
	// endpointSeconds bounds the two changes of endpoints and a way back, which take minutes.
	endpointSeconds = 3 * 3600
)

// limit is the longest that a run may take, in seconds.
func (v recommendationsValues) limit() int {
	return 2*(v.JobTimeout+runQueueSeconds) + 2*(v.TrainTimeout+modelQueueSeconds) + endpointSeconds
}

func (v recommendationsValues) integration(call string) string {
	return stateMachineValues{Partition: v.Partition}.integration(call)
}

// recommendationsDefinition is a run: `{}` learns from everything up to now, `{"asOf": "<instant>", "cut":
// "<instant>"}` up to asOf, evaluated by what happened from the cut on; with "trainingRun" the training files of that
// earlier run are used again.
//
// What is refused or fails on the way is reported, written down and leaves the endpoint as it was.
func recommendationsDefinition(v recommendationsValues) stateMachineDefinition {
	states := map[string]state{
		startState: v.step("begin", "$.run", "NewFeatures", failNow),
		"NewFeatures": {
			Type: "Choice", Default: "Train",
			Choices: []choice{{Variable: "$.run.computeFeatures", BooleanEquals: yes(), Next: "Features"}},
		},
		"Features": v.glue(v.FeaturesJob, map[string]any{
			"--as_of.$": "$.run.asOf", "--cut.$": "$.run.cut", "--run_id.$": "$.run.id",
		}, "Train"),
		"Train":          v.train("Judge"),
		"Judge":          v.step("judge", "$.gate", "Gate", fallBack),
		"Gate":           passed("$.gate.passed", "Batch", "Refused"),
		"Batch":          v.batch("Candidate"),
		"SmokeCandidate": v.target(v.step("smoke", discard, "Recommend", fallBack), "candidate"),
		"Recommend": v.glue(v.RecommendJob, map[string]any{
			"--run_id.$": "$.run.id", "--model_version.$": "$.run.id", "--training_run.$": "$.run.trainingRun",
		}, "BeforeSwitch"),
		// The step is called again and again, and is given what it did before.
		"BeforeSwitch": {Type: "Pass", Result: map[string]any{
			"started": false, "ready": false,
		}, ResultPath: into("$.switch"), Next: "Switch"},
		"SmokeLive":    v.target(v.step("smoke", discard, "FinishPassed", fallBack), "live"),
		"FinishPassed": v.outcome(v.step("finish", discard, doneState, failNow), "passed"),
		doneState:      {Type: "Succeed"},
		"Refused": {
			Type: "Pass", ResultPath: into(failurePath), Next: "FinishRefused",
			Parameters: map[string]any{"Error": "ModelRefused", "Cause.$": "States.JsonToString($.gate.reasons)"},
		},
		"FinishRefused": v.outcome(v.step("finish", discard, notifyState, unfinished), "refused"),
		"NotRestored": {
			Type: "Pass", ResultPath: into(failurePath), Next: finishFailedState,
			Parameters: map[string]any{
				"Error":   "EndpointNotRestored",
				"Cause.$": "States.Format('{}: {}; the run had failed with {}: {}', $.unrestored.Error, $.unrestored.Cause, $.failure.Error, $.failure.Cause)",
			},
		},
		finishFailedState: v.outcome(v.step("finish", discard, notifyState, unfinished), "failed"),
	}
	v.until(states, "Candidate", "candidate", "$.candidate", "SmokeCandidate", fallBack)
	v.until(states, "Switch", "switch", "$.switch", "SmokeLive", fallBack)
	v.until(states, rollBackState, "rollback", "$.restored", finishFailedState, []catcher{
		{ErrorEquals: []string{"States.ALL"}, ResultPath: "$.unrestored", Next: "NotRestored"},
	})
	addFailure(states,
		stateMachineValues{
			Pipeline: "recommendations", Partition: v.Partition, TopicARN: v.TopicARN, Console: v.Console,
		})
	return stateMachineDefinition{
		Comment: "One run of recommendations: learn, judge, try, switch", StartAt: startState, States: states,
		TimeoutSeconds: v.limit(),
	}
}

// Where a step that fails leads to.
var (
	failNow    = catchAll(notifyState)
	fallBack   = catchAll(rollBackState)
	unfinished = []catcher{{ErrorEquals: []string{"States.ALL"}, ResultPath: "$.unfinished", Next: notifyState}}
)

func yes() *bool { truth := true; return &truth }

// passed leads on where a variable is true.
func passed(variable, next, otherwise string) state {
	return state{
		Type: "Choice", Default: otherwise, Choices: []choice{{Variable: variable, BooleanEquals: yes(), Next: next}},
	}
}

// step calls the function with everything that is known.
func (v recommendationsValues) step(action string, result resultPath, next string, onFailure []catcher) state {
	return state{
		Type: "Task", Resource: v.FunctionARN, Next: next,
		Parameters: map[string]any{
			"action": action, "state.$": "$", "execution.$": "$$.Execution.Id", "started.$": "$$.Execution.StartTime",
		},
		ResultPath:     into(result),
		TimeoutSeconds: RecommendationsSeconds + callSeconds,
		Retry: retryOn(6, "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException",
			"Lambda.TooManyRequestsException"),
		Catch: onFailure,
	}
}

func (v recommendationsValues) target(s state, name string) state {
	s.Parameters["target"] = name
	return s
}

func (v recommendationsValues) outcome(s state, name string) state {
	s.Parameters["outcome"] = name
	return s
}

// until calls a step, again after a pause, until it says that it is ready.
func (v recommendationsValues) until(
	states map[string]state, name, action string, result resultPath, next string, onFailure []catcher,
) {
	check, wait := name+"Ready", name+"Wait"
	states[name] = v.step(action, result, check, onFailure)
	states[check] = passed(string(result)+".ready", next, wait)
	states[wait] = state{Type: "Wait", Seconds: pollSeconds, Next: name}
}

// glue runs a Glue job to its end.
func (v recommendationsValues) glue(job string, arguments map[string]any, next string) state {
	s := runJob(stateMachineValues{
		Partition: v.Partition, JobNames: map[string]string{"": job}, JobTimeout: v.JobTimeout,
	}, "", next, rollBackState)
	s.Parameters["Arguments"] = arguments
	return s
}

// Errors of SageMaker after which a job is asked for again: of the service, or because there is no instance free.
var modelRetry = append(
	retryOn(6, "SageMaker.AmazonSageMakerException", "SageMaker.SdkClientException"),
	retryOn(10, "SageMaker.ResourceLimitExceededException")...)

// trainingMetrics are printed by the script as `name=value;`.
var trainingMetrics = []string{
	"recall_at_20", "recall_lower", "recall_upper", "ndcg_at_20", "baseline_recall_at_20", "coverage",
	"cold_start_recall_at_20", "customers", "cold_start_customers", "products", "interactions",
}

func (v recommendationsValues) train(next string) state {
	var channels, metrics []any
	for _, channel := range []string{"train", "test", "full"} {
		channels = append(channels, map[string]any{
			"ChannelName": channel, "InputMode": "File",
			"DataSource": map[string]any{"S3DataSource": map[string]any{
				"S3DataType": "S3Prefix", "S3DataDistributionType": "FullyReplicated",
				"S3Uri.$": "States.Format('s3://" + v.FeaturesBucket + "/" + policies.TrainingPrefix + "{}/" + channel +
					"/', $.run.trainingRun)",
			}},
		})
	}
	for _, name := range trainingMetrics {
		metrics = append(metrics, map[string]any{"Name": name, "Regex": "^" + name + "=([0-9.]+);"})
	}
	return state{
		Type: "Task", Resource: v.integration("sagemaker:createTrainingJob.sync"), Next: next,
		Parameters: map[string]any{
			"TrainingJobName.$": "$.run.name", "RoleArn": v.RoleARN,
			"AlgorithmSpecification": map[string]any{
				"TrainingImage": v.Image, "TrainingInputMode": "File", "MetricDefinitions": metrics,
			},
			"HyperParameters": map[string]any{
				"sagemaker_program": "train.py", "sagemaker_submit_directory": v.Source, "sagemaker_region": v.Region,
				"cut.$": "$.run.cut", "as_of.$": "$.run.asOf", "model_version.$": "$.run.id",
			},
			"InputDataConfig": channels,
			"OutputDataConfig": map[string]any{
				"S3OutputPath": "s3://" + v.FeaturesBucket + "/" + policies.ModelsPrefix, "KmsKeyId": v.FeaturesKeyARN,
			},
			"ResourceConfig": map[string]any{
				"InstanceType": v.InstanceType, "InstanceCount": 1, "VolumeSizeInGB": v.VolumeGB,
			},
			"StoppingCondition": map[string]any{"MaxRuntimeInSeconds": v.TrainTimeout},
			"Tags":              v.Tags,
		},
		ResultSelector: map[string]any{
			"model.$": "$.ModelArtifacts.S3ModelArtifacts", "metrics.$": "$.FinalMetricDataList",
		},
		ResultPath:     into("$.training"),
		TimeoutSeconds: v.TrainTimeout + modelQueueSeconds,
		Retry:          modelRetry,
		Catch:          fallBack,
	}
}

// batchCommand is what the container does for a processing job, for which nothing installs or unpacks: the archives
// come in as they are. An entry point's words have 256 characters and one line at most (SageMaker AppSpecification).
const batchCommand = `cd /opt/ml/processing/input; for a in code model; do mkdir ../$a; tar xzf $a/*.gz -C ../$a; done; cd ../code; ` +
	`python -m pip install -qr requirements.txt; exec python batch.py --model ../model --output ../output "$@"`

func (v recommendationsValues) batch(next string) state {
	input := func(name, key string, uri any) map[string]any {
		return map[string]any{"InputName": name, "S3Input": map[string]any{
			key: uri, "LocalPath": "/opt/ml/processing/input/" + name, "S3DataType": "S3Prefix", "S3InputMode": "File",
		}}
	}
	return state{
		Type: "Task", Resource: v.integration("sagemaker:createProcessingJob.sync"), Next: next,
		Parameters: map[string]any{
			"ProcessingJobName.$": "$.run.name", "RoleArn": v.RoleARN,
			"AppSpecification": map[string]any{
				"ImageUri": v.Image, "ContainerEntrypoint": []string{"bash", "-ec", batchCommand, "batch"},
				"ContainerArguments.$": "States.Array('--generated-at', $.run.startedAt)",
			},
			"ProcessingInputs": []any{input("model", "S3Uri.$", "$.training.model"), input("code", "S3Uri", v.Source)},
			"ProcessingOutputConfig": map[string]any{
				"KmsKeyId": v.FeaturesKeyARN,
				"Outputs": []any{map[string]any{"OutputName": "recommendations", "S3Output": map[string]any{
					"LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob",
					"S3Uri.$": "States.Format('s3://" + v.FeaturesBucket + "/" + policies.BatchPrefix +
						"{}', $.run.id)",
				}}},
			},
			"ProcessingResources": map[string]any{"ClusterConfig": map[string]any{
				"InstanceType": v.InstanceType, "InstanceCount": 1, "VolumeSizeInGB": v.VolumeGB,
			}},
			"StoppingCondition": map[string]any{"MaxRuntimeInSeconds": v.TrainTimeout},
			"Tags":              v.Tags,
		},
		ResultPath:     into(discard),
		TimeoutSeconds: v.TrainTimeout + modelQueueSeconds,
		Retry:          modelRetry,
		Catch:          fallBack,
	}
}
