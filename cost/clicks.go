package cost

import (
	"math"

	"dataplatform/platform/settings"
)

// Bounds that AWS sets: an on-demand stream starts with 4 shards' worth, a shard takes 1 MB and 1,000 records a second
// (Kinesis: choose the data stream capacity mode, quotas); an invocation carries 6 MB (Lambda quotas) of base64, 4
// bytes for 3.
const (
	onDemandShards       = 4
	shardBytesPerSecond  = 1e6
	shardRecords         = 1000
	payloadBytes         = 6e6
	base64Growth         = 4.0 / 3
	putUnitBytes         = 25e3
	onDemandRoundingUpTo = 1024
)

// clickLoad is what the stream's traffic means for what comes after it, a month.
type clickLoad struct {
	shards, records, events     float64
	invocations, eventsPerBatch float64
	// cost of an event, and objects of a batch of that size.
	event, batch MeasuredBatch
}

func newClickLoad(settings settings.Clickstream, w Workload, m Measured) clickLoad {
	c := w.Clicks
	load := clickLoad{shards: float64(settings.Shards), events: c.EventsPerSecond * secondsPerMonth}
	if c.EventsPerSecond == 0 {
		load.shards = max(load.shards, onDemandShards)
		load.event, load.batch = m.Batches[0], m.Batches[0]
		return load
	}
	load.records = load.events / c.EventsPerRecord
	recordsPerSecond := c.EventsPerSecond / c.EventsPerRecord
	if settings.Mode == "onDemand" {
		load.shards = max(onDemandShards, math.Ceil(recordsPerSecond*c.RecordBytes/shardBytesPerSecond),
			math.Ceil(recordsPerSecond/shardRecords))
	}
	perShard := recordsPerSecond / load.shards
	// A batch closes when the window ends, when it is full, or when the payload is.
	batch := min(float64(settings.BatchSize), max(1, perShard*float64(settings.BatchWindowSeconds)),
		max(1, math.Floor(payloadBytes/base64Growth/c.RecordBytes)))
	load.invocations = load.records / batch
	load.eventsPerBatch = batch * c.EventsPerRecord
	load.event, load.batch = m.atMost(load.eventsPerBatch), m.atLeast(load.eventsPerBatch)
	return load
}
