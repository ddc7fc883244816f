package main

import (
	"maps"
	"slices"
	"time"

	"dataplatform/lambdas/internal/emf"
)

// counts is what an invocation did with the files of one dataset. received = stored + known + quarantined, unless a
// step failed.
type counts struct {
	received, stored, known int
	quarantined             map[string]int
	bytesReceived           int64
}

// tally holds the counts of each dataset.
type tally map[string]*counts

func (t tally) of(dataset string) *counts {
	c := t[dataset]
	if c == nil {
		c = &counts{quarantined: map[string]int{}}
		t[dataset] = c
	}
	return c
}

// landing is the dataset under which messages are counted: one that fails may not say of which dataset its file is.
const landing = "landing"

// report writes a line of metrics a dataset, and one of the messages that come again. FilesQuarantined is the total;
// each reason that occurred has a metric FilesQuarantined.<reason> of its own.
func (t tally) report(out emf.Writer, at time.Time, requestID string, returned int) error {
	properties := map[string]string{"requestId": requestID}
	for _, dataset := range slices.Sorted(maps.Keys(t)) {
		c := t[dataset]
		all := 0
		for _, n := range c.quarantined {
			all += n
		}
		metrics := []emf.Metric{
			emf.One("FilesReceived", emf.Count, float64(c.received)),
			emf.One("FilesStored", emf.Count, float64(c.stored)),
			emf.One("FilesKnown", emf.Count, float64(c.known)),
			emf.One("FilesQuarantined", emf.Count, float64(all)),
			emf.One("BytesReceived", emf.Bytes, float64(c.bytesReceived)),
		}
		for _, reason := range slices.Sorted(maps.Keys(c.quarantined)) {
			metrics = append(metrics, emf.One("FilesQuarantined."+reason, emf.Count, float64(c.quarantined[reason])))
		}
		if err := out.Write(at, dataset, metrics, properties); err != nil {
			return err
		}
	}
	metrics := []emf.Metric{emf.One("MessagesReturned", emf.Count, float64(returned))}
	return out.Write(at, landing, metrics, properties)
}
