package main

import (
	"maps"
	"slices"
	"time"

	"dataplatform/lambdas/clicks/internal/batch"
	"dataplatform/lambdas/internal/emf"
)

// dataset is the value of the metrics' dimension.
const dataset = "clicks"

// summary is what an invocation did, over all its shards.
type summary struct {
	received, processed, duplicates, returned, addressesUnread int
	bytesReceived, bytesWritten                                int64
	quarantined                                                map[string]int
	latencies                                                  []float64
}

func (s *summary) add(built *batch.Batch, written time.Time) {
	c := built.Counts
	s.received += c.Received
	s.processed += c.Processed
	s.duplicates += c.Duplicates
	s.addressesUnread += c.AddressesUnread
	s.bytesReceived += c.BytesReceived
	s.bytesWritten += c.BytesWritten
	if s.quarantined == nil {
		s.quarantined = map[string]int{}
	}
	for reason, n := range c.Quarantined {
		s.quarantined[reason] += n
	}
	if s.latencies == nil {
		s.latencies = c.Latencies(written, emf.MaxValues)
	}
}

// report writes the invocation's metrics. Quarantined is the total; each reason that occurred has a metric
// Quarantined.<reason> of its own. ReturnedRecords could not be stored; what a batch had no room for goes back, too,
// and is none of them. AddressesUnread are of events that are stored, without the client's network. Latency is from the
// event's time to the last object written, in samples that keep the distribution's shape.
func (h *Handler) report(requestID string, s *summary) error {
	all := 0
	for _, n := range s.quarantined {
		all += n
	}
	metrics := []emf.Metric{
		emf.One("Received", emf.Count, float64(s.received)),
		emf.One("Processed", emf.Count, float64(s.processed)),
		emf.One("Duplicates", emf.Count, float64(s.duplicates)),
		emf.One("Quarantined", emf.Count, float64(all)),
		emf.One("AddressesUnread", emf.Count, float64(s.addressesUnread)),
		emf.One("ReturnedRecords", emf.Count, float64(s.returned)),
		emf.One("BytesReceived", emf.Bytes, float64(s.bytesReceived)),
		emf.One("BytesWritten", emf.Bytes, float64(s.bytesWritten)),
		{Name: "Latency", Unit: emf.Milliseconds, Values: s.latencies},
	}
	for _, reason := range slices.Sorted(maps.Keys(s.quarantined)) {
		metrics = append(metrics, emf.One("Quarantined."+reason, emf.Count, float64(s.quarantined[reason])))
	}
	return h.Metrics.Write(h.Now(), dataset, metrics, map[string]string{"requestId": requestID})
}
