package components

import (
	"fmt"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// freshnessPeriod is an hour: a run an hour says how fresh its tables are.
const freshnessPeriod = 3600

// Published is a dataset that a job publishes, and its SLO.
type Published struct {
	// ID of the contract.
	ID string
	// SLO is the time within which an event is to be in the table.
	SLO time.Duration
}

func freshnessMetric(namespace, id string) metric {
	return metric{namespace, "Freshness", "Minimum", []dimension{{"Dataset", pulumi.String(id)}}}
}

// newFreshnessAlarms registers an alarm for each dataset: the newest event was older than the SLO when a run published
// it. Runs that do not come at all, or have nothing to publish, say nothing: that is for the alarm of the schedule.
func newFreshnessAlarms(ctx *pulumi.Context, name string, args *JobArgs, parent pulumi.ResourceOption) error {
	for _, published := range args.Published {
		if _, err := newAlarm(ctx, name+"-"+strings.ReplaceAll(published.ID, ".",
			"-")+"-freshness", args.TopicARN, alarm{
			Runbook: fmt.Sprintf(
				"The newest event of %s was older than the %s of its contract when it was published. If the last runs began on time, the source sent late.",
				published.ID, published.SLO,
			),
			Page: "dataset-freshness", Metrics: []metric{freshnessMetric(args.MetricsNamespace, published.ID)},
			Period: freshnessPeriod, Periods: 1, Threshold: float64(published.SLO.Milliseconds()),
		}, parent); err != nil {
			return err
		}
	}
	return nil
}

// freshnessGraphs draw all of a job's datasets in one.
func (args *JobArgs) freshnessGraphs() []Graph {
	var lines []metric
	for _, published := range args.Published {
		lines = append(lines, freshnessMetric(args.MetricsNamespace, published.ID))
	}
	if len(lines) == 0 {
		return nil
	}
	return []Graph{{"Age of the newest event when published (ms)", lines}}
}
