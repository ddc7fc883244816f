package policies

import (
	"slices"
	"strings"
)

// VerifyRefs are what `dataplatform verify` works with.
type VerifyRefs struct {
	StreamARN  string
	MappingARN string
	// FunctionARN is the clicks function's.
	FunctionARN string
	// RoleARNs are the sources' roles, and those of people, which it asks as.
	RoleARNs      []string
	FilesTableARN string
	// StateMachineARN runs the hours of the canary file, ErasureARN erases.
	StateMachineARN, ErasureARN string
	// StateMachinesARN, SchedulesARN and AlarmsARN are all of the stack, each by a pattern: a name for each dataset
	// would fill the policy.
	StateMachinesARN, SchedulesARN, AlarmsARN string
	// Canary begins the name of each object that it puts.
	Canary                                                                                    string
	DiscardedBucketARN, ArtifactsBucketARN, ProcessedBucketARN, LogsBucketARN, AuditBucketARN string
	// KeyARNs encrypt the stream, the table and the buckets that it puts into.
	KeyARNs []string
}

// Verify are the rights of who proves a deployment, beside those of an engineer, who queries, and of an administrator
// of the lake, who sees everybody's grants. It reads no data and deletes none: what it sent, the sources' roles and the
// erasure take away. It puts only what is called like a canary.
func Verify(r VerifyRefs) Document {
	executions := func(stateMachines ...string) []string {
		arns := make([]string, 0, len(stateMachines))
		for _, one := range stateMachines {
			arns = append(arns, strings.Replace(one, ":stateMachine:", ":execution:", 1)+":*")
		}
		return arns
	}
	_, mapping, _ := strings.Cut(r.MappingARN, ":event-source-mapping:")
	canaries := []string{r.DiscardedBucketARN + "/" + FailurePrefix + mapping + "/*/" + r.Canary + "*"}
	run := []string{r.StateMachineARN, r.ErasureARN}
	return Managed(
		AllowActions("SendClicks", []string{r.StreamARN}, "kinesis:PutRecord"),
		AllowActions("ActAsSourcesAndPeople", slices.Clone(r.RoleARNs), "sts:AssumeRole"),
		AllowActions("LookUpLandedFiles", []string{r.FilesTableARN}, "dynamodb:GetItem"),
		AllowActions("RunHourAndErasure", run, "states:StartExecution"),
		AllowActions("WatchRuns", executions(run...), "states:DescribeExecution", "states:GetExecutionHistory"),
		AllowActions("SeeWhatRuns", []string{r.StateMachinesARN}, "states:ListExecutions",
			"states:DescribeStateMachine"),
		AllowActions("PutCanariesAside", canaries, "s3:PutObject", "s3:GetObject", "s3:GetObjectTagging",
			"s3:PutObjectTagging"),
		AllowActions("ReplayCanaries", []string{r.FunctionARN}, "lambda:InvokeFunction"),
		AllowActions("LookAtMapping", []string{r.MappingARN}, "lambda:GetEventSourceMapping"),
		AllowActions("AskForErasure", under(r.ArtifactsBucketARN, []string{ErasureRequestsPrefix}), "s3:PutObject"),
		AllowActions("ReadErasuresAccount", under(r.ArtifactsBucketARN, []string{ErasureAuditPrefix}), "s3:GetObject"),
		ListPrefixes("ListThumbnails", r.ProcessedBucketARN, "thumbnails/"),
		ListPrefixes("ListAccessLogs", r.LogsBucketARN, "landing/", "raw/"),
		ListPrefixes("ListTrail", r.AuditBucketARN, "AWSLogs/"),
		AllowActions("ListAlarms", []string{"*"}, "cloudwatch:DescribeAlarms"),
		AllowActions("SetOffAlarm", []string{r.AlarmsARN}, "cloudwatch:SetAlarmState",
			"cloudwatch:DescribeAlarmHistory"),
		AllowActions("LookAtSchedules", []string{r.SchedulesARN}, "scheduler:GetSchedule"),
		AllowActions("ReadGrants", []string{"*"}, "lakeformation:ListPermissions", "lakeformation:ListDataCellsFilter",
			"lakeformation:GetResourceLFTags"),
		EncryptWith("UseKeysOfThese", r.KeyARNs...),
	)
}
