package components

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Health is a figure that a job's runs report of its dataset, which is nothing as long as all is well. Without a page
// there is no alarm: it is one to look at, on the dashboard.
type Health struct {
	// Metric is its name, Dataset the pipeline it is about.
	Metric, Dataset string
	// Title is of its line on the dashboard.
	Title string
	// Runbook and Page are of its alarm.
	Runbook, Page string
}

func (h Health) metric(namespace string) metric {
	return metric{namespace, h.Metric, "Maximum", []dimension{{"Dataset", pulumi.String(h.Dataset)}}}
}

// newHealthAlarms registers an alarm for each figure. Runs come every hour, and one that is not reported says nothing
// of it.
func newHealthAlarms(ctx *pulumi.Context, name string, args *JobArgs, parent pulumi.ResourceOption) error {
	for _, health := range args.Health {
		if health.Page == "" {
			continue
		}
		if _, err := newAlarm(ctx, name+"-"+health.Page, args.TopicARN, alarm{
			Runbook: health.Runbook, Page: health.Page, Metrics: []metric{health.metric(args.MetricsNamespace)},
			Period: freshnessPeriod, Periods: 1,
		}, parent); err != nil {
			return fmt.Errorf("%s: %w", health.Metric, err)
		}
	}
	return nil
}

func (args *JobArgs) healthGraphs() []Graph {
	var graphs []Graph
	for _, health := range args.Health {
		graphs = append(graphs, Graph{health.Title, []metric{health.metric(args.MetricsNamespace)}})
	}
	return graphs
}
