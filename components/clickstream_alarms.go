package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/policies"
)

// clickstreamMetrics are what its alarms watch.
type clickstreamMetrics struct {
	incoming, invoked, latency, age, dropped, undelivered, onFailure, refused, returned, received, quarantined metric
}

func streamMetric(metricName, statistic string, stream pulumi.StringInput) metric {
	return metric{"AWS/Kinesis", metricName, statistic, []dimension{{"StreamName", stream}}}
}

func clickMetrics(
	args *ClickstreamArgs, stream, function, mapping pulumi.StringInput, onFailure metric,
) clickstreamMetrics {
	own := func(name string) metric {
		return metric{args.MetricsNamespace, name, "Sum", []dimension{{"Dataset", pulumi.String(args.Dataset)}}}
	}
	return clickstreamMetrics{
		incoming: streamMetric("IncomingRecords", "Sum", stream),
		invoked:  metric{"AWS/Lambda", "InvokedEventCount", "Sum", []dimension{{"EventSourceMappingUUID", mapping}}},
		refused:  streamMetric("WriteProvisionedThroughputExceeded", "Sum", stream),
		// Most events are in time; those that come late by hours are in the last percent.
		latency: metric{args.MetricsNamespace, "Latency",
			"p90", []dimension{{"Dataset", pulumi.String(args.Dataset)}}},
		returned: own("ReturnedRecords"), received: own("Received"), quarantined: own("Quarantined"),
		age:         functionMetric("IteratorAge", "Maximum", function),
		dropped:     metric{"AWS/Lambda", "DroppedEventCount", "Sum", []dimension{{"EventSourceMappingUUID", mapping}}},
		undelivered: functionMetric("DestinationDeliveryFailures", "Sum", function),
		onFailure:   onFailure,
	}
}

// newAlarms registers the alarms and returns those that say that clicks are late.
func (m clickstreamMetrics) newAlarms(
	ctx *pulumi.Context, name string, args *ClickstreamArgs, parent pulumi.ResourceOption,
) ([]*cloudwatch.MetricAlarm, error) {
	made := map[string]*cloudwatch.MetricAlarm{}
	for _, a := range []struct {
		noun string
		alarm
	}{
		{"freshness", alarm{
			Runbook: fmt.Sprintf("More than a tenth of the clicks became queryable later than the %s of their SLO, counted from the event's own time. "+
				"If the stream's records are not old (see the lateness alarm), the sources send late or their clocks are wrong.", args.SLO),
			Page:    "clicks-freshness",
			Metrics: []metric{m.latency}, Period: 300, Periods: 3, Threshold: float64(args.SLO.Milliseconds()),
		}},
		{"lateness", alarm{
			Runbook: fmt.Sprintf("Clicks wait in the stream for more than half of the %s of their SLO. Look at the function's errors and duration; "+
				"if it is healthy, the stream has too few shards.", args.SLO),
			Page:    "clicks-lateness",
			Metrics: []metric{m.age}, Period: 60, Periods: 3, Delay: clickTimeoutSeconds,
			Threshold: float64(args.SLO.Milliseconds()) / 2,
		}},
		// A mapping that is off tells neither the age of records nor when their rows came: all other metrics are
		// silent.
		{"stalled", alarm{
			Runbook: "Records come into the stream and the function is not called with any: its mapping is disabled, or may not read the stream. Nothing is lost before the stream's retention ends.",
			Page:    "clicks-stalled", Metrics: []metric{m.incoming, m.invoked},
			Expression: "IF(FILL(m1, 0) > 0 AND FILL(m2, 0) == 0, 1, 0)", Period: 300, Periods: 2,
		}},
		{"refused", alarm{
			Runbook: "The stream refuses records because they come faster than it can take them; sources that do not try again lose them. " +
				"Give a provisioned stream more shards; one on demand grows by itself within minutes, unless one partition key has most of the records.",
			Page:    "clicks-refused",
			Metrics: []metric{m.refused}, Period: 60, Periods: 5,
		}},
		{"quarantined", alarm{
			Runbook: fmt.Sprintf("More than %g of the clicks of five minutes were refused and are in quarantine: "+
				"a deployment of the function or of a site has changed what is sent, or what is taken.", args.QuarantineLimit),
			Page: "clicks-quarantined", Metrics: []metric{m.quarantined, m.received},
			Expression: "IF(m2 >= 20, m1 / m2, 0)", Period: 300, Periods: 1, Threshold: args.QuarantineLimit,
		}},
		{"returned", alarm{
			Runbook: "The function returns records to the stream: what it needs fails, such as a bucket, the table of hours or a key. " +
				"They are tried again until they are older than clickstream.maxRecordAgeSeconds. Look for the first ERROR in its log.",
			// Tries grow rarer: three minutes beside each other may not all have one.
			Page: "returned", Metrics: []metric{m.returned}, Period: 60, Periods: 2, Delay: clickTimeoutSeconds,
		}},
		{"dropped", alarm{
			Runbook: "The mapping gave records up, or could not even send them to its on-failure destination. " +
				"What was sent is below " + policies.FailurePrefix +
				" in the bucket of discarded records: replay it when the cause is gone. " +
				"DestinationDeliveryFailures means that the function's role cannot write there: repair that first, and read the stream again while it has the records.",
			Page:    "clicks-dropped",
			Metrics: []metric{m.dropped, m.undelivered}, Period: 60, Periods: 1, Delay: clickTimeoutSeconds,
		}},
	} {
		var err error
		if made[a.noun], err = newAlarm(ctx, name+"-"+a.noun, args.Build.TopicARN, a.alarm, parent); err != nil {
			return nil, err
		}
	}
	return []*cloudwatch.MetricAlarm{made["freshness"], made["lateness"], made["stalled"], made["dropped"]}, nil
}

// Late are the alarms that say that clicks are late.
func (c *Clickstream) Late() []pulumi.Resource {
	resources := make([]pulumi.Resource, 0, len(c.late))
	for _, alarm := range c.late {
		resources = append(resources, alarm)
	}
	return resources
}

// NewSLOAlarm registers the alarm that clicks are late, whichever of the others has seen it, after something that took
// its time since these.
func (c *Clickstream) NewSLOAlarm(ctx *pulumi.Context, wait pulumi.Resource) error {
	return newSymptom(ctx, c.name+"-late", c.args.Build.TopicARN, fmt.Sprintf(
		"%s are late: they are not queryable within the %s of their SLO, or soon will not be.", c.args.Dataset,
		c.args.SLO,
	),
		"clicks-late", c.late, wait, pulumi.Parent(c))
}

func (m clickstreamMetrics) row(stream pulumi.StringInput) WidgetRow {
	return WidgetRow{Title: "Clickstream", Graphs: []Graph{
		{"Records in", []metric{m.incoming, m.invoked, m.refused}},
		{"From event to row (ms)", []metric{m.latency}},
		{"Age of the oldest record (ms)",
			[]metric{m.age, streamMetric("GetRecords.IteratorAgeMilliseconds", "Maximum", stream)}},
		{"On-failure destination", []metric{m.dropped, m.undelivered, m.onFailure}},
	}}
}
