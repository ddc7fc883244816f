package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/scheduler"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const dailyType = "dataplatform:orchestration:Daily"

const (
	dailyRetries = 10
	dailyMaxAge  = 6 * 3600 // seconds: later than that, the next day's run will do
)

// DailyArgs configures a Daily.
type DailyArgs struct {
	// JobName and JobARN are of the Glue job it starts. Required.
	JobName, JobARN pulumi.StringInput
	// Partition and AccountID are where its schedule is; only the account's own schedules may start the job. Required.
	Partition, AccountID string
	// Hour and Minute of the day, UTC.
	Hour, Minute int
	// Enabled starts runs; the job can be started by hand all the same.
	Enabled bool
	// QueueKeyARN encrypts the queue for runs that could not be started. Required.
	QueueKeyARN pulumi.StringInput
	// TopicARN receives alarms. Required.
	TopicARN pulumi.StringInput
}

func (args *DailyArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.input("JobName", args.JobName)
	c.input("JobARN", args.JobARN)
	c.text("Partition", args.Partition)
	c.text("AccountID", args.AccountID)
	c.within("Hour", args.Hour, 0, 23)
	c.within("Minute", args.Minute, 0, 59)
	c.input("QueueKeyARN", args.QueueKeyARN)
	c.input("TopicARN", args.TopicARN)
	return c.err()
}

// Daily starts a Glue job once a day, with the job's own arguments. A start that fails is in its queue, a run that
// fails is the job's alarm.
type Daily struct {
	pulumi.ResourceState
	Name pulumi.StringOutput `pulumi:"name"`
	// DeadLettersURL is by which runs that could not be started are counted.
	DeadLettersURL pulumi.StringOutput
	// Widgets are its part of the dashboard.
	Widgets []WidgetRow
}

// NewDaily registers a Daily named name.
func NewDaily(ctx *pulumi.Context, name string, args *DailyArgs, opts ...pulumi.ResourceOption) (*Daily, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("daily %q: %w", name, err)
	}
	d := &Daily{}
	fail := func(err error) (*Daily, error) { return nil, fmt.Errorf("daily %q: %w", name, err) }
	if err := ctx.RegisterComponentResourceV2(dailyType, name, pulumi.Map{
		"hour": pulumi.Int(args.Hour), "minute": pulumi.Int(args.Minute), "enabled": pulumi.Bool(args.Enabled),
	}, d, opts...); err != nil {
		return fail(err)
	}
	parent := pulumi.Parent(d)
	dead, err := newDeadLetters(ctx, name+"-dead-letters",
		"The scheduler could not start the job within hours of tries. The next day's run does what this one would have; look at why, and start the job by hand.",
		"run-not-started", args.QueueKeyARN, args.TopicARN, policies.PrivateQueue, parent)
	if err != nil {
		return fail(err)
	}
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description:      pulumi.String("Schedule " + name),
		AssumeRolePolicy: pulumi.String(policies.TrustService(policies.Scheduler, args.AccountID).JSON()),
	}, parent)
	if err != nil {
		return fail(err)
	}
	var may policies.DailyRefs
	grants, err := iam.NewRolePolicy(ctx, name+"-grants", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: rendering.Policy(rendering.Refs{
			&may.JobARN: args.JobARN, &may.DeadLettersARN: dead.Arn, &may.DeadLettersKeyARN: args.QueueKeyARN,
		},
			func() policies.Document { return policies.Daily(may) }),
	}, parent)
	if err != nil {
		return fail(err)
	}
	state := "DISABLED"
	if args.Enabled {
		state = "ENABLED"
	}
	schedule, err := scheduler.NewSchedule(ctx, name, &scheduler.ScheduleArgs{
		ScheduleExpression:         pulumi.Sprintf("cron(%d %d * * ? *)", args.Minute, args.Hour),
		ScheduleExpressionTimezone: pulumi.String("UTC"), State: pulumi.String(state),
		FlexibleTimeWindow: &scheduler.ScheduleFlexibleTimeWindowArgs{Mode: pulumi.String("OFF")},
		Target: &scheduler.ScheduleTargetArgs{
			// A universal target: the scheduler calls the API by itself (EventBridge Scheduler User Guide, "Using
			// universal targets").
			Arn: pulumi.String("arn:" + args.Partition + ":scheduler:::aws-sdk:glue:startJobRun"), RoleArn: role.Arn,
			Input:            pulumi.JSONMarshal(pulumi.Map{"JobName": args.JobName}),
			DeadLetterConfig: &scheduler.ScheduleTargetDeadLetterConfigArgs{Arn: dead.Arn},
			RetryPolicy: &scheduler.ScheduleTargetRetryPolicyArgs{
				MaximumRetryAttempts: pulumi.Int(dailyRetries), MaximumEventAgeInSeconds: pulumi.Int(dailyMaxAge),
			},
		},
	}, parent, pulumi.DependsOn([]pulumi.Resource{grants}))
	if err != nil {
		return fail(err)
	}
	d.Name, d.Widgets = schedule.Name, deadLettersWidgets("Schedule "+name, dead)
	d.DeadLettersURL = dead.Url
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{"name": d.Name})
}
