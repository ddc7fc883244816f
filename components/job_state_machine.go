package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sfn"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const jobStateMachineType = "dataplatform:batch:JobStateMachine"

// JobStateMachineArgs configures a JobStateMachine.
type JobStateMachineArgs struct {
	// Partition of AWS, and the account whose state machines may assume the role. Required.
	Partition, AccountID string
	// JobName and JobARN are the job's. Required.
	JobName, JobARN pulumi.StringInput
	// Input is the one thing that a start says, as a key of its input and as the run's argument of that name. Required.
	Input string
	// TimeoutMinutes bounds a run. Required.
	TimeoutMinutes int
	// Started says what has begun, Page is its runbook's. Required.
	Started, Page string
	// TopicARN is notified of starts, UndeliveredARN is the queue for what it did not take. Required.
	TopicARN, UndeliveredARN pulumi.StringInput
	// LogRetentionDays is how long the log is kept, LogKeyARN encrypts it. Required.
	LogRetentionDays int
	LogKeyARN        pulumi.StringInput
}

func (args *JobStateMachineArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.text("Partition", args.Partition)
	c.text("AccountID", args.AccountID)
	c.input("JobName", args.JobName)
	c.input("JobARN", args.JobARN)
	c.text("Input", args.Input)
	c.within("TimeoutMinutes", args.TimeoutMinutes, 1, 10080)
	c.text("Started", args.Started)
	c.text("Page", args.Page)
	c.input("TopicARN", args.TopicARN)
	c.input("UndeliveredARN", args.UndeliveredARN)
	c.within("LogRetentionDays", args.LogRetentionDays, 1, 3653)
	c.input("LogKeyARN", args.LogKeyARN)
	return c.err()
}

// JobStateMachine is the door to a job that people start: whoever may start the job itself chooses what its role runs
// (Job says how), whoever may start the state machine one run of it, of which everybody is notified.
type JobStateMachine struct {
	pulumi.ResourceState
	ARN pulumi.StringOutput `pulumi:"arn"`
	// Widgets are the state machine's part of the dashboard.
	Widgets []WidgetRow
}

// NewJobStateMachine registers a JobStateMachine named name.
func NewJobStateMachine(
	ctx *pulumi.Context, name string, args *JobStateMachineArgs, opts ...pulumi.ResourceOption,
) (*JobStateMachine, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("state machine of a job %q: %w", name, err)
	}
	j := &JobStateMachine{}
	if err := ctx.RegisterComponentResourceV2(jobStateMachineType, name,
		pulumi.Map{"input": pulumi.String(args.Input)}, j, opts...); err != nil {
		return nil, fmt.Errorf("state machine of a job %q: %w", name, err)
	}
	parent := pulumi.Parent(j)
	fail := func(err error) (*JobStateMachine, error) {
		return nil, fmt.Errorf("state machine of a job %q: %w", name, err)
	}
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description:      pulumi.String("State machine " + name),
		AssumeRolePolicy: pulumi.String(policies.TrustService(policies.States, args.AccountID).JSON()),
	}, parent)
	if err != nil {
		return fail(err)
	}
	var jobARN, jobName string
	grants, err := iam.NewRolePolicy(ctx, name+"-grants", &iam.RolePolicyArgs{
		Role: role.Name, Policy: rendering.Policy(rendering.Refs{&jobARN: args.JobARN},
			func() policies.Document { return policies.JobStateMachine(jobARN) }),
	}, parent)
	if err != nil {
		return fail(err)
	}
	group, err := newStateMachineLog(ctx, name, args.LogRetentionDays, args.LogKeyARN, parent)
	if err != nil {
		return fail(err)
	}
	if err := newLogQuery(ctx, name, group.Name, stateMachineErrors, []pulumi.StringInput{group.Name},
		parent); err != nil {
		return fail(err)
	}
	stateMachine, err := sfn.NewStateMachine(ctx, name, &sfn.StateMachineArgs{
		Type: pulumi.String("STANDARD"), RoleArn: role.Arn,
		Definition: rendering.Text(rendering.Refs{&jobName: args.JobName}, func() (string, error) {
			return args.definition(jobName).render()
		}),
		LoggingConfiguration: &sfn.StateMachineLoggingConfigurationArgs{
			Level: pulumi.String("ERROR"), IncludeExecutionData: pulumi.Bool(false),
			LogDestination: pulumi.Sprintf("%s:*", group.Arn),
		},
		TracingConfiguration: &sfn.StateMachineTracingConfigurationArgs{Enabled: pulumi.Bool(true)},
	}, parent, pulumi.DependsOn([]pulumi.Resource{grants}))
	if err != nil {
		return fail(err)
	}
	if _, err := newEventRule(ctx, name+"-starts", args.TopicARN, eventRule{
		Description: "Starts of the state machine " + name, UndeliveredARN: args.UndeliveredARN,
		Runbook: args.Started, Page: args.Page, Reported: ofExecutions,
		Pattern: pulumi.Map{
			"source":      pulumi.ToStringArray([]string{"aws.states"}),
			"detail-type": pulumi.ToStringArray([]string{"Step Functions Execution Status Change"}),
			"detail": pulumi.Map{
				"stateMachineArn": pulumi.StringArray{stateMachine.Arn},
				"status":          pulumi.ToStringArray([]string{"RUNNING"}),
			},
		},
	}, parent); err != nil {
		return fail(err)
	}
	failures := stateMachineFailures(stateMachine.Arn)
	if _, err := newAlarm(ctx, name+"-failures", args.TopicARN, alarm{
		Runbook: "An execution of " + name +
			" failed, was stopped, timed out or was throttled. The run of its job says why; " +
			"when the cause is gone, start it again with the same input.",
		Page: "run-failed", Metrics: failures, Period: 300, Periods: 1,
	}, parent); err != nil {
		return fail(err)
	}
	j.ARN = stateMachine.Arn
	j.Widgets = []WidgetRow{{Title: "State machine " + name, Graphs: []Graph{{
		"runs", append([]metric{stateMachineMetric("ExecutionsSucceeded", "Sum", stateMachine.Arn)}, failures...),
	}}}}
	return j, ctx.RegisterResourceOutputs(j, pulumi.Map{"arn": j.ARN})
}

// definition is the one run. What the job says of its failure stays with the job: it may quote data.
func (args *JobStateMachineArgs) definition(jobName string) stateMachineDefinition {
	const runState = "Run"
	v := stateMachineValues{Partition: args.Partition}
	return stateMachineDefinition{
		Comment: "One run of a job", StartAt: runState, TimeoutSeconds: args.TimeoutMinutes*60 + runQueueSeconds,
		States: map[string]state{
			runState: {
				Type: "Task", Resource: v.integration("glue:startJobRun.sync"), End: true,
				Parameters: map[string]any{
					"JobName": jobName, "Arguments": map[string]any{"--" + args.Input + ".$": "$." + args.Input},
				},
				ResultPath: into(discard), Catch: catchAll(failedState),
				Retry: retryOn(6, "Glue.ThrottlingException", "Glue.InternalServiceException",
					"Glue.OperationTimeoutException"),
			},
			failedState: {Type: "Fail", Error: "RunFailed", CausePath: string(failurePath) + ".Error"},
		},
	}
}
