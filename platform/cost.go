package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

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

// newBudgets watches what the stack costs.
func newBudgets(ctx *pulumi.Context, e environment, alarms *components.Alarms) error {
	c := e.settings.Cost
	if !c.Watched() && !c.AllocationTags {
		return nil
	}
	args := &components.BudgetsArgs{
		TagKey: stackTag, TagValue: ctx.Stack(), MonthlyUSD: c.MonthlyUSD, ActualPercents: c.ActualPercents,
		ForecastPercents: c.ForecastPercents, AnomalyUSD: c.AnomalyUSD, TopicARN: alarms.TopicARN, After: alarms.Ready,
	}
	if c.AllocationTags {
		args.AllocationTags = allocationTags
	}
	_, err := components.NewBudgets(ctx, "spending", args, e.part("operations"))
	return err
}
