package batch

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/lambdas/clicks/internal/sample"
	"dataplatform/lambdas/internal/parquetfile"
)

// panicking makes a column of rows whose event_id begins with poison panic, when half of the row is written.
func panicking(p *Processor) {
	last := len(p.fill) - 1
	fill := p.fill[last]
	p.fill[last] = func(column *parquetfile.Values, r *row) {
		if strings.HasPrefix(string(r.values[p.schema.eventID].text), "poison") {
			panic("index out of range")
		}
		fill(column, r)
	}
}

func TestBuildRefusesOnlyTheRecordThatPanics(t *testing.T) {
	event := func(id string) string { return with("event_id", `"`+id+`"`) }
	p := newProcessor(t)
	want := snapshot(build(t, p, event("a"), event("b"), event("c")))

	panicking(p)
	built := build(t, p, event("a"), event("b")+"\n"+event("poison-1"), event("c"), event("poison-2"))
	require.Len(t, built.Counts.Panics, 2, "a record each")
	assert.ErrorContains(t, built.Counts.Panics[0], "panic: index out of range\ngoroutine")
	assert.Equal(t, map[string]int{contracts.ReasonUnreadable: 2}, built.Counts.Quarantined)
	assert.Equal(t, 2, built.Counts.Processed)
	assert.Equal(t, 4, built.Counts.Received)
	var processed []any
	for _, row := range allParquet(t, built.Processed) {
		processed = append(processed, row["event_id"])
	}
	assert.Equal(t, []any{"a", "c"}, processed)
	refused := allLines(t, built.Quarantine)
	require.Len(t, refused, 2)
	assert.Equal(t, "the function panics on the record: index out of range", refused[0]["error"])
	assert.Len(t, allLines(t, built.Raw), 4, "raw has everything, as it was sent")

	// What the panic left half written is in nothing that comes after.
	requireSame(t, want, build(t, p, event("a"), event("b"), event("c")))
}

func TestBuildReturnsAPanicOfNoRecordAlone(t *testing.T) {
	p := newProcessor(t)
	last := len(p.fill) - 1
	fill := p.fill[last]
	p.fill[last] = func(column *parquetfile.Values, r *row) {
		if len(p.counts.EventTimes) > 1 {
			panic("too many")
		}
		fill(column, r)
	}
	shards, err := p.Open(sample.Payload(shardName, 1, arrival, good, good))
	require.NoError(t, err)
	_, err = p.Build(shards[0], 2)
	require.ErrorContains(t, err, "panic: too many")
	built, err := p.Build(shards[0], 1)
	require.NoError(t, err, "Lambda cuts the batch in halves")
	require.Equal(t, 1, built.Counts.Processed)
}
