package main

import (
	"maps"
	"slices"
	"time"

	"dataplatform/lambdas/internal/emf"
)

// counts is what an invocation did: received = rows + quarantined, unless a step failed.
type counts struct {
	received      int
	rows          map[string]int // by state
	quarantined   map[string]int // by reason
	bytesReceived int64
}

// report writes a line of metrics: only how many messages come again when nothing was received. AssetsQuarantined is
// the total; each reason that occurred has a metric AssetsQuarantined.<reason> of its own.
func (c *counts) report(out emf.Writer, at time.Time, requestID string, returned int) error {
	metrics := []emf.Metric{emf.One("MessagesReturned", emf.Count, float64(returned))}
	properties := map[string]string{"requestId": requestID}
	if c.received == 0 {
		return out.Write(at, Dataset, metrics, properties)
	}
	metrics = append(metrics,
		emf.One("AssetsReceived", emf.Count, float64(c.received)),
		emf.One("AssetsPresent", emf.Count, float64(c.rows[statePresent])),
		emf.One("AssetsRemoved", emf.Count, float64(c.rows[stateDeleteMarker]+c.rows[stateRemoved])),
		emf.One("AssetsQuarantined", emf.Count, float64(total(c.quarantined))),
		emf.One("BytesReceived", emf.Bytes, float64(c.bytesReceived)),
	)
	for _, reason := range slices.Sorted(maps.Keys(c.quarantined)) {
		metrics = append(metrics, emf.One("AssetsQuarantined."+reason, emf.Count, float64(c.quarantined[reason])))
	}
	return out.Write(at, Dataset, metrics, properties)
}

func total(counts map[string]int) int {
	all := 0
	for _, n := range counts {
		all += n
	}
	return all
}
