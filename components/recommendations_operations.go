package components

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/scheduler"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/limits"
	"dataplatform/components/rendering"
	"dataplatform/policies"
)

// endpointVariant is the one variant that the pipeline's endpoints have.
const endpointVariant = "AllTraffic"

// weeklyInput is what a run gets: the instant for which it was planned.
const weeklyInput = `{"asOf":"<aws.scheduler.scheduled-time>"}`

const (
	weeklyRetries = 10
	weeklyMaxAge  = 6 * 3600 // seconds; a run a few hours late learns from as much
)

// Weekly is when runs begin, in UTC.
type Weekly struct {
	// Day is SUN to SAT.
	Day          string
	Hour, Minute int
	// Enabled starts runs; the state machine can be started by hand all the same.
	Enabled bool
}

func (w Weekly) check(c *checks) {
	c.that(slices.Contains(limits.WeekDays, w.Day), "Schedule.Day %q: want one of %v", w.Day, limits.WeekDays)
	c.within("Schedule.Hour", w.Hour, 0, 23)
	c.within("Schedule.Minute", w.Minute, 0, 59)
}

type weeklySchedule struct {
	Name, DeadLettersURL pulumi.StringOutput
	Widgets              []WidgetRow
}

// newWeekly starts the state machine once a week. A start that fails is in its queue.
func newWeekly(
	ctx *pulumi.Context, name string, args *RecommendationsArgs, stateMachine pulumi.StringInput,
	parent pulumi.ResourceOption,
) (*weeklySchedule, error) {
	dead, err := newDeadLetters(ctx, name+"-dead-letters",
		"The scheduler could not start the week's run within hours of tries: recommendations stay those of last week. Look at why, and start the state machine by hand.",
		"run-not-started", args.QueueKeyARN, args.Build.TopicARN, policies.PrivateQueue, parent)
	if err != nil {
		return nil, err
	}
	var may policies.ScheduleRefs
	role, err := newRole(ctx, name, "Schedule "+name, policies.TrustService(policies.Scheduler, args.AccountID),
		rendering.Refs{
			&may.StateMachineARN: stateMachine, &may.DeadLettersARN: dead.Arn, &may.DeadLettersKeyARN: args.QueueKeyARN,
		},
		func() policies.Document { return policies.Schedule(may) }, parent)
	if err != nil {
		return nil, err
	}
	state, w := "DISABLED", args.Schedule
	if w.Enabled {
		state = "ENABLED"
	}
	schedule, err := scheduler.NewSchedule(ctx, name, &scheduler.ScheduleArgs{
		ScheduleExpression:         pulumi.Sprintf("cron(%d %d ? * %s *)", w.Minute, w.Hour, w.Day),
		ScheduleExpressionTimezone: pulumi.String("UTC"), State: pulumi.String(state),
		FlexibleTimeWindow: &scheduler.ScheduleFlexibleTimeWindowArgs{Mode: pulumi.String("OFF")},
		Target: &scheduler.ScheduleTargetArgs{
			Arn: stateMachine, RoleArn: role, Input: pulumi.String(weeklyInput),
			DeadLetterConfig: &scheduler.ScheduleTargetDeadLetterConfigArgs{Arn: dead.Arn},
			RetryPolicy: &scheduler.ScheduleTargetRetryPolicyArgs{
				MaximumRetryAttempts: pulumi.Int(weeklyRetries), MaximumEventAgeInSeconds: pulumi.Int(weeklyMaxAge),
			},
		},
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("schedule: %w", err)
	}
	return &weeklySchedule{schedule.Name, dead.Url, deadLettersWidgets("Schedule "+name, dead)}, nil
}

// newEndpointLogs makes the groups that SageMaker writes the endpoints' logs to, so that they end.
func newEndpointLogs(ctx *pulumi.Context, name string, args *RecommendationsArgs, parent pulumi.ResourceOption) error {
	var groups []pulumi.StringInput
	for _, endpoint := range []string{args.EndpointName, args.EndpointName + "-candidate"} {
		noun := "endpoint"
		if endpoint != args.EndpointName {
			noun = "candidate"
		}
		group, err := cloudwatch.NewLogGroup(ctx, name+"-log-"+noun, &cloudwatch.LogGroupArgs{
			Name:            pulumi.String("/aws/sagemaker/Endpoints/" + endpoint),
			RetentionInDays: pulumi.Int(args.Build.LogRetentionDays), KmsKeyId: args.Build.LogKeyARN,
		}, parent)
		if err != nil {
			return fmt.Errorf("log group of the %s: %w", noun, err)
		}
		groups = append(groups, group.Name)
	}
	return newLogQuery(ctx, name+"-endpoint", pulumi.String(args.EndpointName), jobErrors, groups, parent)
}

func (args *RecommendationsArgs) endpointMetric(metricName, statistic string) metric {
	return metric{Namespace: "AWS/SageMaker", Name: metricName, Statistic: statistic, Dimensions: []dimension{
		{"EndpointName", pulumi.String(args.EndpointName)}, {"VariantName", pulumi.String(endpointVariant)},
	}}
}

// volumeMetric is of the interactions that a run has learnt from.
func (args *RecommendationsArgs) volumeMetric(metricName string) metric {
	return metric{args.MetricsNamespace, metricName,
		"Maximum", []dimension{{"Dataset", pulumi.String("recommendations")}}}
}

// newAlarms watch the endpoint, and what there is to learn from.
func (args *RecommendationsArgs) newAlarms(ctx *pulumi.Context, name string, parent pulumi.ResourceOption) error {
	for _, a := range []struct {
		noun string
		alarm
	}{
		{"endpoint-errors", alarm{
			Runbook: "The endpoint of recommendations fails to answer: visitors see none. Its log says why; the model from before can be put back.",
			Page:    "endpoint-errors", Metrics: []metric{args.endpointMetric("Invocation5XXErrors", "Sum")},
			Period: 300, Periods: 2,
		}},
		{"endpoint-refusals", alarm{
			Runbook: "More than one in ten requests to the endpoint of recommendations is refused as malformed, or too many come at a time: a caller has changed.",
			Page:    "endpoint-errors", Expression: "IF(m2 >= 20, m1 / m2, 0)", Threshold: 0.1,
			Metrics: []metric{args.endpointMetric("Invocation4XXErrors", "Sum"),
				args.endpointMetric("Invocations", "Sum")},
			Period: 300, Periods: 2,
		}},
		{"endpoint-latency", alarm{
			Runbook: "One in a hundred answers of the recommendations' model takes too long. Look at how large the model has become, and at the memory of the endpoint.",
			Page:    "endpoint-latency", Metrics: []metric{args.endpointMetric("ModelLatency", "p99")}, Period: 300,
			Periods: 3, Threshold: float64(args.LatencyMilliseconds) * 1000, // in microseconds
		}},
		{"drift", alarm{
			Runbook: "The last run learnt from far more or far fewer interactions than the live model did: something upstream has changed or is missing.",
			Page:    "interactions-drift", Metrics: []metric{args.volumeMetric("InteractionDrift")}, Period: 3600,
			Periods: 1, Threshold: args.DriftShare,
		}},
	} {
		if _, err := newAlarm(ctx, name+"-"+a.noun, args.Build.TopicARN, a.alarm, parent); err != nil {
			return err
		}
	}
	return nil
}

func (args *RecommendationsArgs) widgets(name string) []WidgetRow {
	return []WidgetRow{{Title: "Endpoint " + name, Graphs: []Graph{
		{"Requests", []metric{args.endpointMetric("Invocations", "Sum"),
			args.endpointMetric("Invocation4XXErrors", "Sum"), args.endpointMetric("Invocation5XXErrors", "Sum")}},
		{"Model latency (µs)",
			[]metric{args.endpointMetric("ModelLatency", "p50"), args.endpointMetric("ModelLatency", "p99")}},
		{"Interactions learnt from", []metric{args.volumeMetric("Interactions")}},
	}}}
}
