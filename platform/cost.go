package platform

import (
	"dataplatform/components"
	"dataplatform/platform/settings"
)

// allocationTags are the tags that the provider puts on everything.
var allocationTags = []string{"project", stackTag, "owner", "costCentre"}

const stackTag = "stack"

// costPublishers are the services that tell the alarms' topic of money.
func costPublishers(c settings.Cost) []string {
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
	if !c.Watched() && !c.AllocationTags {
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
