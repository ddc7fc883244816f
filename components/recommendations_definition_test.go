package components

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func shopValues() recommendationsValues {
	return recommendationsValues{
		Partition: "aws", Region: "eu-west-1", FunctionARN: "arn:aws:lambda:eu-west-1:123456789012:function:decide",
		FeaturesJob: "features-1", RecommendJob: "recommend-1", TopicARN: salesValues().TopicARN,
		RoleARN: "arn:aws:iam::123456789012:role/execution", Image: "image",
		Source: "s3://artifacts/sagemaker/1/source.tar.gz", FeaturesBucket: "features", FeaturesKeyARN: "key",
		JobTimeout: 600, TrainTimeout: 1200, InstanceType: "ml.m5.large", VolumeGB: 1, Tags: []any{},
	}
}

// way follows a state machine from a state: a choice takes the branch that holds, or where it is named the other one.
func way(t *testing.T, definition map[string]any, from string, otherwise ...string) []string {
	t.Helper()
	var states []string
	for state := from; state != ""; {
		require.Less(t, len(states), 50, "it goes round: %v", states)
		states = append(states, state)
		body := at(t, definition, "States", state).(map[string]any)
		switch {
		case body["Type"] == "Choice" && len(otherwise) > 0 && otherwise[0] == state:
			state, otherwise = body["Default"].(string), otherwise[1:]
		case body["Type"] == "Choice":
			state = at(t, body["Choices"].([]any)[0], "Next").(string)
		case body["Next"] != nil:
			state = body["Next"].(string)
		default:
			state = ""
		}
	}
	return states
}

func TestAModelIsTriedBeforeItIsPublishedAndLive(t *testing.T) {
	definition := parsed(t, recommendationsDefinition(shopValues()))
	assert.Equal(t, []string{
		"Start", "NewFeatures", "Features", "Train", "Judge", "Gate", "Batch", "Candidate", "CandidateReady",
		"SmokeCandidate", "Recommend", "BeforeSwitch", "Switch", "SwitchReady", "SmokeLive", "FinishPassed", "Done",
	}, way(t, definition, "Start"))
	assert.Equal(t, []string{"Start", "NewFeatures", "Train"}, way(t, definition, "Start", "NewFeatures")[:3],
		"files of an earlier run are used again")
	assert.Equal(t, []string{"Gate", "Refused", "FinishRefused", "Notify", "Failed"},
		way(t, definition, "Gate", "Gate"))
	for _, waiting := range []string{"Candidate", "Switch", "RollBack"} {
		assert.Equal(t, []string{waiting + "Ready", waiting + "Wait", waiting},
			way(t, definition, waiting+"Ready", waiting+"Ready")[:3])
	}
	assert.Equal(t, []string{"RollBack", "RollBackReady", "FinishFailed", "Notify", "Failed"},
		way(t, definition, "RollBack"))
}

func TestWhatFailsIsTakenBackAndReported(t *testing.T) {
	definition := parsed(t, recommendationsDefinition(shopValues()))
	want := map[string]string{
		"Start": "Notify", "FinishPassed": "Notify", "FinishRefused": "Notify", "FinishFailed": "Notify",
		"Notify": "Failed", "RollBack": "NotRestored",
	}
	walk(definition, func(path string, state, _ map[string]any) {
		if state["Type"] != "Task" {
			return
		}
		next, ok := want[path]
		if !ok {
			next = "RollBack"
		}
		assert.Equal(t, next, at(t, state["Catch"].([]any)[0], "Next"), path)
	})
	assert.Equal(t, "$.failure", at(t, at(t, definition, "States", "Train", "Catch").([]any)[0], "ResultPath"))
	assert.Equal(t, "$.unrestored", at(t, at(t, definition, "States", "RollBack", "Catch").([]any)[0], "ResultPath"),
		"why the run failed is kept")
	limit := shopValues().limit()
	assert.Equal(t, float64(limit), definition["TimeoutSeconds"])
	assert.Greater(t, limit, 2*600+2*1200+2*runQueueSeconds+2*modelQueueSeconds)
}

func TestTrainingReadsTheRunsFiles(t *testing.T) {
	states := at(t, parsed(t, recommendationsDefinition(shopValues())), "States")
	train := at(t, states, "Train", "Parameters").(map[string]any)
	for i, channel := range []string{"train", "test", "full"} {
		source := at(t, train["InputDataConfig"].([]any)[i], "DataSource", "S3DataSource")
		assert.Equal(t, "States.Format('s3://features/training/{}/"+channel+"/', $.run.trainingRun)",
			at(t, source, "S3Uri.$"))
	}
	assert.Equal(t, "s3://features/models/", at(t, train, "OutputDataConfig", "S3OutputPath"))
	assert.Equal(t, map[string]any{
		"sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://artifacts/sagemaker/1/source.tar.gz",
		"sagemaker_region": "eu-west-1", "cut.$": "$.run.cut", "as_of.$": "$.run.asOf", "model_version.$": "$.run.id",
	}, train["HyperParameters"])
	metrics := at(t, train, "AlgorithmSpecification", "MetricDefinitions").([]any)
	assert.Contains(t, metrics, map[string]any{"Name": "recall_lower", "Regex": "^recall_lower=([0-9.]+);"})
	assert.LessOrEqual(t, len(metrics), 40, "SageMaker CreateTrainingJob")
	assert.Equal(t, map[string]any{"--as_of.$": "$.run.asOf", "--cut.$": "$.run.cut", "--run_id.$": "$.run.id"},
		at(t, states, "Features", "Parameters", "Arguments"))
	assert.Equal(t, map[string]any{
		"--run_id.$": "$.run.id", "--model_version.$": "$.run.id", "--training_run.$": "$.run.trainingRun",
	}, at(t, states, "Recommend", "Parameters", "Arguments"))

	batch := at(t, states, "Batch", "Parameters")
	assert.Equal(t, "States.Format('s3://features/batch/{}', $.run.id)",
		at(t, at(t, batch, "ProcessingOutputConfig", "Outputs").([]any)[0], "S3Output", "S3Uri.$"))
	assert.Equal(t, "$.training.model", at(t, at(t, batch, "ProcessingInputs").([]any)[0], "S3Input", "S3Uri.$"))
	for _, word := range at(t, batch, "AppSpecification", "ContainerEntrypoint").([]any) {
		assert.Regexp(t, `^.{1,256}$`, word, "SageMaker AppSpecification")
	}
}
