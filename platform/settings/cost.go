package settings

import "fmt"

// Cost watches what the stack costs. A budget and a monitor see the costs that carry the stack's tag, which AWS
// collects only while the tag is active as a cost allocation tag of the account that pays.
type Cost struct {
	// MonthlyUSD is the budget of a month; 0 means none.
	MonthlyUSD int `json:"monthlyUsd"`
	// ActualPercents and ForecastPercents are the shares of it at which the alarms' topic is notified: spent, and
	// foreseen for the month.
	ActualPercents   []int `json:"actualPercents"`
	ForecastPercents []int `json:"forecastPercents"`
	// AnomalyUSD is the impact from which an unusual cost is notified; 0 means no monitor. AWS makes monitors of a tag
	// only in the account that pays, with Cost Explorer switched on, and of an active one: leave it at 0 where another
	// account pays, and in the first deployment.
	AnomalyUSD int `json:"anomalyUsd"`
	// AllocationTags makes the stack's tags active for the bill. AWS refuses that before it has seen them, a day after
	// the first deployment, and outside the account that pays; of its stacks one may do so.
	AllocationTags bool `json:"allocationTags"`
}

// Watched says whether anything looks at what the stack costs.
func (c Cost) Watched() bool { return c.MonthlyUSD > 0 || c.AnomalyUSD > 0 }

func (c Cost) check(p *problems) {
	const most = 10_000_000
	p.between("cost.monthlyUsd", c.MonthlyUSD, 0, most, "USD; 0 for no budget")
	p.between("cost.anomalyUsd", c.AnomalyUSD, 0, most, "USD; 0 for no monitor")
	if reported := len(c.ActualPercents) + len(c.ForecastPercents); c.MonthlyUSD > 0 {
		p.between("cost.actualPercents and cost.forecastPercents", reported, 1, 10,
			"notifications of a budget, AWS Budgets quotas")
	}
	for key, percents := range map[string][]int{
		"cost.actualPercents": c.ActualPercents, "cost.forecastPercents": c.ForecastPercents,
	} {
		for i, percent := range percents {
			p.between(fmt.Sprintf("%s[%d]", key, i), percent, 1, 1000, "per cent of cost.monthlyUsd")
		}
	}
}
