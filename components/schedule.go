package components

import (
	"fmt"
	"math"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/scheduler"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const scheduleType = "dataplatform:orchestration:Schedule"

// scheduleInput is what a run gets: Scheduler puts the instant the run was planned for in place of the placeholder,
// also when it starts late.
const scheduleInput = `{"hours":"<aws.scheduler.scheduled-time>"}`

const (
	scheduleRetries = 10
	scheduleMaxAge  = 3600 // a run an hour late is the next hour's, which takes every file that is still waiting
	sloPeriod       = 3600
	maxSLO          = 7 * 24 * time.Hour // CloudWatch PutMetricAlarm, periods of an hour
)

// ScheduleArgs configures a Schedule.
type ScheduleArgs struct {
	// StateMachineARN is the state machine it starts. Required.
	StateMachineARN pulumi.StringInput
	// Minute of every hour, 0 to 59, UTC.
	Minute int
	// Enabled starts runs; a disabled schedule can still be started by hand.
	Enabled bool
	// SLO is the time within which an hour is curated; an alarm sounds when no run succeeded for longer, of a disabled
	// schedule while something arrives. Required.
	SLO time.Duration
	// PolledQueue is the name of a queue that a function polls, of which SQS therefore measures each minute: hours in
	// which it has not, the stack was not there. Required.
	PolledQueue pulumi.StringInput
	// MetricsNamespace is where functions count what arrives of the dataset. Required.
	MetricsNamespace string
	// AccountID is the only account whose schedules may start the state machine. Required.
	AccountID string
	// QueueKeyARN encrypts the queue for runs that could not be started. Required.
	QueueKeyARN pulumi.StringInput
	// TopicARN receives alarms. Required.
	TopicARN pulumi.StringInput
	// Dataset is whose hours these are, and FailureAlarm the alarm on the state machine's failed runs. Required.
	Dataset      string
	FailureAlarm *cloudwatch.MetricAlarm
	// Watched are further alarms on what the hours are made of. Nothing is started before they are there.
	Watched []pulumi.Resource
}

func (args *ScheduleArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.input("StateMachineARN", args.StateMachineARN)
	c.within("Minute", args.Minute, 0, 59)
	c.that(args.SLO > 0 && args.SLO < maxSLO, "SLO %s: want more than 0, less than %s", args.SLO, maxSLO)
	c.text("AccountID", args.AccountID)
	c.input("QueueKeyARN", args.QueueKeyARN)
	c.input("TopicARN", args.TopicARN)
	c.text("Dataset", args.Dataset)
	c.text("MetricsNamespace", args.MetricsNamespace)
	c.input("PolledQueue", args.PolledQueue)
	c.that(args.FailureAlarm != nil, "FailureAlarm is required")
	return c.err()
}

// Schedule starts a state machine every hour and raises an alarm when the hours stop coming.
type Schedule struct {
	pulumi.ResourceState
	Name pulumi.StringOutput `pulumi:"name"`
	// DeadLettersURL is by which runs that could not be started are counted.
	DeadLettersURL pulumi.StringOutput
	// Made is there when IAM knows the schedule's role everywhere, which takes a while.
	Made pulumi.Resource
	// Widgets are the schedule's part of the dashboard.
	Widgets []WidgetRow
}

// NewSchedule registers a Schedule named name.
func NewSchedule(
	ctx *pulumi.Context, name string, args *ScheduleArgs, opts ...pulumi.ResourceOption,
) (*Schedule, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("schedule %q: %w", name, err)
	}
	s := &Schedule{}
	if err := ctx.RegisterComponentResourceV2(scheduleType, name, pulumi.Map{
		"minute": pulumi.Int(args.Minute), "enabled": pulumi.Bool(args.Enabled),
	}, s, opts...); err != nil {
		return nil, fmt.Errorf("schedule %q: %w", name, err)
	}
	parent := pulumi.Parent(s)
	dead, err := newDeadLetters(ctx, name+"-dead-letters",
		"The scheduler could not start a run within an hour of tries. The next run takes the files that wait; start the state machine by hand with the hour in the message.",
		"run-not-started", args.QueueKeyARN, args.TopicARN, policies.PrivateQueue, parent)
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", name, err)
	}
	role, grants, err := newScheduleRole(ctx, name, args, dead, parent)
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", name, err)
	}
	stale, err := newStaleAlarm(ctx, name, args, parent)
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", name, err)
	}
	before, state := append([]pulumi.Resource{grants, args.FailureAlarm, stale}, args.Watched...), "DISABLED"
	if args.Enabled {
		state = "ENABLED"
	}
	schedule, err := scheduler.NewSchedule(ctx, name, &scheduler.ScheduleArgs{
		ScheduleExpression:         pulumi.Sprintf("cron(%d * * * ? *)", args.Minute),
		ScheduleExpressionTimezone: pulumi.String("UTC"), State: pulumi.String(state),
		FlexibleTimeWindow: &scheduler.ScheduleFlexibleTimeWindowArgs{Mode: pulumi.String("OFF")},
		Target: &scheduler.ScheduleTargetArgs{
			Arn: args.StateMachineARN, RoleArn: role.Arn, Input: pulumi.String(scheduleInput),
			DeadLetterConfig: &scheduler.ScheduleTargetDeadLetterConfigArgs{Arn: dead.Arn},
			RetryPolicy: &scheduler.ScheduleTargetRetryPolicyArgs{
				MaximumRetryAttempts: pulumi.Int(scheduleRetries), MaximumEventAgeInSeconds: pulumi.Int(scheduleMaxAge),
			},
		},
	}, after([]pulumi.ResourceOption{parent}, before...)...)
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", name, err)
	}
	if err := newSymptom(ctx, name+"-late", args.TopicARN,
		fmt.Sprintf("This hour's %s are not curated, or will not be within the %s of their SLO.", args.Dataset,
			args.SLO),
		"hour-not-curated", []*cloudwatch.MetricAlarm{stale, args.FailureAlarm}, schedule, parent); err != nil {
		return nil, fmt.Errorf("schedule %q: %w", name, err)
	}
	s.Made, s.DeadLettersURL = schedule, dead.Url
	s.Name, s.Widgets = schedule.Name, deadLettersWidgets("Schedule "+name, dead)
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{"name": s.Name})
}

func newScheduleRole(
	ctx *pulumi.Context, name string, args *ScheduleArgs, dead *sqs.Queue, parent pulumi.ResourceOption,
) (*iam.Role, *iam.RolePolicy, error) {
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description:      pulumi.String("Schedule " + name),
		AssumeRolePolicy: pulumi.String(policies.TrustService(policies.Scheduler, args.AccountID).JSON()),
	}, parent)
	if err != nil {
		return nil, nil, fmt.Errorf("role: %w", err)
	}
	var may policies.ScheduleRefs
	grants, err := iam.NewRolePolicy(ctx, name+"-grants", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: rendering.Policy(rendering.Refs{
			&may.StateMachineARN: args.StateMachineARN, &may.DeadLettersARN: dead.Arn,
			&may.DeadLettersKeyARN: args.QueueKeyARN,
		},
			func() policies.Document { return policies.Schedule(may) }),
	}, parent)
	if err != nil {
		return nil, nil, fmt.Errorf("grants: %w", err)
	}
	return role, grants, nil
}

// newStaleAlarm counts whole hours without a run that succeeded: those of the SLO, and one because clock hours and runs
// don't align. An hour counts once the stack has been there for half of it, or a first deployment would sound for hours
// that never were. While the schedule is off nobody promised a run, and hours in which nothing arrives need none.
func newStaleAlarm(
	ctx *pulumi.Context, name string, args *ScheduleArgs, parent pulumi.ResourceOption,
) (*cloudwatch.MetricAlarm, error) {
	stale := alarm{
		Runbook: fmt.Sprintf(
			"No run has succeeded for longer than the %s of the SLO: the curated tables are stale. Look at the last execution of the state machine.",
			args.SLO,
		),
		Page:    "hours-stale",
		Metrics: []metric{stateMachineMetric("ExecutionsSucceeded", "Sum", args.StateMachineARN)},
		Period:  sloPeriod, Periods: int(math.Ceil(args.SLO.Hours())) + 1,
	}
	if args.Enabled {
		stale.Metrics = append(stale.Metrics,
			queueMetric("ApproximateNumberOfMessagesVisible", "SampleCount", args.PolledQueue))
		stale.Expression = "IF(FILL(m2, 0) >= 30 AND FILL(m1, 0) == 0, 1, 0)"
	} else {
		stale.Runbook += " The schedule is off, and something arrives all the same."
		stale.Metrics = append(stale.Metrics, metric{args.MetricsNamespace, "BytesReceived", "Sum",
			[]dimension{{"Dataset", pulumi.String(args.Dataset)}}})
		stale.Expression = "IF(FILL(m2, 0) > 0 AND FILL(m1, 0) == 0, 1, 0)"
	}
	return newAlarm(ctx, name+"-freshness", args.TopicARN, stale, parent)
}
