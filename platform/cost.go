package platform

import (
	"fmt"

	"dataplatform/components"
)

// CostSettings watch what the stack costs. A budget and a monitor see the costs that carry the stack's tag, which AWS collects only while
// the tag is active as a cost allocation tag of the account that pays.
type CostSettings struct {
	// MonthlyUSD is the budget of a month; 0 means none.
	MonthlyUSD int `json:"monthlyUsd"`
	// ActualPercents and ForecastPercents are the shares of it at which the alarms' topic is told: spent, and foreseen for the month.
	ActualPercents   []int `json:"actualPercents"`
	ForecastPercents []int `json:"forecastPercents"`
	// AnomalyUSD is the impact from which an unusual cost is told; 0 means no monitor. AWS makes monitors of a tag only in the account that
	// pays, with Cost Explorer switched on, and of an active one: leave it at 0 where another account pays, and in the first deployment.
	AnomalyUSD int `json:"anomalyUsd"`
	// AllocationTags makes the stack's tags active for the bill. AWS refuses that before it has seen them, a day after the first deployment,
	// and outside the account that pays; of its stacks one may do so.
	AllocationTags bool `json:"allocationTags"`
}

// allocationTags are the tags that the provider puts on everything.
var allocationTags = []string{"project", stackTag, "owner", "costCentre"}

const stackTag = "stack"

func (c CostSettings) watched() bool { return c.MonthlyUSD > 0 || c.AnomalyUSD > 0 }

func (c CostSettings) check(p *problems) {
	const most = 10_000_000
	p.between("cost.monthlyUsd", c.MonthlyUSD, 0, most, "USD; 0 for no budget")
	p.between("cost.anomalyUsd", c.AnomalyUSD, 0, most, "USD; 0 for no monitor")
	if told := len(c.ActualPercents) + len(c.ForecastPercents); c.MonthlyUSD > 0 {
		p.between("cost.actualPercents and cost.forecastPercents", told, 1, 10, "notifications of a budget, AWS Budgets quotas")
	}
	for key, percents := range map[string][]int{"cost.actualPercents": c.ActualPercents, "cost.forecastPercents": c.ForecastPercents} {
		for i, percent := range percents {
			p.between(fmt.Sprintf("%s[%d]", key, i), percent, 1, 1000, "per cent of cost.monthlyUsd")
		}
	}
}

// publishers are the services that tell the alarms' topic of money.
func (c CostSettings) publishers() []string {
	var services []string
	if c.MonthlyUSD > 0 {
		services = append(services, components.BudgetsService)
	}
	if c.AnomalyUSD > 0 {
		services = append(services, components.AnomaliesService)
	}
	return services
}

func (d *deployment) newSpending() error {
	c := d.settings.Cost
	if !c.watched() && !c.AllocationTags {
		return nil
	}
	args := &components.SpendingArgs{
		TagKey: stackTag, TagValue: d.ctx.Stack(), MonthlyUSD: c.MonthlyUSD, ActualPercents: c.ActualPercents, ForecastPercents: c.ForecastPercents,
		AnomalyUSD: c.AnomalyUSD, TopicARN: d.alarms.TopicARN, After: d.alarms.Ready,
	}
	if c.AllocationTags {
		args.AllocationTags = allocationTags
	}
	_, err := components.NewSpending(d.ctx, "spending", args, d.part("operations"))
	return err
}
