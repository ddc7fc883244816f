package cost

import "dataplatform/platform/settings"

// smallObject is below what Intelligent-Tiering monitors and lifecycle rules move (S3: how Intelligent-Tiering works).
const smallObject = 128 << 10

// Days without access after which Intelligent-Tiering moves an object by itself.
const infrequentAfter, archiveInstantAfter = 30, 90

// requests of S3 a month.
type requests struct{ puts, gets float64 }

func (e *estimator) requests() requests {
	load, a := e.clicks, e.Workload.Assumed
	return requests{
		// The source puts a file into landing, the function puts it into raw.
		puts: load.invocations*load.batch.objects() + e.files()*2 + e.jobs()*a.ObjectsPerRun,
		gets: e.files() + e.jobs()*a.ReadsPerRun,
	}
}

func (e *estimator) s3() {
	load, w, s := e.clicks, e.Workload, e.Settings.Storage
	files := e.files() * w.Files.Bytes
	rawClicks := load.events * (load.event.RawBytes + load.event.QuarantineBytes)
	rawFiles := files * w.Assumed.RawFileShare
	processed := load.events*load.event.ProcessedBytes + files*w.Assumed.ProcessedFileShare
	e.add("s3.standard", "landing", stored(files, w.Months, span{0, s.Landing.ExpireAfterDays})/gigabyte,
		"%s GB a month, expires after %d days", number(files/gigabyte), s.Landing.ExpireAfterDays)
	e.tiered("raw clicks", rawClicks, load.eventsPerBatch*load.event.RawBytes, s.Raw)
	e.tiered("raw files", rawFiles, w.Files.Bytes*w.Assumed.RawFileShare, s.Raw)
	e.add("s3.standard", "processed", stored(processed, w.Months, span{0, s.Processed.ExpireAfterDays})/gigabyte,
		"%s events × %.0f B + %s GB of files × ~%g, %g months", number(load.events), load.event.ProcessedBytes,
		number(files/gigabyte), w.Assumed.ProcessedFileShare, w.Months)
	e.add("s3.standard", "curated", stored(processed*w.Assumed.CuratedShare, w.Months,
		span{0, s.Curated.ExpireAfterDays})/gigabyte, "processed × ~%g", w.Assumed.CuratedShare)
	e.add("s3.tag", "tags of raw", stored(load.invocations+e.files(), w.Months, span{0, s.Raw.ExpireAfterDays}),
		"%s batches + %s files a month, one tag each", number(load.invocations), number(e.files()))
	r := e.requests()
	e.add("s3.put", "puts", r.puts, "%s batches × %g objects + %s files × 2 + %s runs × ~%g", number(load.invocations),
		load.batch.objects(), number(e.files()), number(e.jobs()), w.Assumed.ObjectsPerRun)
	e.add("s3.get", "gets", r.gets, "%s files + %s runs × ~%g", number(e.files()), number(e.jobs()),
		w.Assumed.ReadsPerRun)
}

// tiered are bytes that are put straight as Intelligent-Tiering and that nobody reads again.
func (e *estimator) tiered(what string, perMonth, objectBytes float64, layer settings.Layer) {
	months := e.Workload.Months
	gb := func(s span) float64 { return stored(perMonth, months, s) / gigabyte }
	if objectBytes < smallObject {
		e.add("s3.it.frequent", what, gb(span{0, layer.ExpireAfterDays}),
			"%s GB a month in objects of %s KB: too small to be moved", number(perMonth/gigabyte),
			number(objectBytes/1000))
		return
	}
	for _, tier := range tiers(layer) {
		e.add(tier.price, what+", "+tier.name, gb(tier.span), "%s GB a month, days %d to %s", number(perMonth/gigabyte),
			tier.from, until(tier.to))
	}
	monitored := first(layer.GlacierAfterDays, layer.DeepArchiveAfterDays, layer.ExpireAfterDays)
	e.add("s3.it.monitoring", what+", monitored", stored(perMonth/objectBytes, months, span{0, monitored}),
		"objects of %s KB", number(objectBytes/1000))
}

// span is an age in days; to 0 means for ever.
type span struct{ from, to int }

// tier is where bytes of an age are.
type tier struct {
	span
	price, name string
}

// tiers are the places of an unread object as it ages.
func tiers(layer settings.Layer) []tier {
	steps := []tier{
		{span{0, 0}, "s3.it.frequent", "frequent"}, {span{infrequentAfter, 0}, "s3.it.infrequent", "infrequent"},
		{span{archiveInstantAfter, 0}, "s3.it.archiveInstant", "archive instant"},
	}
	for _, later := range []tier{
		{span{layer.ArchiveAccessAfterDays, 0}, "s3.it.archive", "archive access"},
		{span{layer.DeepArchiveAccessAfterDays, 0}, "s3.it.deepArchive", "deep archive access"},
		{span{layer.GlacierAfterDays, 0}, "s3.glacier", "Glacier"},
		{span{layer.DeepArchiveAfterDays, 0}, "s3.deepArchive", "Deep Archive"},
	} {
		if later.from > 0 {
			steps = append(steps, later)
		}
	}
	var found []tier
	for i, step := range steps {
		step.to = layer.ExpireAfterDays
		for _, next := range steps[i+1:] { // the earliest later step ends it
			if step.to == 0 || next.from < step.to {
				step.to = next.from
			}
		}
		if step.to == 0 || step.from < step.to {
			found = append(found, step)
		}
	}
	return found
}

// stored is how much of what comes every month lies in a span of age when months have passed.
func stored(perMonth, months float64, s span) float64 {
	age := months * daysPerMonth
	to := age
	if s.to > 0 {
		to = min(age, float64(s.to))
	}
	return perMonth / daysPerMonth * max(0, to-float64(s.from))
}

// first is the smallest of the days that are set, or 0.
func first(days ...int) int {
	found := 0
	for _, day := range days {
		if day > 0 && (found == 0 || day < found) {
			found = day
		}
	}
	return found
}

func until(day int) string {
	if day == 0 {
		return "the end"
	}
	return number(float64(day))
}
