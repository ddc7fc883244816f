package components_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components"
	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
	"dataplatform/policies"
)

func budgetsArgs() *components.BudgetsArgs {
	return &components.BudgetsArgs{
		TagKey: "stack", TagValue: "prod", MonthlyUSD: 1200, ActualPercents: []int{50, 100},
		ForecastPercents: []int{90}, AnomalyUSD: 30, AllocationTags: []string{"stack", "owner"},
		TopicARN: pulumi.String(topicARN),
	}
}

func runBudgets(t *testing.T, change func(*components.BudgetsArgs)) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := components.NewBudgets(ctx, "spending", changed(budgetsArgs(), change))
		return err
	})
}

const (
	budgetToken       = "aws:budgets/budget:Budget"
	monitorToken      = "aws:costexplorer/anomalyMonitor:AnomalyMonitor"
	subscriptionToken = "aws:costexplorer/anomalySubscription:AnomalySubscription"
	costTagToken      = "aws:costexplorer/costAllocationTag:CostAllocationTag"
)

func TestBudgets(t *testing.T) {
	rec := runBudgets(t, func(*components.BudgetsArgs) {})
	rec.AssertNoOrphans(t)
	rec.AssertUniqueNames(t)
	budget := rec.One(t, budgetToken, "spending-budget")
	assert.Equal(t, []any{"1200", "USD", "COST", "MONTHLY"}, []any{budget.Value("limitAmount"),
		budget.Value("limitUnit"), budget.Value("budgetType"), budget.Value("timeUnit")})
	assert.Equal(t, []any{map[string]any{"name": "TagKeyValue", "values": []any{"user:stack$prod"}}},
		budget.Value("costFilters"))
	notifications := func(kind string, percent float64) any {
		return map[string]any{
			"notificationType": kind, "comparisonOperator": "GREATER_THAN", "threshold": percent,
			"thresholdType": "PERCENTAGE", "subscriberSnsTopicArns": []any{topicARN},
		}
	}
	assert.Equal(t, []any{notifications("ACTUAL", 50), notifications("ACTUAL", 100), notifications("FORECASTED", 90)},
		budget.Value("notifications"))

	assert.JSONEq(t,
		`{"And":null,"Or":null,"Not":null,"Dimensions":null,"CostCategories":null,"Tags":{"Key":"stack","Values":["prod"],"MatchOptions":null}}`,
		rec.One(t, monitorToken, "spending-monitor").String(t, "monitorSpecification"))
	subscription := rec.One(t, subscriptionToken, "spending-subscription")
	assert.Equal(t, "IMMEDIATE", subscription.String(t, "frequency"))
	assert.Equal(t, []any{map[string]any{"type": "SNS", "address": topicARN}}, subscription.Value("subscribers"))
	assert.Equal(t, map[string]any{
		"key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE", "matchOptions": []any{"GREATER_THAN_OR_EQUAL"}, "values": []any{"30"},
	}, subscription.Value("thresholdExpression.dimension"))
	assert.True(t, subscription.WaitsFor(rec.One(t, monitorToken, "spending-monitor")))
	for _, key := range []string{"stack", "owner"} {
		tag := rec.One(t, costTagToken, "spending-tag-"+key)
		assert.Equal(t, []any{key, "Active"}, []any{tag.Value("tagKey"), tag.Value("status")})
		assert.True(t, rec.One(t, monitorToken, "spending-monitor").WaitsFor(tag), "of an active tag only")
	}
}

func TestBudgetsAreInParts(t *testing.T) {
	budget := runBudgets(t, func(a *components.BudgetsArgs) { a.AnomalyUSD, a.AllocationTags = 0, nil })
	assert.Len(t, budget.OfType(budgetToken), 1)
	assert.Empty(t, budget.OfType(monitorToken))
	assert.Empty(t, budget.OfType(costTagToken))
	monitor := runBudgets(t, func(a *components.BudgetsArgs) { a.MonthlyUSD, a.AllocationTags = 0, nil })
	assert.Empty(t, monitor.OfType(budgetToken))
	assert.Len(t, monitor.OfType(subscriptionToken), 1)
}

func TestBudgetsReject(t *testing.T) {
	for want, change := range map[string]func(*components.BudgetsArgs){
		"TagKey is required":   func(a *components.BudgetsArgs) { a.TagKey = "" },
		"TopicARN is required": func(a *components.BudgetsArgs) { a.TopicARN = nil },
		"want 0 or more":       func(a *components.BudgetsArgs) { a.MonthlyUSD = -1 },
		"nothing is to be made": func(a *components.BudgetsArgs) {
			a.MonthlyUSD, a.AnomalyUSD, a.AllocationTags = 0, 0, nil
		},
		"want 1 to 10 together": func(a *components.BudgetsArgs) { a.ActualPercents, a.ForecastPercents = nil, nil },
	} {
		rec, err := pulumitest.RunErr(func(ctx *pulumi.Context) error {
			_, err := components.NewBudgets(ctx, "s", changed(budgetsArgs(), change))
			return err
		})
		require.ErrorContains(t, err, want)
		assert.Empty(t, rec.OfType(budgetToken))
	}
}

func TestTheTopicAdmitsWhoTellsOfMoney(t *testing.T) {
	for _, publishers := range [][]string{nil, {components.BudgetsService, components.AnomaliesService}} {
		rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
			_, err := components.NewAlarms(ctx, "alarms", &components.AlarmsArgs{
				KMSKeyARN: pulumi.String(keyARN), AccountID: graph.Account, Publishers: publishers,
			})
			return err
		})
		document, err := policies.Parse(rec.One(t, "aws:sns/topicPolicy:TopicPolicy", "alarms-policy").String(t,
			"policy"))
		require.NoError(t, err)
		statement, found := document.Find("ServicesPublish")
		assert.Equal(t, publishers != nil, found)
		if found {
			assert.Equal(t, map[string][]string{"Service": publishers}, statement.Principal)
			assert.NotEmpty(t, statement.Condition, "for this account only")
		}
	}
}
