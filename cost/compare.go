package cost

import (
	"fmt"
	"slices"
	"strings"

	"dataplatform/platform/settings"
)

// Published are figures of Clickstream Analytics on AWS for its ingestion module with a provisioned stream, in USD a
// month in us-east-1: docs/en/plan-deployment/cost.md in awslabs/clickstream-analytics-on-aws. docs/cost.md says how
// they compare.
var Published = []struct {
	RequestsPerSecond float64
	Shards            int
	// Servers are EC2 instances at commit 180168b, Fargate tasks at 15824f9 (2024-08-30).
	EC2, Fargate float64
	// Stream is the part of the total that its row "Buffer cost" gives, and OnDemand the same of an on-demand stream,
	// at 180168b.
	Stream, OnDemand float64
	// LoadBalancer is before the servers.
	LoadBalancer float64
}{
	{10, 2, 165, 71.8, 22, 38, 18}, {100, 2, 195, 101.8, 26, 115, 43}, {1000, 10, 568, 528.8, 180, 1051, 252},
}

// servers is what the EC2 servers of the row of EC2 cost.
const servers = 122

// collectorMemoryMB is what a collector has where the stack that is compared has none.
const collectorMemoryMB = 256

// Others are what is published of whole platforms, in USD a month, with the same traffic: of Clickstream Analytics on
// AWS its ingestion with a provisioned stream, hourly processing and Redshift, given by the million events at commit
// 15824f9, and of Snowplow's quick start on AWS its documentation's estimate.
var Others = []struct {
	Name            string
	EventsPerSecond float64
	// EventsPerRecord and RecordBytes are how they come, Shards what they fit into.
	EventsPerRecord, RecordBytes float64
	Shards                       int
	USDPerMillion, USD           float64 // one of them
}{
	{"Clickstream Analytics, 10 requests a second", 100, 10, 2000, 2, 1.20, 0},
	{"Clickstream Analytics, 100 requests a second", 1000, 10, 2000, 2, 0.33, 0},
	{"Clickstream Analytics, 1,000 requests a second", 10000, 10, 2000, 10, 0.17, 0},
	{"Snowplow's quick start, 100 events a second", 100, 1, 600, 1, 0, 200},
}

// ingestion are the services that take an event from the stream to raw and processed.
var ingestion = []string{"Kinesis", "Lambda", "S3", "KMS"}

// Comparison estimates a stack with the traffic of Published, as Markdown: requests of 10 events in 2 KB, data of one
// month, no files and no queries, in us-east-1.
func Comparison(stack Stack, in Input) (string, error) {
	var b strings.Builder
	b.WriteString(
		"| requests a second | events a month | published, EC2 | published, Fargate | its stream | this stream | this ingestion | on demand: its stream | this stream | this ingestion | its endpoint, EC2 | its endpoint, Fargate | this collector | with CloudFront | this collector, a million events |\n",
	)
	b.WriteString("|" + strings.Repeat("---:|", 15) + "\n")
	in.Workload.Months, in.Workload.Files.PerHour = 1, 0
	in.Workload.Clicks.EventsPerRecord, in.Workload.Clicks.RecordBytes = 10, 2000
	stack.Settings.Region, stack.Schedules = homeRegion, nil
	stack.Settings.Clickstream.RetentionHours = 24
	for _, row := range Published {
		in.Workload.Clicks.EventsPerSecond = row.RequestsPerSecond * 10
		provisioned, err := ingest(stack, in, settings.Clickstream{Mode: "provisioned", Shards: row.Shards})
		if err != nil {
			return "", err
		}
		onDemand, err := ingest(stack, in, settings.Clickstream{Mode: "onDemand"})
		if err != nil {
			return "", err
		}
		collector, err := endpoint(stack, in, false)
		if err != nil {
			return "", err
		}
		behind, err := endpoint(stack, in, true)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b,
			"| %.0f | %s | %.0f | %.1f | %.0f | %.2f | %.2f | %.0f | %.2f | %.2f | %.0f | %.0f | %.2f | %.2f | %.3f |\n",
			row.RequestsPerSecond, number(row.RequestsPerSecond*10*secondsPerMonth), row.EC2, row.Fargate, row.Stream,
			provisioned.Of("Kinesis"), sum(provisioned), row.OnDemand, onDemand.Of("Kinesis"), sum(onDemand),
			row.LoadBalancer+servers, row.LoadBalancer+servers-(row.EC2-row.Fargate), collector, behind,
			collector/(row.RequestsPerSecond*10*secondsPerMonth/1e6))
	}
	return b.String(), nil
}

// Whole estimates all that a stack has, with the pipeline of clicks alone, beside Others, as Markdown: a month of data,
// no files and no queries.
func Whole(stack Stack, in Input) (string, error) {
	var b strings.Builder
	b.WriteString(
		"| published | events a month | published, USD | this stack, USD | published, USD a million events | this stack |\n|---|---:|---:|---:|---:|---:|\n",
	)
	in.Workload.Months, in.Workload.Files.PerHour, in.Workload.Queries.PerDay = 1, 0, 0
	stack.Settings.Region = homeRegion
	stack.Settings.Clickstream.RetentionHours = 24
	stack.Schedules = slices.DeleteFunc(slices.Clone(stack.Schedules),
		func(s Schedule) bool { return !s.Streaming && !s.Maintenance })
	for _, other := range Others {
		c := &in.Workload.Clicks
		c.EventsPerSecond, c.EventsPerRecord, c.RecordBytes = other.EventsPerSecond, other.EventsPerRecord,
			other.RecordBytes
		estimate, err := ingest(stack, in, settings.Clickstream{Mode: "provisioned", Shards: other.Shards})
		if err != nil {
			return "", err
		}
		millions := other.EventsPerSecond * secondsPerMonth / 1e6
		total := max(other.USD, other.USDPerMillion*millions)
		fmt.Fprintf(&b, "| %s | %s | %.0f | %.0f | %.2f | %.2f |\n", other.Name, number(millions*1e6), total,
			estimate.Total(), total/millions, estimate.Total()/millions)
	}
	return b.String(), nil
}

func ingest(stack Stack, in Input, stream settings.Clickstream) (Estimate, error) {
	stack.Settings.Clickstream.Mode, stack.Settings.Clickstream.Shards = stream.Mode, stream.Shards
	return New(stack, in)
}

// endpoint is what a collector adds to an ingestion, alone or behind CloudFront.
func endpoint(stack Stack, in Input, cloudFront bool) (float64, error) {
	stack.CollectorMemoryMB = 0
	without, err := New(stack, in)
	if err != nil {
		return 0, err
	}
	stack.CollectorMemoryMB, stack.Settings.Collector.CloudFront = collectorMemoryMB, cloudFront
	with, err := New(stack, in)
	return with.Of("Lambda") - without.Of("Lambda"), err
}

func sum(e Estimate) float64 {
	total := 0.0
	for _, service := range ingestion {
		total += e.Of(service)
	}
	return total
}
