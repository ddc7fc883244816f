package components

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// What is reported of executions and of runs of jobs: which, and how it ended.
var (
	ofExecutions = map[string]string{"execution": "$.detail.executionArn", "status": "$.detail.status"}
	ofRuns       = map[string]string{
		"job": "$.detail.jobName", "run": "$.detail.jobRunId", "state": "$.detail.state",
	}
	ofObjects = map[string]string{"bucket": "$.detail.bucket.name", "key": "$.detail.object.key"}
	ofAlarms  = map[string]string{"alarm": "$.detail.alarmName", "reason": "$.detail.state.reason"}
)

// eventRule sends of every event that matches the pattern some parts to the topic, and alarms on the number of
// matches, which does not depend on the event being delivered. What the topic refuses is kept in a queue.
type eventRule struct {
	Description string
	Pattern     pulumi.Map
	Runbook     string
	Page        string // of the runbook
	// Reported are the parts of an event that the topic gets, by the name that they have there. Not all of it: what a
	// job says of its failure may quote data, and a topic's messages leave by e-mail.
	Reported map[string]string
	// Stays is the alarm's: what the events are about waits for somebody.
	Stays bool
	// UndeliveredARN is the queue for events that the topic did not take.
	UndeliveredARN pulumi.StringInput
}

// newEventRule registers the rule and an alarm, and returns the metric of its matches.
func newEventRule(
	ctx *pulumi.Context, name string, topic pulumi.StringInput, r eventRule, parent pulumi.ResourceOption,
) (metric, error) {
	rule, err := r.register(ctx, name, topic, parent)
	if err != nil {
		return metric{}, err
	}
	matches := metric{"AWS/Events", "MatchedEvents", "Sum", []dimension{{"RuleName", rule.Name}}}
	_, err = newAlarm(ctx, name, topic, alarm{
		Runbook: r.Runbook, Page: r.Page, Metrics: []metric{matches}, Period: 60, Periods: 1, Stays: r.Stays,
	}, parent)
	return matches, err
}

// register registers the rule with its target.
func (r eventRule) register(
	ctx *pulumi.Context, name string, topic pulumi.StringInput, parent pulumi.ResourceOption,
) (*cloudwatch.EventRule, error) {
	rule, err := cloudwatch.NewEventRule(ctx, name, &cloudwatch.EventRuleArgs{
		Description: pulumi.String(r.Description), EventPattern: pulumi.JSONMarshal(r.Pattern),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("rule %q: %w", name, err)
	}
	if _, err := cloudwatch.NewEventTarget(ctx, name+"-target", &cloudwatch.EventTargetArgs{
		Rule: rule.Name, Arn: topic,
		DeadLetterConfig: &cloudwatch.EventTargetDeadLetterConfigArgs{Arn: r.UndeliveredARN.ToStringOutput()},
		InputTransformer: r.reported(),
	}, parent); err != nil {
		return nil, fmt.Errorf("target of rule %q: %w", name, err)
	}
	return rule, nil
}

// reported are the parts of an event, with its time and kind, as JSON.
func (r eventRule) reported() *cloudwatch.EventTargetInputTransformerArgs {
	paths := pulumi.StringMap{"kind": pulumi.String("$.detail-type"), "time": pulumi.String("$.time")}
	for name, path := range r.Reported {
		paths[name] = pulumi.String(path)
	}
	parts := make([]string, 0, len(paths))
	for _, name := range slices.Sorted(maps.Keys(paths)) {
		parts = append(parts, fmt.Sprintf("%q: <%s>", name, name))
	}
	return &cloudwatch.EventTargetInputTransformerArgs{
		InputPaths: paths, InputTemplate: pulumi.String("{" + strings.Join(parts, ", ") + "}"),
	}
}
