package policies

import "slices"

// PipelineRefs are what a pipeline's state machines work with.
type PipelineRefs struct {
	JobARNs            []string
	ArtifactsBucketARN string
	ArtifactsKeyARN    string
	RunsPrefix         string // where the jobs leave their counts; see RunsPrefix
	TopicARN           string
	TopicKeyARN        string
	EventBusARN        string
}

// Pipeline are the grants of a pipeline's state machines: they run their own jobs, read the counts, announce and
// notify. They touch no data.
func Pipeline(r PipelineRefs) Document {
	return Identity(slices.Concat([]Statement{
		runJobs(r.JobARNs...),
		AllowActions("ReadCounts", under(r.ArtifactsBucketARN, []string{r.RunsPrefix}), "s3:GetObject"),
		AllowActions("NotifyFailure", []string{r.TopicARN}, "sns:Publish"),
		AllowActions("AnnounceSuccess", []string{r.EventBusARN}, "events:PutEvents"),
		DecryptWith("DecryptCounts", r.ArtifactsKeyARN),
		EncryptWith("EncryptNotices", r.TopicKeyARN),
	}, stateMachineReports())...)
}

// JobStateMachine are the grants of a state machine that runs one job for people, and has nothing else to do.
func JobStateMachine(jobARN string) Document {
	return Identity(append([]Statement{runJobs(jobARN)}, stateMachineReports()...)...)
}

func runJobs(arns ...string) Statement {
	return AllowActions("RunJobs", arns, "glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns",
		"glue:BatchStopJobRun")
}

// stateMachineReports are a state machine's log and its traces.
func stateMachineReports() []Statement {
	return []Statement{
		AllowActions("DeliverLogs", []string{"*"}, "logs:CreateLogDelivery", "logs:GetLogDelivery",
			"logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy",
			"logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
		AllowActions("Trace", []string{"*"}, "xray:PutTraceSegments", "xray:PutTelemetryRecords",
			"xray:GetSamplingRules", "xray:GetSamplingTargets"),
	}
}
