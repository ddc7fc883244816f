package cost

import (
	"fmt"
	"math"
)

func (e *estimator) kinesis() {
	s, c, load := e.Settings.Clickstream, e.Workload.Clicks, e.clicks
	kept := float64(min(s.RetentionHours, 168) - 24) // hours beyond the free day, within the first week
	long := float64(max(0, s.RetentionHours-168))
	perHour := load.records * c.RecordBytes / gigabyte / hoursPerMonth
	if s.Mode == "onDemand" {
		rounded := math.Ceil(c.RecordBytes/onDemandRoundingUpTo) * onDemandRoundingUpTo
		in := load.records * rounded / gigabyte
		e.add("kinesis.onDemand.streamHour", "stream", hoursPerMonth, "1 on-demand stream × %d h", hoursPerMonth)
		e.add("kinesis.onDemand.in", "data in", in,
			"%s records × %.0f B, each rounded up to whole KiB: %.0f B", number(load.records), c.RecordBytes, rounded)
		e.add("kinesis.onDemand.out", "data out", load.records*c.RecordBytes/gigabyte,
			"%s records × %.0f B × 1 reader", number(load.records), c.RecordBytes)
		e.add("kinesis.onDemand.extended", "kept 24 h to 7 days", perHour*kept,
			"%s GB an hour × %.0f h of %d h retention", number(perHour), kept, s.RetentionHours)
	} else {
		units := load.records * math.Ceil(c.RecordBytes/putUnitBytes)
		e.add("kinesis.shardHour", "shards", load.shards*hoursPerMonth, "%.0f shards × %d h", load.shards,
			hoursPerMonth)
		e.add("kinesis.putUnit", "put units", units, "%s records × %.0f of 25 KB", number(load.records),
			math.Ceil(c.RecordBytes/putUnitBytes))
		extended := 0.0
		if kept > 0 {
			extended = load.shards * hoursPerMonth
		}
		e.add("kinesis.extendedShardHour", "kept 24 h to 7 days", extended, "%.0f shards, retention %d h", load.shards,
			s.RetentionHours)
	}
	e.add("kinesis.longTerm", "kept over 7 days", perHour*long, "%s GB an hour × %.0f h", number(perHour), long)
}

func (e *estimator) lambda() {
	load, a := e.clicks, e.Workload.Assumed
	// A function has one vCPU at 1,769 MB; one goroutine does the work, so more memory does not shorten it (Lambda:
	// memory and computing power).
	share := min(1, e.ClickMemoryMB/1769)
	seconds := load.events*load.event.ProcessorMicroseconds/1e6/share + load.invocations*2*a.PutSeconds
	price := "lambda.gbSecond." + e.Architecture
	e.add(price, "click function", seconds*e.ClickMemoryMB/1024,
		"%s events × %.1f µs + %s batches × 2 × ~%g s, at %.0f MB %s", number(load.events),
		load.event.ProcessorMicroseconds, number(load.invocations), a.PutSeconds, e.ClickMemoryMB, e.Architecture)
	files := e.files()
	e.add(price, "landing function", files*a.FileSeconds*e.FileMemoryMB/1024,
		"%s files × ~%g s at %.0f MB %s", number(files), a.FileSeconds, e.FileMemoryMB, e.Architecture)
	e.add("lambda.request", "requests", load.invocations+files,
		"%s batches of %s events + %s files", number(load.invocations), number(load.eventsPerBatch), number(files))
	e.collector()
}

// collector is the address that clicks are sent to. A request is a record, as the sender would put it itself; it
// leaves no lines in the log.
func (e *estimator) collector() {
	if e.CollectorMemoryMB == 0 {
		return
	}
	requests, seconds := e.clicks.records, e.Workload.Assumed.CollectorSeconds
	e.add("lambda.gbSecond."+e.Architecture, "collector", requests*seconds*e.CollectorMemoryMB/1024,
		"%s requests × ~%g s at %.0f MB %s", number(requests), seconds, e.CollectorMemoryMB, e.Architecture)
	e.add("lambda.request", "requests of the collector", requests, "%s requests of %g events", number(requests),
		e.Workload.Clicks.EventsPerRecord)
	if e.Settings.Collector.CloudFront {
		e.add("cloudfront.request", "CloudFront before it", requests, "%s HTTPS requests", number(requests))
	}
}

// files a month, of all datasets.
func (e *estimator) files() float64 {
	return e.Workload.Files.PerHour * hoursPerMonth * float64(len(e.FileDatasets))
}

// jobs a month that schedules start.
func (e *estimator) jobs() float64 { return e.runs(func(Schedule) bool { return true }) }

// runs of jobs a month that some of the schedules start.
func (e *estimator) runs(of func(Schedule) bool) float64 {
	sum := 0.0
	for _, schedule := range e.Schedules {
		if of(schedule) {
			sum += schedule.RunsPerMonth * float64(schedule.Jobs)
		}
	}
	return sum
}

// dpus of a Glue worker (AWS Glue: worker types).
var dpus = map[string]float64{"G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8, "G.025X": 0.25}

// minimumJobSeconds is what a run is billed at least (AWS Glue pricing, version 2.0 and later).
const minimumJobSeconds = 60

func (e *estimator) glue() {
	j, a := e.Settings.Jobs, e.Workload.Assumed
	dpu, known := dpus[j.WorkerType]
	if !known {
		e.errs = append(e.errs, fmt.Errorf("how many DPU a worker %s has is not known", j.WorkerType))
	}
	// A run starts, and reads what came since the one before: files are few, clicks are not.
	clicks := e.Workload.Clicks.EventsPerSecond * 3600 / a.RowsPerWorkerSecond / float64(j.Workers)
	for _, kind := range []struct {
		what    string
		of      func(Schedule) bool
		seconds float64
		inputs  string
	}{
		{"jobs of files", func(s Schedule) bool { return !s.Streaming && !s.Maintenance }, a.JobSeconds,
			fmt.Sprintf("~%g s", a.JobSeconds)},
		{"jobs of clicks", func(s Schedule) bool { return s.Streaming }, a.JobSeconds + clicks,
			fmt.Sprintf("(~%g s + %s events an hour / ~%s rows a worker and second / %d)", a.JobSeconds,
				number(e.Workload.Clicks.EventsPerSecond*3600), number(a.RowsPerWorkerSecond), j.Workers)},
		{"maintenance", func(s Schedule) bool { return s.Maintenance }, a.MaintenanceSeconds,
			fmt.Sprintf("~%g s", a.MaintenanceSeconds)},
	} {
		runs := e.runs(kind.of)
		seconds := max(minimumJobSeconds, kind.seconds)
		e.add("glue.dpuHour", kind.what, runs*seconds/3600*float64(j.Workers)*dpu,
			"%s runs × %s × %d workers %s of %g DPU, none scaled in", number(runs), kind.inputs, j.Workers,
			j.WorkerType, dpu)
	}
	e.add("glue.crawlerDpuHour", "crawler", e.CrawlerRuns*a.CrawlerDPUHours,
		"%s runs × ~%g DPU-hours", number(e.CrawlerRuns), a.CrawlerDPUHours)
}

func (e *estimator) kms() {
	requests := e.requests()
	// "Kinesis Data Streams calls AWS KMS approximately every five minutes" a shard, for each side (Kinesis:
	// server-side encryption).
	stream := e.clicks.shards * 12 * hoursPerMonth * 2
	e.add("kms.key", "keys", float64(e.Keys), "%d keys", e.Keys)
	e.add("kms.request", "requests", (requests.puts+requests.gets)*e.Workload.Assumed.KMSRequestShare+stream,
		"%s S3 requests × ~%g + %.0f shards × 12 an hour × 2", number(requests.puts+requests.gets),
		e.Workload.Assumed.KMSRequestShare, e.clicks.shards)
}

func (e *estimator) cloudTrail() {
	requests := e.requests()
	e.add("cloudtrail.dataEvent", "data events", (requests.puts+requests.gets)*float64(e.Trails),
		"%s S3 requests × %d trails", number(requests.puts+requests.gets), e.Trails)
}

func (e *estimator) stepFunctions() {
	sum, runs, stateMachines := 0.0, 0.0, 0
	for _, schedule := range e.Schedules {
		if schedule.Transitions > 0 {
			sum += schedule.RunsPerMonth * float64(schedule.Transitions)
			runs += schedule.RunsPerMonth
			stateMachines++
		}
	}
	e.add("stepFunctions.transition", "transitions", sum,
		"%s runs of %d machines, the states of their success path", number(runs), stateMachines)
}

func (e *estimator) dynamoDB() {
	files, jobs := e.files(), e.jobs()
	// A file is put and later marked processed, each also in the index; a job takes, renews and returns a lease, and
	// takes the mark of an hour away that every batch of clicks puts.
	e.add("dynamodb.write", "writes", files*4+jobs*4+e.clicks.invocations,
		"%s files × 4 + %s runs × 4 + %s batches", number(files), number(jobs), number(e.clicks.invocations))
	e.add("dynamodb.read", "reads", files*2+jobs*3, "%s files × 2 + %s runs × 3", number(files), number(jobs))
}

// minimumScan is what a query counts at least.
const minimumScan = 10e6

func (e *estimator) athena() {
	q := e.Workload.Queries
	scanned := min(max(q.BytesScanned, minimumScan), float64(e.Settings.Analytics.ScanLimitBytes))
	e.add("athena.scanned", "scanned", q.PerDay*daysPerMonth*scanned/1e12, "%s queries a day × %s MB", number(q.PerDay),
		number(scanned/1e6))
}

func (e *estimator) cloudWatch() {
	a, load := e.Workload.Assumed, e.clicks
	in := ((load.invocations+e.files())*a.LogBytesPerInvocation + e.jobs()*a.LogBytesPerRun) / gigabyte
	months := min(e.Workload.Months, float64(e.Settings.LogRetentionDays)/daysPerMonth)
	e.add("cloudwatch.logsIn", "logs in", in, "%s invocations × ~%g B + %s runs × ~%g B",
		number(load.invocations+e.files()), a.LogBytesPerInvocation, number(e.jobs()), a.LogBytesPerRun)
	e.add("cloudwatch.logsKept", "logs kept", in*months, "%s GB × %s months of %d days", number(in), number(months),
		e.Settings.LogRetentionDays)
	e.add("cloudwatch.metric", "custom metrics", a.CustomMetrics, "~%g names and dimensions", a.CustomMetrics)
	e.add("cloudwatch.alarm", "alarms", float64(e.AlarmMetrics), "%d metrics that alarms watch", e.AlarmMetrics)
	e.add("cloudwatch.dashboard", "dashboards", float64(e.Dashboards), "%d", e.Dashboards)
}

// pollsPerMinute of a queue that a function reads: five connections that each wait up to 20 seconds (Lambda: using
// Lambda with SQS).
const pollsPerMinute = 15

func (e *estimator) messages() {
	e.add("sns.email", "emails", e.Workload.Assumed.Emails*float64(len(e.Settings.Alarms.Emails)),
		"~%g notices × %d addresses", e.Workload.Assumed.Emails, len(e.Settings.Alarms.Emails))
	polls := float64(e.QueueMappings) * pollsPerMinute * 60 * hoursPerMonth
	e.add("sqs.request", "requests", polls+e.files()*3, "%d queues × %d polls a minute + %s files × 3", e.QueueMappings,
		pollsPerMinute, number(e.files()))
}

func (e *estimator) scheduler() {
	sum := 0.0
	for _, schedule := range e.Schedules {
		sum += schedule.RunsPerMonth
	}
	e.add("scheduler.invocation", "invocations", sum, "%d schedules", len(e.Schedules))
}

func (e *estimator) redshift() {
	e.optional(e.Redshift, "redshift.rpuHour", "compute", e.Workload.Redshift.RPUHoursPerDay*daysPerMonth,
		"%g RPU-hours a day", e.Workload.Redshift.RPUHoursPerDay)
}

func (e *estimator) quickSight() {
	e.optional(e.QuickSight, "quicksight.author", "authors", e.Workload.QuickSight.Authors,
		"%g authors", e.Workload.QuickSight.Authors)
}

// modelJobs are training and the batch after it.
const modelJobs = 2

// sageMaker is what learns each week, and what answers: by the answer, or by the hour.
func (e *estimator) sageMaker() {
	if !e.SageMaker {
		e.add("sagemaker.instanceHour", "training and batch", 0, "off")
		return
	}
	a, r, runs := e.Workload.Assumed, e.Settings.Recommendations, 0.0
	for _, schedule := range e.Schedules {
		if schedule.Models {
			runs += schedule.RunsPerMonth
		}
	}
	e.add(instancePrice(r.Training.InstanceType), "training and batch", runs*modelJobs*a.ModelJobSeconds/3600,
		"%s runs × %d jobs × ~%g s on %s", number(runs), modelJobs, a.ModelJobSeconds, r.Training.InstanceType)
	if r.Endpoint.InstanceType != "" {
		e.add(instancePrice(r.Endpoint.InstanceType), "endpoint", hoursPerMonth*float64(r.Endpoint.Instances),
			"%d × %s, day and night", r.Endpoint.Instances, r.Endpoint.InstanceType)
		return
	}
	requests, memory := e.Workload.SageMaker.RequestsPerDay*daysPerMonth, float64(r.Endpoint.MemoryMB)/1024
	e.add("sagemaker.serverlessGbSecond", "endpoint", requests*a.ModelAnswerSeconds*memory,
		"%s requests × ~%g s × %g GB", number(requests), a.ModelAnswerSeconds, memory)
}

// instancePrice is the row of an instance's hour: the price of one type is known, the others' row has none.
func instancePrice(instance string) string {
	if instance == "ml.m5.xlarge" {
		return "sagemaker.instanceHour"
	}
	return "sagemaker.otherInstanceHour"
}

// optional is a part that costs nothing unless the stack has it.
func (e *estimator) optional(on bool, price, what string, quantity float64, inputs string, args ...any) {
	if !on {
		e.add(price, what, 0, "off")
		return
	}
	e.add(price, what, quantity, inputs, args...)
}
