package cost

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/platform/preview"
	"dataplatform/platform/settings"
)

const root = ".."

func usd(value float64) *float64 { return &value }

// input has round prices, traffic and measurements, so that every figure below can be worked out by hand.
func input(t *testing.T) Input {
	t.Helper()
	var rows []Price
	for id, value := range map[string]float64{
		"kinesis.onDemand.streamHour": 0.04, "kinesis.onDemand.in": 0.08, "kinesis.onDemand.out": 0.04,
		"kinesis.onDemand.extended": 0.1, "kinesis.shardHour": 0.015, "kinesis.extendedShardHour": 0.02,
		"kinesis.longTerm": 0.023, "lambda.gbSecond.amd64": 0.00002, "lambda.gbSecond.arm64": 0.00001,
		"s3.standard": 0.023, "s3.it.frequent": 0.023, "s3.it.infrequent": 0.0125, "s3.it.deepArchive": 0.001,
		"s3.it.archive": 0.004, "s3.glacier": 0.0036, "s3.deepArchive": 0.001, "glue.dpuHour": 0.44,
		"glue.crawlerDpuHour": 0.44, "athena.scanned": 5, "kms.key": 1, "cloudwatch.logsIn": 0.5,
		"cloudwatch.logsKept": 0.03, "cloudwatch.metric": 0.3, "cloudwatch.alarm": 0.1, "cloudwatch.dashboard": 3,
		"redshift.rpuHour": 0.375, "quicksight.author": 24, "sagemaker.instanceHour": 0.25,
	} {
		rows = append(rows,
			Price{ID: id, USD: usd(value), Per: 1, Unit: "one", Region: homeRegion, Source: "test", Date: "2026"})
	}
	for id, million := range map[string]float64{
		"kinesis.putUnit": 0.014, "lambda.request": 0.2, "s3.it.monitoring": 2.5, "s3.put": 5, "s3.get": 0.4,
		"s3.tag": 1, "kms.request": 3, "stepFunctions.transition": 25, "dynamodb.write": 0.625, "dynamodb.read": 0.125,
		"cloudfront.request": 1,
		"sns.email":          20, "sqs.request": 0.4, "scheduler.invocation": 1, "cloudtrail.dataEvent": 1,
	} {
		rows = append(rows,
			Price{ID: id, USD: usd(million), Per: 1e6, Unit: "one", Region: homeRegion, Source: "test", Date: "2026"})
	}
	for _, unknown := range []string{"s3.it.archiveInstant", "sagemaker.otherInstanceHour",
		"sagemaker.serverlessGbSecond"} {
		rows = append(rows, Price{ID: unknown, Per: 1, Unit: "one", Region: homeRegion})
	}
	prices, err := newPrices(rows)
	require.NoError(t, err)
	in := Input{Prices: prices, Measured: Measured{Batches: []MeasuredBatch{
		{
			Events: 100, ProcessorMicroseconds: 20, RawBytes: 200, ProcessedBytes: 100, RawObjects: 1,
			ProcessedObjects: 1,
		},
		{
			Events: 10000, ProcessorMicroseconds: 10, RawBytes: 100, ProcessedBytes: 50, RawObjects: 1,
			ProcessedObjects: 2, QuarantineObjects: 1,
		},
	}}}
	w := &in.Workload
	w.Months = 12
	w.Clicks.EventsPerSecond, w.Clicks.EventsPerRecord, w.Clicks.RecordBytes = 1000, 10, 2000
	w.Files.PerHour, w.Files.Bytes = 1, 1e6
	w.Queries.PerDay, w.Queries.BytesScanned = 24, 1e9
	w.Redshift.RPUHoursPerDay, w.QuickSight.Authors, w.SageMaker.RequestsPerDay = 24, 2, 1000
	w.Assumed = Assumed{PutSeconds: 0.1, FileSeconds: 1, JobSeconds: 90, RowsPerWorkerSecond: 10000,
		MaintenanceSeconds: 600, ObjectsPerRun: 10, ReadsPerRun: 100, RawFileShare: 0.5, ProcessedFileShare: 0.25,
		CuratedShare: 0.1, KMSRequestShare: 0.01, LogBytesPerInvocation: 1000, LogBytesPerRun: 1e6, CustomMetrics: 10,
		CrawlerDPUHours: 0.5, Emails: 100, ModelJobSeconds: 900, ModelAnswerSeconds: 0.1}
	return in
}

func stack() Stack {
	var s settings.Settings
	s.Region = homeRegion
	s.Clickstream = settings.Clickstream{Mode: "onDemand", RetentionHours: 48, BatchSize: 1000, BatchWindowSeconds: 20}
	s.Jobs = settings.Jobs{WorkerType: "G.2X", Workers: 5}
	s.Storage.Landing.ExpireAfterDays = 7
	s.Analytics.ScanLimitBytes = 100 << 30
	s.LogRetentionDays = 30
	s.Alarms.Emails = []string{"a@example.com", "b@example.com"}
	return Stack{Name: "test", Settings: s, Architecture: "arm64", FileDatasets: []string{"sales"}, Keys: 6,
		AlarmMetrics: 20, Dashboards: 1, QueueMappings: 1, Trails: 1, ClickMemoryMB: 1769, FileMemoryMB: 1024,
		CrawlerRuns: 30, Schedules: []Schedule{{Name: "sales", RunsPerMonth: 730, Transitions: 10, Jobs: 2}}}
}

func line(t *testing.T, e Estimate, service, what string) Line {
	t.Helper()
	for _, l := range e.Lines {
		if l.Service == service && l.What == what {
			return l
		}
	}
	require.Fail(t, "no line "+service+": "+what)
	return Line{}
}

// 1,000 events a second in records of 10: 100 records a second, 2,628,000 s a month: 262.8 million records, 2.628
// billion events. Four shards: 25 records a second each, a window of 20 s: 500 records, 5,000 events a batch, 525,600
// batches. An event of such a batch is priced as one of 100, its objects are those of one of 10,000.
func TestByHand(t *testing.T) {
	e, err := New(stack(), input(t))
	require.NoError(t, err)
	for _, tt := range []struct {
		service, what string
		quantity, usd float64
	}{
		{"Kinesis", "stream", 730, 29.2},
		{"Kinesis", "data in", 538.2144, 43.057152},      // 262.8e6 × 2048 B
		{"Kinesis", "data out", 525.6, 21.024},           // 262.8e6 × 2000 B
		{"Kinesis", "kept 24 h to 7 days", 17.28, 1.728}, // 525.6 GB / 730 h × 24 h
		{"Kinesis", "kept over 7 days", 0, 0},
		// 2.628e9 × 20 µs = 52,560 s, and 525,600 × 0.2 s = 105,120 s: 157,680 s × 1769/1024 GB
		{"Lambda", "click function", 272398.359375, 2.72398359375},
		{"Lambda", "landing function", 730, 0.0073},
		{"Lambda", "requests", 526330, 0.105266},
		{"S3", "landing", 0.168, 0.003864}, // 730 files × 1 MB / 30.4167 days × 7 days
		{"S3", "puts", 525600*4 + 730*2 + 1460*10, (525600*4 + 730*2 + 1460*10) * 5e-6},
		{"S3", "gets", 730 + 1460*100, (730 + 1460*100) * 0.4e-6},
		{"S3", "processed", 3155.79, 72.58317}, // (2.628e9 × 100 B + 0.73 GB × 0.25) × 12
		{"S3", "curated", 315.579, 7.258317},   // a tenth
		{"KMS", "keys", 6, 6},
		{"KMS", "requests", (2118460+146730)*0.01 + 4*12*730*2, ((2118460+146730)*0.01 + 70080) * 3e-6},
		{"Glue", "jobs of files", 1460 * 90.0 / 3600 * 10, 160.6}, // 365 DPU-hours × 0.44
		{"Glue", "jobs of clicks", 0, 0},
		{"Glue", "maintenance", 0, 0},
		{"Glue", "crawler", 15, 6.6},
		{"Step Functions", "transitions", 7300, 0.1825},
		{"DynamoDB", "writes", 730*4 + 1460*4 + 525600, (8760 + 525600) * 0.625e-6},
		{"DynamoDB", "reads", 730*2 + 1460*3, 5840 * 0.125e-6},
		{"Athena", "scanned", 0.73, 3.65}, // 24 × 30.4167 × 1 GB
		{"CloudWatch", "logs in", 0.52633 + 1.46, 0.993165},
		{"CloudWatch", "custom metrics", 10, 3},
		{"CloudWatch", "alarms", 20, 2},
		{"CloudWatch", "dashboards", 1, 3},
		{"CloudTrail", "data events", 2118460 + 146730, 2.26519},
		{"SNS and SQS", "emails", 200, 0.004},
		{"SNS and SQS", "requests", 657000 + 730*3, 659190 * 0.4e-6},
		{"EventBridge Scheduler", "invocations", 730, 0.00073},
		{"Redshift Serverless", "compute", 0, 0},
		{"QuickSight", "authors", 0, 0},
		{"SageMaker", "training and batch", 0, 0},
	} {
		got := line(t, e, tt.service, tt.what)
		assert.InDelta(t, tt.quantity, got.Quantity, 1e-6*max(1, tt.quantity), "%s: %s", tt.service, tt.what)
		assert.InDelta(t, tt.usd, got.USD, 1e-9*max(1, tt.usd), "%s: %s", tt.service, tt.what)
	}
	sum := 0.0
	for _, service := range e.Services() {
		sum += e.Of(service)
	}
	assert.InDelta(t, sum, e.Total(), 1e-9)
}

// An hour of 1,000 events a second are 3.6 million; 5 workers of 10,000 rows a second read them in 72 s, after 90 s:
// 162 s.
func TestJobsByHand(t *testing.T) {
	s := stack()
	s.Schedules = append(s.Schedules,
		Schedule{Name: "clicks", RunsPerMonth: 730, Transitions: 5, Jobs: 1, Streaming: true},
		Schedule{Name: "maintain", RunsPerMonth: daysPerMonth, Jobs: 1, Maintenance: true})
	e, err := New(s, input(t))
	require.NoError(t, err)
	assert.InDelta(t, 365, line(t, e, "Glue", "jobs of files").Quantity, 1e-9)
	assert.InDelta(t, 328.5, line(t, e, "Glue", "jobs of clicks").Quantity, 1e-9)             // 730 × 162 s × 10 DPU
	assert.InDelta(t, 730.0/24*600/3600*10, line(t, e, "Glue", "maintenance").Quantity, 1e-9) // 50.7
	assert.InDelta(t, 328.5*0.44, line(t, e, "Glue", "jobs of clicks").USD, 1e-9)
	assert.InDelta(t, 730*15, line(t, e, "Step Functions", "transitions").Quantity, 1e-9,
		"the daily job has no state machine")
	assert.Contains(t, line(t, e, "Step Functions", "transitions").Inputs, "1.46 k runs of 2 machines")
	in := input(t)
	in.Workload.Assumed.JobSeconds, in.Workload.Clicks.EventsPerSecond = 10, 0
	e, err = New(s, in)
	require.NoError(t, err)
	assert.InDelta(t, 730*60.0/3600*10, line(t, e, "Glue", "jobs of clicks").Quantity, 1e-9,
		"a minute is billed at least")
}

func TestProvisionedStream(t *testing.T) {
	s := stack()
	s.Settings.Clickstream.Mode, s.Settings.Clickstream.Shards = "provisioned", 2
	e, err := New(s, input(t))
	require.NoError(t, err)
	assert.InDelta(t, 2*730*0.015, line(t, e, "Kinesis", "shards").USD, 1e-9)
	assert.InDelta(t, 262.8*0.014, line(t, e, "Kinesis", "put units").USD, 1e-9)
	assert.InDelta(t, 2*730*0.02, line(t, e, "Kinesis", "kept 24 h to 7 days").USD, 1e-9)
	s.Settings.Clickstream.RetentionHours = 24
	e, err = New(s, input(t))
	require.NoError(t, err)
	assert.Zero(t, line(t, e, "Kinesis", "kept 24 h to 7 days").USD)
}

func TestArchitectureDecidesTheRow(t *testing.T) {
	s := stack()
	arm, err := New(s, input(t))
	require.NoError(t, err)
	s.Architecture = "amd64"
	x86, err := New(s, input(t))
	require.NoError(t, err)
	assert.Equal(t, "lambda.gbSecond.arm64", line(t, arm, "Lambda", "click function").Price.ID)
	assert.InDelta(t, 2*line(t, arm, "Lambda", "click function").USD, line(t, x86, "Lambda", "click function").USD,
		1e-9)
}

func TestOptionalParts(t *testing.T) {
	s := stack()
	s.Redshift, s.QuickSight, s.SageMaker = true, true, true
	e, err := New(s, input(t))
	require.NoError(t, err)
	assert.InDelta(t, 730*0.375, e.Of("Redshift Serverless"), 1e-9)
	assert.InDelta(t, 48.0, e.Of("QuickSight"), 1e-9)
	assert.Zero(t, e.Of("SageMaker"), "no schedule trains")
}

func TestModels(t *testing.T) {
	s := stack()
	s.SageMaker = true
	s.Schedules = append(s.Schedules,
		Schedule{Name: "recommendations-weekly", RunsPerMonth: 4, Transitions: 17, Jobs: 2, Models: true})
	s.Settings.Recommendations.Training.InstanceType = "ml.m5.xlarge"
	s.Settings.Recommendations.Endpoint.MemoryMB = 3072
	e, err := New(s, input(t))
	require.NoError(t, err)
	assert.InDelta(t, 2, line(t, e, "SageMaker", "training and batch").Quantity, 1e-9) // 4 runs × 2 jobs × 900 s
	assert.InDelta(t, 0.5, e.Of("SageMaker"), 1e-9)
	serverless := line(t, e, "SageMaker", "endpoint")
	assert.InDelta(t, 1000*daysPerMonth*0.1*3, serverless.Quantity, 1e-6)
	assert.False(t, serverless.Priced(), "told as a line without a price")

	s.Settings.Recommendations.Endpoint = settings.Endpoint{InstanceType: "ml.m5.xlarge", Instances: 2}
	if e, err = New(s, input(t)); assert.NoError(t, err) {
		assert.InDelta(t, 2*730*0.25, line(t, e, "SageMaker", "endpoint").USD, 1e-9)
	}
}

func TestBatches(t *testing.T) {
	for name, tt := range map[string]struct {
		settings         settings.Clickstream
		events, record   float64
		shards, perBatch float64
	}{
		"the window closes": {settings.Clickstream{Mode: "onDemand", BatchSize: 1000, BatchWindowSeconds: 20},
			100, 600, 4, 500},
		"the batch is full": {settings.Clickstream{Mode: "onDemand", BatchSize: 200, BatchWindowSeconds: 20}, 100,
			600, 4, 200},
		"the payload is full": {settings.Clickstream{
			Mode: "provisioned", Shards: 1, BatchSize: 10000, BatchWindowSeconds: 60,
		}, 900, 1000, 1, 4500},
		"a record at a time": {settings.Clickstream{Mode: "onDemand", BatchSize: 1000, BatchWindowSeconds: 1}, 0.1,
			600, 4, 1},
		"more shards for bytes": {settings.Clickstream{Mode: "onDemand", BatchSize: 1, BatchWindowSeconds: 1}, 500,
			20000, 10, 1},
		"more shards for records": {settings.Clickstream{Mode: "onDemand", BatchSize: 1, BatchWindowSeconds: 1}, 6500,
			10, 7, 1},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(t)
			in.Workload.Clicks.EventsPerSecond, in.Workload.Clicks.EventsPerRecord, in.Workload.Clicks.RecordBytes =
				tt.events, 1, tt.record
			load := newClickLoad(tt.settings, in.Workload, in.Measured)
			assert.InDelta(t, tt.shards, load.shards, 1e-9)
			assert.InDelta(t, tt.perBatch, load.eventsPerBatch, 1e-9)
			assert.InDelta(t, tt.events*secondsPerMonth/tt.perBatch, load.invocations, 1e-6)
		})
	}
}

func TestNoClicks(t *testing.T) {
	in := input(t)
	in.Workload.Clicks.EventsPerSecond = 0
	e, err := New(stack(), in)
	require.NoError(t, err)
	assert.InDelta(t, 29.2, e.Of("Kinesis"), 1e-9, "an empty on-demand stream costs its hours")
}

// A thirtieth of 30.4167 GB a day: 1 GB.
func TestTiersOfAnUnreadObject(t *testing.T) {
	for name, tt := range map[string]struct {
		layer  settings.Layer
		months float64
		want   map[string]float64
	}{
		"young": {settings.Layer{}, 0.5, map[string]float64{"frequent": 15.208333}},
		"for ever": {settings.Layer{}, 12,
			map[string]float64{"frequent": 30, "infrequent": 60, "archive instant": 275}},
		"archived": {settings.Layer{GlacierAfterDays: 60, DeepArchiveAfterDays: 200}, 12,
			map[string]float64{"frequent": 30, "infrequent": 30, "Glacier": 140, "Deep Archive": 165}},
		"expired": {settings.Layer{ExpireAfterDays: 40}, 12, map[string]float64{"frequent": 30, "infrequent": 10}},
		"at once": {settings.Layer{DeepArchiveAfterDays: 10}, 12,
			map[string]float64{"frequent": 10, "Deep Archive": 355}},
		"opt-in": {settings.Layer{ArchiveAccessAfterDays: 100, DeepArchiveAccessAfterDays: 200}, 12, map[string]float64{
			"frequent": 30, "infrequent": 60, "archive instant": 10, "archive access": 100, "deep archive access": 165,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]float64{}
			for _, tier := range tiers(tt.layer) {
				if gb := stored(daysPerMonth, tt.months, tier.span); gb > 0 {
					got[tier.name] = gb
				}
			}
			assert.InDeltaMapValues(t, tt.want, got, 1e-6)
		})
	}
}

func TestSmallObjectsAreNotMoved(t *testing.T) {
	in := input(t)
	in.Workload.Clicks.EventsPerSecond = 10 // 5 records of 10 events a batch: 10 KB
	e, err := New(stack(), in)
	require.NoError(t, err)
	assert.Equal(t, "s3.it.frequent", line(t, e, "S3", "raw clicks").Price.ID)
	assert.InDelta(t, 26.28e6*200*12/1e9, line(t, e, "S3", "raw clicks").Quantity, 1e-6)
}

func TestALineWithoutAPrice(t *testing.T) {
	e, err := New(stack(), input(t))
	require.NoError(t, err)
	require.Len(t, e.Unpriced(), 2, "clicks and files in the archive instant tier")
	var out strings.Builder
	e.Print(&out)
	assert.Regexp(t, `raw clicks, archive instant .* no price`, out.String())
	assert.Contains(t, out.String(), "not in it: 2 line(s) without a price")
}

func TestRegions(t *testing.T) {
	in, s := input(t), stack()
	s.Settings.Region = "eu-west-1"
	in.Prices["athena.scanned"] = append(in.Prices["athena.scanned"],
		Price{ID: "athena.scanned", USD: usd(6), Per: 1, Unit: "TB", Region: "eu-west-1"})
	e, err := New(s, in)
	require.NoError(t, err)
	assert.InDelta(t, 0.73*6, e.Of("Athena"), 1e-9)
	var out strings.Builder
	e.Print(&out)
	assert.Regexp(t, `4\.38 +=`, out.String(), "its own price has no mark")
	assert.Regexp(t, `29\.20\* +=`, out.String())
	assert.Contains(t, out.String(), "* priced as in us-east-1")

	delete(in.Prices, "athena.scanned")
	_, err = New(s, in)
	assert.ErrorContains(t, err, "cost/prices.yaml has no row athena.scanned for eu-west-1 or us-east-1")
}

func TestPricesRefuse(t *testing.T) {
	good := Price{ID: "a", USD: usd(1), Per: 1, Unit: "GB", Region: "us-east-1", Source: "s", Date: "2026"}
	for want, change := range map[string]func(*Price){
		"needs id, unit, region and per":      func(p *Price) { p.Per = 0 },
		"has a price without source and date": func(p *Price) { p.Date = "" },
		"is below 0":                          func(p *Price) { p.USD = usd(-1) },
		"dated is only ever read":             func(p *Price) { p.Dated = "guessed" },
	} {
		row := good
		change(&row)
		_, err := newPrices([]Price{row})
		assert.ErrorContains(t, err, want)
	}
	_, err := newPrices([]Price{good, good})
	assert.ErrorContains(t, err, "is there twice")
}

func TestThePriceFile(t *testing.T) {
	in, err := Read(root)
	require.NoError(t, err)
	text, err := os.ReadFile("prices.yaml")
	require.NoError(t, err)
	_, rows, _ := strings.Cut(string(text), "\nprices:")
	assert.Equal(t, 2, strings.Index(rows[strings.Index(rows, "  - {"):],
		"- {id: lambda.gbSecond.amd64, usd: 0.0000166667"), "the first row is Lambda's")
	first, err := in.Prices.in("lambda.gbSecond.amd64", homeRegion)
	require.NoError(t, err)
	assert.Equal(t, "2025-04", first.Date)
	for id, list := range in.Prices {
		for _, row := range list {
			if row.USD != nil {
				assert.Regexp(t, `^https://`, row.Source, id)
				assert.Regexp(t, `^20\d\d(-\d\d(-\d\d)?)?$`, row.Date, id)
			}
		}
	}
}

// TestStacks runs the estimate on the project's own stacks and observes that what the program registers is counted.
func TestStacks(t *testing.T) {
	of := func(name string) (Stack, error) {
		resources, err := preview.Registered(root, name)
		require.NoError(t, err)
		return ReadStack(root, name, resources)
	}
	dev, err := of("dev")
	require.NoError(t, err)
	assert.Equal(t, "arm64", dev.Architecture)
	assert.GreaterOrEqual(t, dev.Keys, 6)
	assert.GreaterOrEqual(t, dev.AlarmMetrics, 20)
	assert.Contains(t, dev.FileDatasets, "sales")
	require.NotEmpty(t, dev.Schedules)
	hourly := map[string]Schedule{}
	for _, schedule := range dev.Schedules {
		hourly[schedule.Name] = schedule
	}
	sales := hourly["sales-hourly"]
	assert.InDelta(t, 730, sales.RunsPerMonth, 1e-9)
	assert.Equal(t, 2, sales.Jobs, "process and curate")
	assert.False(t, sales.Streaming || sales.Maintenance)
	assert.True(t, hourly["clicks-hourly"].Streaming)
	daily := hourly["maintain-daily"]
	assert.InDelta(t, daysPerMonth, daily.RunsPerMonth, 1e-9)
	assert.Equal(t, []any{1, 0, true}, []any{daily.Jobs, daily.Transitions, daily.Maintenance})
	assert.GreaterOrEqual(t, sales.Transitions, 2+3*sales.Jobs, "start, publish, and job, counts and gate a stage")
	assert.InDelta(t, daysPerMonth, dev.CrawlerRuns, 1e-9)
	local, err := of("local")
	require.NoError(t, err)
	assert.Empty(t, local.Schedules, "what is disabled does not run")
	_, err = ReadStack(root, "nowhere", nil)
	assert.Error(t, err)
}

func TestScheduleExpressions(t *testing.T) {
	for give, want := range map[string]float64{
		"cron(5 * * * ? *)": 730, "cron(0 3 * * ? *)": 730.0 / 24, "cron(0/15 * * * ? *)": 2920,
		"cron(5,35 * * * ? *)": 1460, "cron(10/25 */6 * * ? *)": 2 * 4 * 730.0 / 24, "cron(0 3 ? * SUN *)": 730.0 / 168,
		"cron(0 3 ? * MON,THU *)": 2 * 730.0 / 168, "rate(1 hour)": 730, "rate(5 minutes)": 8760,
		"rate(2 days)": 730.0 / 48,
	} {
		got, err := runsPerMonth(give)
		require.NoError(t, err, give)
		assert.InDelta(t, want, got, 1e-9, give)
	}
	for _, give := range []any{
		nil, "", "rate(0 hours)", "rate(1 moon)", "at(2026-01-01T00:00:00)", "cron(5 * * * ? 2027)",
		"cron(5 * 1 * ? *)", "cron(60 * * * ? *)", "cron(0/0 * * * ? *)", "cron(x * * * ? *)",
		"cron(0 3 ? * MON-FRI *)", "cron(0 3 ? 6 SUN *)",
	} {
		_, err := runsPerMonth(give)
		assert.ErrorContains(t, err, "whose runs the estimate can count", "%v", give)
	}
}

func TestHappyPath(t *testing.T) {
	transitions, jobs, err := happyPath(`{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun.sync","Next":"B"},
		"B":{"Type":"Choice","Choices":[{"Next":"C"}],"Default":"F"},"C":{"Type":"Succeed"},"F":{"Type":"Fail"}}}`)
	require.NoError(t, err)
	assert.Equal(t, []int{3, 1}, []int{transitions, jobs})
	_, _, err = happyPath(`{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"A"}}}`)
	assert.ErrorContains(t, err, "circle")
	_, _, err = happyPath(`{"StartAt":"A","States":{}}`)
	assert.ErrorContains(t, err, `"A"`)
}

func TestWorkloadRefuses(t *testing.T) {
	in := input(t)
	in.Workload.Assumed.JobSeconds = -1
	assert.ErrorContains(t, in.check(), "cost/workload.yaml: assumed: jobSeconds: -1 is below 0")
	in = input(t)
	in.Workload.Clicks.EventsPerRecord = 0
	assert.ErrorContains(t, in.check(), "at least 1")
	in = input(t)
	in.Workload.Assumed.RowsPerWorkerSecond = 0
	assert.ErrorContains(t, in.check(), "rowsPerWorkerSecond is at least 1")
	in = input(t)
	in.Measured.Batches = nil
	assert.ErrorContains(t, in.check(), "no batches")
}

func TestNumbers(t *testing.T) {
	for give, want := range map[float64]string{
		0: "0", 12: "12", 0.168: "0.17", 12.34: "12.3", 1234: "1.23 k", 262.8e6: "263 M", 2.628e9: "2.63 G",
		0.0123: "0.0123",
	} {
		assert.Equal(t, want, number(give))
	}
}

// 100 requests a second are 262.8 million a month: at 0.20 USD a million 52.56 USD, of 15 ms at 256 MB 985,500 GB-s.
// Behind CloudFront they are 262.80 USD more.
func TestCollector(t *testing.T) {
	s, in := stack(), input(t)
	in.Workload.Clicks.EventsPerSecond, in.Workload.Clicks.EventsPerRecord = 1000, 10
	in.Workload.Assumed.CollectorSeconds = 0.015
	without, err := New(s, in)
	require.NoError(t, err)
	s.CollectorMemoryMB = 256
	with, err := New(s, in)
	require.NoError(t, err)
	price := map[string]float64{"arm64": 0.00001, "amd64": 0.00002}[s.Architecture]
	assert.InDelta(t, 52.56+985_500*price, with.Total()-without.Total(), 0.01)
	s.Settings.Collector.CloudFront = true
	behind, err := New(s, in)
	require.NoError(t, err)
	assert.InDelta(t, 262.80, behind.Total()-with.Total(), 0.01)
}

// 100 events a second are 262.8 million a month: at 1.20 USD a million 315.36 USD; at 200 USD a month 0.76 a million.
func TestWhole(t *testing.T) {
	s := stack()
	s.Schedules = append(s.Schedules, Schedule{Name: "clicks", RunsPerMonth: 730, Jobs: 1, Streaming: true})
	table, err := Whole(s, input(t))
	require.NoError(t, err)
	rows := strings.Split(strings.TrimSpace(table), "\n")
	require.Len(t, rows, 2+len(Others))
	assert.Contains(t, rows[2], "| 263 M | 315 |")
	assert.Contains(t, rows[2], "| 1.20 |")
	assert.Contains(t, rows[5], "| 263 M | 200 |")
	assert.Contains(t, rows[5], "| 0.76 |")
	// The last row by another way: the same estimate without the files' machine.
	in := input(t)
	in.Workload.Months, in.Workload.Files.PerHour, in.Workload.Queries.PerDay = 1, 0, 0
	in.Workload.Clicks.EventsPerSecond, in.Workload.Clicks.EventsPerRecord, in.Workload.Clicks.RecordBytes = 100, 1, 600
	s.Schedules = s.Schedules[1:]
	s.Settings.Clickstream.Mode, s.Settings.Clickstream.Shards, s.Settings.Clickstream.RetentionHours = "provisioned",
		1, 24
	e, err := New(s, in)
	require.NoError(t, err)
	assert.Contains(t, rows[5], fmt.Sprintf("| 200 | %.0f |", e.Total()))
}
