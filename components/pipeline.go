package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sfn"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const pipelineType = "dataplatform:orchestration:Pipeline"

// PipelineArgs configures a Pipeline.
type PipelineArgs struct {
	// Dataset is the pipeline's name. Required.
	Dataset string
	// Partition of AWS, for example aws or aws-cn, and the account whose state machines may assume the role. Required.
	Partition string
	AccountID string
	// Console is the address at which the console shows an execution, before its ARN. Required.
	Console string
	// Stages in the order they run. Required.
	Stages []PipelineStage
	// JobTimeoutMinutes bounds one run of a job. Required.
	JobTimeoutMinutes int
	// BackfillConcurrency is how many chunks run at a time, 1 to 40. Required.
	BackfillConcurrency int
	// The bucket of the run counts, and its key. Required.
	ArtifactsBucketName pulumi.StringInput
	ArtifactsBucketARN  pulumi.StringInput
	ArtifactsKeyARN     pulumi.StringInput
	// The topic that receives failures, and its key. Required.
	TopicARN    pulumi.StringInput
	TopicKeyARN pulumi.StringInput
	// EventBusARN takes the success events. Required.
	EventBusARN pulumi.StringInput
	// LogRetentionDays is how long the log is kept, LogKeyARN encrypts it. Its policy has to admit CloudWatch Logs.
	// Required.
	LogRetentionDays int
	LogKeyARN        pulumi.StringInput
}

// PipelineStage is one job of a pipeline.
type PipelineStage struct {
	Name    string // process or curate
	JobName pulumi.StringInput
	JobARN  pulumi.StringInput
}

func (args *PipelineArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.text("Dataset", args.Dataset)
	c.text("Partition", args.Partition)
	c.text("AccountID", args.AccountID)
	c.text("Console", args.Console)
	c.that(len(args.Stages) > 0, "Stages is required")
	for i, stage := range args.Stages {
		c.that(stage.Name != "" && stage.JobName != nil && stage.JobARN != nil,
			"Stages[%d] %q: want Name, JobName and JobARN", i, stage.Name)
	}
	c.within("JobTimeoutMinutes", args.JobTimeoutMinutes, 1, 10080)
	c.within("BackfillConcurrency", args.BackfillConcurrency, 1, 40)
	c.input("ArtifactsBucketName", args.ArtifactsBucketName)
	c.input("ArtifactsBucketARN", args.ArtifactsBucketARN)
	c.input("ArtifactsKeyARN", args.ArtifactsKeyARN)
	c.input("TopicARN", args.TopicARN)
	c.input("TopicKeyARN", args.TopicKeyARN)
	c.input("EventBusARN", args.EventBusARN)
	c.within("LogRetentionDays", args.LogRetentionDays, 1, 3653)
	c.input("LogKeyARN", args.LogKeyARN)
	return c.err()
}

// Pipeline is a dataset's way through its jobs: a state machine for the hour and one for longer ranges, which share
// their states and role.
type Pipeline struct {
	pulumi.ResourceState
	HourlyARN pulumi.StringOutput `pulumi:"hourlyArn"`
	// FailureAlarm is the alarm on failed hourly runs.
	FailureAlarm *cloudwatch.MetricAlarm
	BackfillARN  pulumi.StringOutput `pulumi:"backfillArn"`
	// Widgets are the pipeline's part of the dashboard.
	Widgets []WidgetRow
}

// NewPipeline registers a Pipeline named name.
func NewPipeline(
	ctx *pulumi.Context, name string, args *PipelineArgs, opts ...pulumi.ResourceOption,
) (*Pipeline, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("pipeline %q: %w", name, err)
	}
	p := &Pipeline{}
	if err := ctx.RegisterComponentResourceV2(pipelineType, name, pulumi.Map{
		"dataset": pulumi.String(args.Dataset), "backfillConcurrency": pulumi.Int(args.BackfillConcurrency),
	}, p, opts...); err != nil {
		return nil, fmt.Errorf("pipeline %q: %w", name, err)
	}
	parent := pulumi.Parent(p)
	role, grants, err := p.newRole(ctx, name, args)
	if err != nil {
		return nil, fmt.Errorf("pipeline %q: %w", name, err)
	}
	group, err := newStateMachineLog(ctx, name, args.LogRetentionDays, args.LogKeyARN, parent)
	if err != nil {
		return nil, fmt.Errorf("pipeline %q: log group: %w", name, err)
	}
	if err := newLogQuery(ctx, name, group.Name, stateMachineErrors, []pulumi.StringInput{group.Name},
		parent); err != nil {
		return nil, fmt.Errorf("pipeline %q: %w", name, err)
	}
	shared := sharedStates{args, role, grants, group, parent}
	hourly, err := shared.stateMachine(ctx, name, "hourly", hourlyDefinition)
	if err != nil {
		return nil, fmt.Errorf("pipeline %q: hourly state machine: %w", name, err)
	}
	backfill, err := shared.stateMachine(ctx, name+"-backfill", "backfill", backfillDefinition)
	if err != nil {
		return nil, fmt.Errorf("pipeline %q: backfill state machine: %w", name, err)
	}
	p.HourlyARN, p.BackfillARN, p.FailureAlarm = hourly.arn, backfill.arn, hourly.failures
	p.Widgets = []WidgetRow{{Title: "Pipeline " + args.Dataset, Graphs: append(hourly.graphs, backfill.graphs...)}}
	return p, ctx.RegisterResourceOutputs(p, pulumi.Map{"hourlyArn": p.HourlyARN, "backfillArn": p.BackfillARN})
}

// sharedStates is what the state machines of a pipeline have in common.
type sharedStates struct {
	args   *PipelineArgs
	role   *iam.Role
	grants *iam.RolePolicy
	group  *cloudwatch.LogGroup
	parent pulumi.ResourceOption
}

// watchedStates is a state machine with the alarm on its failures and its part of the dashboard.
type watchedStates struct {
	arn      pulumi.StringOutput
	failures *cloudwatch.MetricAlarm
	graphs   []Graph
}

// stateMachine makes the one whose runs the noun names.
func (s sharedStates) stateMachine(
	ctx *pulumi.Context, name, noun string, define func(stateMachineValues) stateMachineDefinition,
) (watchedStates, error) {
	m, err := sfn.NewStateMachine(ctx, name, &sfn.StateMachineArgs{
		Type: pulumi.String("STANDARD"), RoleArn: s.role.Arn, Definition: s.args.definition(define),
		LoggingConfiguration: &sfn.StateMachineLoggingConfigurationArgs{
			Level: pulumi.String("ERROR"), IncludeExecutionData: pulumi.Bool(true),
			LogDestination: pulumi.Sprintf("%s:*", s.group.Arn),
		},
		TracingConfiguration: &sfn.StateMachineTracingConfigurationArgs{Enabled: pulumi.Bool(true)},
		// Creating a state machine with a log checks the role's rights to deliver it.
	}, s.parent, pulumi.DependsOn([]pulumi.Resource{s.grants}))
	if err != nil {
		return watchedStates{}, err
	}
	failures := stateMachineFailures(m.Arn)
	failed, err := newAlarm(ctx, name+"-failures", s.args.TopicARN, alarm{
		Runbook: "A " + noun + " run of " + s.args.Dataset +
			" failed, was stopped, timed out or was throttled. Its tables are as they were. Open the failed execution; " +
			"when the cause is gone, start it again with the same input.",
		Page: "run-failed", Metrics: failures, Period: 300, Periods: 1,
	}, s.parent)
	if err != nil {
		return watchedStates{}, err
	}
	return watchedStates{m.Arn, failed, []Graph{
		{noun + " runs", append([]metric{stateMachineMetric("ExecutionsSucceeded", "Sum", m.Arn)}, failures...)},
		{noun + " duration (ms)", []metric{stateMachineMetric("ExecutionTime", "Maximum", m.Arn)}},
	}}, nil
}

// stateMachineFailures are the counts of executions that did not succeed, or not begin.
func stateMachineFailures(stateMachine pulumi.StringInput) []metric {
	return []metric{
		stateMachineMetric("ExecutionsFailed", "Sum", stateMachine),
		stateMachineMetric("ExecutionsTimedOut", "Sum", stateMachine),
		stateMachineMetric("ExecutionsAborted", "Sum", stateMachine),
		stateMachineMetric("ExecutionThrottled", "Sum", stateMachine),
	}
}

func stateMachineMetric(metricName, statistic string, stateMachine pulumi.StringInput) metric {
	return metric{
		Namespace: "AWS/States", Name: metricName, Statistic: statistic,
		Dimensions: []dimension{{"StateMachineArn", stateMachine}},
	}
}

func (p *Pipeline) newRole(ctx *pulumi.Context, name string, args *PipelineArgs) (*iam.Role, *iam.RolePolicy, error) {
	parent := pulumi.Parent(p)
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description:      pulumi.String("State machines of " + name),
		AssumeRolePolicy: pulumi.String(policies.TrustService(policies.States, args.AccountID).JSON()),
	}, parent)
	if err != nil {
		return nil, nil, fmt.Errorf("role: %w", err)
	}
	may := policies.PipelineRefs{
		JobARNs: make([]string, len(args.Stages)), RunsPrefix: policies.RunsPrefix(args.Dataset),
	}
	refs := rendering.Refs{
		&may.ArtifactsBucketARN: args.ArtifactsBucketARN, &may.ArtifactsKeyARN: args.ArtifactsKeyARN,
		&may.TopicARN: args.TopicARN, &may.TopicKeyARN: args.TopicKeyARN, &may.EventBusARN: args.EventBusARN,
	}
	for i, stage := range args.Stages {
		refs[&may.JobARNs[i]] = stage.JobARN
	}
	grants, err := iam.NewRolePolicy(ctx, name+"-grants", &iam.RolePolicyArgs{
		Role: role.Name, Policy: rendering.Policy(refs, func() policies.Document { return policies.Pipeline(may) }),
	}, parent)
	if err != nil {
		return nil, nil, fmt.Errorf("grants: %w", err)
	}
	return role, grants, nil
}

// definition resolves what the states refer to, then builds and renders them.
func (args *PipelineArgs) definition(define func(stateMachineValues) stateMachineDefinition) pulumi.StringOutput {
	values := stateMachineValues{
		Pipeline: args.Dataset, Partition: args.Partition, Console: args.Console, JobNames: map[string]string{},
		JobTimeout: args.JobTimeoutMinutes * 60, Concurrency: args.BackfillConcurrency,
	}
	jobNames := make([]string, len(args.Stages))
	refs := rendering.Refs{&values.ArtifactsBucket: args.ArtifactsBucketName, &values.TopicARN: args.TopicARN}
	for i, stage := range args.Stages {
		values.Stages, refs[&jobNames[i]] = append(values.Stages, stage.Name), stage.JobName
	}
	return rendering.Text(refs, func() (string, error) {
		for i, stage := range args.Stages {
			values.JobNames[stage.Name] = jobNames[i]
		}
		return define(values).render()
	})
}
