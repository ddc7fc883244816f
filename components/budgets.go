package components

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/budgets"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/costexplorer"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const budgetsType = "dataplatform:operations:Spending"

// Services that notify a topic of costs, each in its own name. The topic and its key have to admit them.
const (
	BudgetsService   = "budgets.amazonaws.com"
	AnomaliesService = "costalerts.amazonaws.com"
)

// maxNotifications of one budget: AWS Budgets quotas.
const maxNotifications = 10

// BudgetsArgs configures Budgets.
type BudgetsArgs struct {
	// TagKey and TagValue select the costs that count. Required; the tag has to be active as a cost allocation tag.
	TagKey, TagValue string
	// MonthlyUSD is the budget of a month; 0 makes none.
	MonthlyUSD int
	// ActualPercents and ForecastPercents of the budget are notified, when they are spent and when they are going to
	// be.
	ActualPercents, ForecastPercents []int
	// AnomalyUSD is the impact from which an unusual cost is notified; 0 watches for none.
	AnomalyUSD int
	// AllocationTags are made active for the whole bill. The keys must have been seen on it, and the account must be
	// the one that pays.
	AllocationTags []string
	// TopicARN receives the notifications. Required. After: the topic's policy must exist first.
	TopicARN pulumi.StringInput
	After    []pulumi.Resource
}

func (args *BudgetsArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.text("TagKey", args.TagKey)
	c.text("TagValue", args.TagValue)
	c.input("TopicARN", args.TopicARN)
	c.that(args.MonthlyUSD >= 0 && args.AnomalyUSD >= 0,
		"MonthlyUSD %d and AnomalyUSD %d: want 0 or more", args.MonthlyUSD, args.AnomalyUSD)
	c.that(args.MonthlyUSD > 0 || args.AnomalyUSD > 0 || len(args.AllocationTags) > 0,
		"nothing is to be made: want MonthlyUSD, AnomalyUSD or AllocationTags")
	notifications := len(args.ActualPercents) + len(args.ForecastPercents)
	c.that(args.MonthlyUSD == 0 || notifications > 0 && notifications <= maxNotifications,
		"ActualPercents and ForecastPercents: want 1 to %d together", maxNotifications)
	return c.err()
}

// Budgets watches what a stack costs: a budget that notifies before and when it is spent, and a monitor for unusual
// costs.
type Budgets struct {
	pulumi.ResourceState
}

// NewBudgets registers Budgets named name.
func NewBudgets(ctx *pulumi.Context, name string, args *BudgetsArgs, opts ...pulumi.ResourceOption) (*Budgets, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("budgets %q: %w", name, err)
	}
	s := &Budgets{}
	fail := func(err error) (*Budgets, error) { return nil, fmt.Errorf("budgets %q: %w", name, err) }
	if err := ctx.RegisterComponentResourceV2(budgetsType, name, pulumi.Map{
		"monthlyUsd": pulumi.Int(args.MonthlyUSD), "anomalyUsd": pulumi.Int(args.AnomalyUSD),
	}, s, opts...); err != nil {
		return fail(err)
	}
	parent := pulumi.Parent(s)
	if args.MonthlyUSD > 0 {
		if err := args.newBudget(ctx, name, parent); err != nil {
			return fail(err)
		}
	}
	var active []pulumi.Resource
	for _, key := range args.AllocationTags {
		tag, err := costexplorer.NewCostAllocationTag(ctx, name+"-tag-"+key, &costexplorer.CostAllocationTagArgs{
			TagKey: pulumi.String(key), Status: pulumi.String("Active"),
		}, parent)
		if err != nil {
			return fail(err)
		}
		active = append(active, tag)
	}
	if args.AnomalyUSD > 0 {
		if err := args.newMonitor(ctx, name, active, parent); err != nil {
			return fail(err)
		}
	}
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{})
}

func (args *BudgetsArgs) newBudget(ctx *pulumi.Context, name string, parent pulumi.ResourceOption) error {
	var notifications budgets.BudgetNotificationArray
	for _, kind := range []struct {
		name     string
		percents []int
	}{{"ACTUAL", args.ActualPercents}, {"FORECASTED", args.ForecastPercents}} {
		for _, percent := range kind.percents {
			notifications = append(notifications, &budgets.BudgetNotificationArgs{
				NotificationType: pulumi.String(kind.name), ComparisonOperator: pulumi.String("GREATER_THAN"),
				Threshold: pulumi.Float64(percent), ThresholdType: pulumi.String("PERCENTAGE"),
				SubscriberSnsTopicArns: pulumi.StringArray{args.TopicARN},
			})
		}
	}
	_, err := budgets.NewBudget(ctx, name+"-budget", &budgets.BudgetArgs{
		BudgetType: pulumi.String("COST"), TimeUnit: pulumi.String("MONTHLY"),
		LimitAmount: pulumi.String(strconv.Itoa(args.MonthlyUSD)), LimitUnit: pulumi.String("USD"),
		// "user:" marks tags that AWS did not make (AWS Cost Management User Guide, budget filters).
		CostFilters: budgets.BudgetCostFilterArray{&budgets.BudgetCostFilterArgs{
			Name:   pulumi.String("TagKeyValue"),
			Values: pulumi.StringArray{pulumi.String("user:" + args.TagKey + "$" + args.TagValue)},
		}},
		Notifications: notifications,
	}, parent, pulumi.DependsOn(args.After))
	if err != nil {
		return fmt.Errorf("budget: %w", err)
	}
	return nil
}

// expression is what costs a monitor looks at, written with every member as Cost Explorer gives it back.
type expression struct {
	And, Or, Not, Dimensions, CostCategories any
	Tags                                     tagFilter
}

type tagFilter struct {
	Key          string
	Values       []string
	MatchOptions any
}

// newMonitor watches the costs of the tag, when the tags are active that the stack makes so.
func (args *BudgetsArgs) newMonitor(
	ctx *pulumi.Context, name string, active []pulumi.Resource, parent pulumi.ResourceOption,
) error {
	watched, err := json.Marshal(expression{Tags: tagFilter{Key: args.TagKey, Values: []string{args.TagValue}}})
	if err != nil {
		return err
	}
	monitor, err := costexplorer.NewAnomalyMonitor(ctx, name+"-monitor", &costexplorer.AnomalyMonitorArgs{
		MonitorType: pulumi.String("CUSTOM"), MonitorSpecification: pulumi.String(string(watched)),
	}, after([]pulumi.ResourceOption{parent}, active...)...)
	if err != nil {
		return fmt.Errorf("monitor: %w", err)
	}
	if _, err := costexplorer.NewAnomalySubscription(ctx, name+"-subscription", &costexplorer.AnomalySubscriptionArgs{
		Frequency:       pulumi.String("IMMEDIATE"), // the only one that a topic can have
		MonitorArnLists: pulumi.StringArray{monitor.Arn},
		Subscribers: costexplorer.AnomalySubscriptionSubscriberArray{&costexplorer.AnomalySubscriptionSubscriberArgs{
			Type: pulumi.String("SNS"), Address: args.TopicARN,
		}},
		ThresholdExpression: &costexplorer.AnomalySubscriptionThresholdExpressionArgs{
			Dimension: &costexplorer.AnomalySubscriptionThresholdExpressionDimensionArgs{
				Key:          pulumi.String("ANOMALY_TOTAL_IMPACT_ABSOLUTE"),
				MatchOptions: pulumi.ToStringArray([]string{"GREATER_THAN_OR_EQUAL"}),
				Values:       pulumi.ToStringArray([]string{strconv.Itoa(args.AnomalyUSD)}),
			},
		},
	}, parent, pulumi.DependsOn(args.After)); err != nil {
		return fmt.Errorf("subscription: %w", err)
	}
	return nil
}
