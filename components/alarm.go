package components

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/rendering"
	"dataplatform/policies"
)

const alarmsType = "dataplatform:operations:Alarms"

// AlarmsArgs configures Alarms.
type AlarmsArgs struct {
	// KMSKeyARN encrypts the topic. Its policy has to admit CloudWatch and EventBridge. Required.
	KMSKeyARN pulumi.StringInput
	// AccountID is the only account whose alarms may publish. Required.
	AccountID string
	// Publishers are service principals that publish on their own behalf, beside CloudWatch and EventBridge.
	Publishers []string
	// Emails get every message once they have confirmed.
	Emails []string
}

func (args *AlarmsArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.input("KMSKeyARN", args.KMSKeyARN)
	c.text("AccountID", args.AccountID)
	return c.err()
}

// Alarms is the topic that every alarm and every failure event of a stack goes to, and the queue for events that it did
// not take.
type Alarms struct {
	pulumi.ResourceState
	TopicARN       pulumi.StringOutput `pulumi:"topicArn"`
	UndeliveredARN pulumi.StringOutput `pulumi:"undeliveredArn"`
	// UndeliveredURL is by which its messages are counted.
	UndeliveredURL pulumi.StringOutput
	// Ready is what the topic's publishers have to wait for.
	Ready []pulumi.Resource
	// Widgets are the part of the dashboard for what the topic did not take.
	Widgets []WidgetRow
}

// NewAlarms registers Alarms named name.
func NewAlarms(ctx *pulumi.Context, name string, args *AlarmsArgs, opts ...pulumi.ResourceOption) (*Alarms, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("alarms %q: %w", name, err)
	}
	alarms := &Alarms{}
	if err := ctx.RegisterComponentResourceV2(alarmsType, name, pulumi.Map{
		"kmsKeyArn": args.KMSKeyARN, "accountId": pulumi.String(args.AccountID),
		"emails": pulumi.ToStringArray(args.Emails),
	}, alarms, opts...); err != nil {
		return nil, fmt.Errorf("alarms %q: %w", name, err)
	}
	parent := pulumi.Parent(alarms)
	topic, err := sns.NewTopic(ctx, name, &sns.TopicArgs{KmsMasterKeyId: args.KMSKeyARN}, parent)
	if err != nil {
		return nil, fmt.Errorf("alarms %q: topic: %w", name, err)
	}
	var topicARN string
	policy, err := sns.NewTopicPolicy(ctx, name+"-policy", &sns.TopicPolicyArgs{
		Arn: topic.Arn,
		Policy: rendering.Policy(rendering.Refs{&topicARN: topic.Arn}, func() policies.Document {
			policy := policies.AlarmTopic(topicARN, args.AccountID)
			policy.Statement = append(policy.Statement, policies.EventsPublish(topicARN, args.AccountID))
			if len(args.Publishers) > 0 {
				policy.Statement = append(policy.Statement,
					policies.AllowActions("ServicesPublish", []string{topicARN}, "sns:Publish").By("Service",
						args.Publishers...).FromAccount(args.AccountID))
			}
			return policy
		}),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("alarms %q: topic policy: %w", name, err)
	}
	for i, address := range args.Emails {
		if _, err := sns.NewTopicSubscription(ctx, fmt.Sprintf("%s-email-%d", name, i), &sns.TopicSubscriptionArgs{
			Topic: topic.Arn, Protocol: pulumi.String("email"), Endpoint: pulumi.String(address),
		}, parent, pulumi.DependsOn([]pulumi.Resource{policy})); err != nil {
			return nil, fmt.Errorf("alarms %q: subscription %d: %w", name, i, err)
		}
	}
	undelivered, err := newDeadLetters(ctx, name+"-dead-letters",
		"Events about failures did not reach the topic: the failure itself has an alarm of its own, but its details were not published. They are in the queue. Look at the topic's policy and key first.",
		"undelivered-events", args.KMSKeyARN, topic.Arn, policies.UndeliveredEvents, parent)
	if err != nil {
		return nil, fmt.Errorf("alarms %q: %w", name, err)
	}
	if err := newOverRule(ctx, name+"-over", topic.Arn, undelivered.Arn, parent); err != nil {
		return nil, fmt.Errorf("alarms %q: %w", name, err)
	}
	alarms.TopicARN, alarms.UndeliveredARN, alarms.Ready = topic.Arn, undelivered.Arn, []pulumi.Resource{policy}
	alarms.UndeliveredURL = undelivered.Url
	alarms.Widgets = deadLettersWidgets("Events about failures", undelivered)
	return alarms, ctx.RegisterResourceOutputs(alarms,
		pulumi.Map{"topicArn": alarms.TopicARN, "undeliveredArn": alarms.UndeliveredARN})
}

// metric is one CloudWatch metric as an alarm watches it and a dashboard draws it.
type metric struct {
	Namespace string
	Name      string
	Statistic string // Sum, Maximum, p99, …
	// Dimensions in the order CloudWatch shows them.
	Dimensions []dimension
}

type dimension struct {
	Name  string
	Value pulumi.StringInput
}

// alarm says when to wake someone. More than one metric is summed: any of them is reason enough; or an Expression says
// what is made of them.
type alarm struct {
	// Runbook says what the alarm means and what to do first; with Page it is the description of the alarm.
	Runbook string
	// Page is the runbook's page below docs/runbooks, without .md.
	Page    string
	Metrics []metric
	// Expression of metric math over the metrics, which it calls m1, m2, …
	Expression string
	// Period in seconds; so many Periods have to breach, of those in which data may still come.
	Period, Periods int
	// Delay is how many seconds after their own time data come: Lambda stamps what it measures of an invocation with
	// its start.
	Delay int
	// Threshold that is not to be exceeded.
	Threshold float64
	// Stays says that silence ends no alarm: what it is about waits until somebody has seen to it, and sets it to OK.
	Stays bool
}

// described is an alarm's description: what to do first, and where the rest is written.
func described(runbook, page string) pulumi.String {
	return pulumi.String(runbook + " See docs/runbooks/" + page + ".md.")
}

// newOverRule tells the topic of every alarm of the stack that is over. An alarm's own action on OK is also executed
// when a new alarm first has data (CloudWatch User Guide, "Alarm states": every alarm begins as INSUFFICIENT_DATA), so
// that a first deployment would announce of each alarm that nothing is wrong.
func newOverRule(
	ctx *pulumi.Context, name string, topic, undelivered pulumi.StringInput, parent pulumi.ResourceOption,
) error {
	named := pulumi.Sprintf("%s-%s-", ctx.Project(), ctx.Stack()) // see pulumi:autonaming in Pulumi.yaml
	_, err := eventRule{
		Description: "An alarm of the stack is over", UndeliveredARN: undelivered, Reported: ofAlarms,
		Pattern: pulumi.Map{
			"source":      pulumi.ToStringArray([]string{"aws.cloudwatch"}),
			"detail-type": pulumi.ToStringArray([]string{"CloudWatch Alarm State Change"}),
			"detail": pulumi.Map{
				"alarmName":     pulumi.Array{pulumi.Map{"prefix": named}},
				"state":         pulumi.Map{"value": pulumi.ToStringArray([]string{"OK"})},
				"previousState": pulumi.Map{"value": pulumi.ToStringArray([]string{"ALARM"})},
			},
		},
	}.register(ctx, name, topic, parent)
	return err
}

// newAlarm registers one alarm that tells the topic when it starts.
func newAlarm(
	ctx *pulumi.Context, name string, topic pulumi.StringInput, a alarm, opts ...pulumi.ResourceOption,
) (*cloudwatch.MetricAlarm, error) {
	silence := "notBreaching"
	if a.Stays {
		silence = "ignore"
	}
	expression := a.Expression
	if expression == "" && len(a.Metrics) > 1 {
		expression = "SUM(FILL(METRICS(), 0))" // those without data are 0
	}
	args := &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   described(a.Runbook, a.Page),
		ComparisonOperator: pulumi.String("GreaterThanThreshold"),
		Threshold:          pulumi.Float64(a.Threshold),
		EvaluationPeriods:  pulumi.Int(a.window(expression)),
		DatapointsToAlarm:  pulumi.Int(a.Periods),
		TreatMissingData:   pulumi.String(silence),
		AlarmActions:       pulumi.Array{topic}, // that it is over, newOverRule tells
	}
	if expression == "" {
		m := a.Metrics[0]
		args.Namespace, args.MetricName, args.Period = pulumi.String(m.Namespace), pulumi.String(m.Name),
			pulumi.Int(a.Period)
		args.Dimensions = m.dimensionMap()
		if slices.Contains([]string{"Sum", "Maximum", "Minimum", "Average", "SampleCount"}, m.Statistic) {
			args.Statistic = pulumi.String(m.Statistic)
		} else {
			args.ExtendedStatistic = pulumi.String(m.Statistic)
		}
	} else {
		args.MetricQueries = queriesOf(expression, a.Metrics, a.Period)
	}
	made, err := cloudwatch.NewMetricAlarm(ctx, name, args, opts...)
	if err != nil {
		return nil, fmt.Errorf("alarm %q: %w", name, err)
	}
	return made, nil
}

// arrival is within how many seconds of its end CloudWatch has a period's data of a service: Lambda, for example, sends
// them every minute.
const arrival = 120

// window is how many periods are looked at. Where what is not there yet counts as nothing, the latest period never has
// data and the ones before are not looked at again, so that an alarm on the latest alone could stay as it is for ever
// (Amazon CloudWatch User Guide, "Using metric math": FILL). Without FILL CloudWatch looks further back by itself.
func (a alarm) window(expression string) int {
	late := a.Delay
	if late > 0 || strings.Contains(expression, "FILL(") {
		late += arrival
	}
	return a.Periods + (late+a.Period-1)/a.Period
}

// newSymptom registers the alarm that an SLO is missed, whichever of the alarms has seen it: what someone is woken for,
// while the others say where. It waits for something that takes its time after the alarms: CloudWatch may say of one
// that is seconds old that it does not exist, and the provider does not try again
// (awsdocs/aws-cloudformation-user-guide#911).
func newSymptom(
	ctx *pulumi.Context, name string, topic pulumi.StringInput, runbook, page string, alarms []*cloudwatch.MetricAlarm,
	wait pulumi.Resource, parent pulumi.ResourceOption,
) error {
	var rule pulumi.Array
	for _, alarm := range alarms {
		rule = append(rule, pulumi.Sprintf(`ALARM("%s")`, alarm.Name))
	}
	if _, err := cloudwatch.NewCompositeAlarm(ctx, name, &cloudwatch.CompositeAlarmArgs{
		// The provider names no composite alarm by itself; an alarm it is made of has a name that nothing else has.
		AlarmName: pulumi.Sprintf("%s-late", alarms[0].Name), AlarmDescription: described(runbook, page),
		AlarmRule: rule.ToArrayOutput().ApplyT(func(parts []any) string {
			texts := make([]string, 0, len(parts))
			for _, part := range parts {
				texts = append(texts, fmt.Sprint(part))
			}
			return strings.Join(texts, " OR ")
		}).(pulumi.StringOutput),
		AlarmActions: pulumi.StringArray{topic},
	}, after([]pulumi.ResourceOption{parent}, wait)...); err != nil {
		return fmt.Errorf("alarm %q: %w", name, err)
	}
	return nil
}

func (m metric) dimensionMap() pulumi.StringMap {
	dimensions := pulumi.StringMap{}
	for _, d := range m.Dimensions {
		dimensions[d.Name] = d.Value
	}
	return dimensions
}

// queriesOf are the metrics, m1, m2 and so on, and what an expression makes of them.
func queriesOf(expression string, metrics []metric, period int) cloudwatch.MetricAlarmMetricQueryArray {
	queries := cloudwatch.MetricAlarmMetricQueryArray{&cloudwatch.MetricAlarmMetricQueryArgs{
		Id: pulumi.String("total"), Expression: pulumi.String(expression), Label: pulumi.String("total"),
		ReturnData: pulumi.Bool(true),
	}}
	for i, m := range metrics {
		queries = append(queries, &cloudwatch.MetricAlarmMetricQueryArgs{
			Id: pulumi.Sprintf("m%d", i+1),
			Metric: &cloudwatch.MetricAlarmMetricQueryMetricArgs{
				Namespace: pulumi.String(m.Namespace), MetricName: pulumi.String(m.Name),
				Stat: pulumi.String(m.Statistic), Period: pulumi.Int(period), Dimensions: m.dimensionMap(),
			},
		})
	}
	return queries
}
