package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// eventRule sends every event that matches the pattern to the topic, for its details, and alarms on the number of
// matches, which does not depend on the event being delivered. What the topic refuses is kept in a queue.
type eventRule struct {
	Description string
	Pattern     pulumi.Map
	Runbook     string
	Page        string // of the runbook
	// UndeliveredARN is the queue for events that the topic did not take.
	UndeliveredARN pulumi.StringInput
}

// newEventRule registers the rule and returns the metric of its matches.
func newEventRule(
	ctx *pulumi.Context, name string, topic pulumi.StringInput, r eventRule, parent pulumi.ResourceOption,
) (metric, error) {
	rule, err := cloudwatch.NewEventRule(ctx, name, &cloudwatch.EventRuleArgs{
		Description: pulumi.String(r.Description), EventPattern: pulumi.JSONMarshal(r.Pattern),
	}, parent)
	if err != nil {
		return metric{}, fmt.Errorf("rule %q: %w", name, err)
	}
	if _, err := cloudwatch.NewEventTarget(ctx, name+"-target", &cloudwatch.EventTargetArgs{
		Rule: rule.Name, Arn: topic,
		DeadLetterConfig: &cloudwatch.EventTargetDeadLetterConfigArgs{Arn: r.UndeliveredARN.ToStringOutput()},
	}, parent); err != nil {
		return metric{}, fmt.Errorf("target of rule %q: %w", name, err)
	}
	matches := metric{"AWS/Events", "MatchedEvents", "Sum", []dimension{{"RuleName", rule.Name}}}
	_, err = newAlarm(ctx, name, topic,
		alarm{Runbook: r.Runbook, Page: r.Page, Metrics: []metric{matches}, Period: 60, Periods: 1}, parent)
	return matches, err
}
