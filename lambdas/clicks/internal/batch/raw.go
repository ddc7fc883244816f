package batch

import (
	"bytes"
	"encoding/base64"
	"strconv"

	"dataplatform/lambdas/internal/jsontext"
)

// rawRecord writes the raw rows of one record: one for each event in it, or one for the whole of it.
type rawRecord struct {
	to     *rows  // of the record's hour
	shard  []byte // whose rows head is for
	fixed  int    // how much of head is the same for all of the shard's records
	head   []byte // of the record's rows, up to the ordinal
	middle []byte // between ordinal and payload
	clock  clock
}

// begin prepares for the rows of a record, which ends those of the record before.
func (w *rawRecord) begin(to *rows, r *record) {
	w.to = to
	if !bytes.Equal(w.shard, r.shard) {
		w.shard = append(w.shard[:0], r.shard...)
		w.head = append(w.head[:0], `{"shard":`...)
		w.head = jsontext.AppendString(w.head, r.shard)
		w.head = append(w.head, `,"sequence_number":"`...)
		w.fixed = len(w.head)
	}
	w.head = jsontext.AppendEscaped(w.head[:w.fixed], r.sequence)
	w.head = append(w.head, `","ordinal":`...)
	w.middle = append(w.middle[:0], `,"arrival_time":"`...)
	w.middle = w.clock.appendMillis(w.middle, r.arrival)
	w.middle = append(w.middle, `","payload`...)
}

// rawRow is a row in the making, behind those that are written. It ends by commit or replace, in place of which it may
// be dropped: until then it is in none of the rows, and the next one that is opened takes its place.
type rawRow struct {
	to      *rows
	text    []byte // the rows before it, and what there is of it
	payload int    // in text, where its payload's name ends
}

// open begins the row of an event whose text, as the inside of a JSON string, is to be appended to the row's.
func (w *rawRecord) open(ordinal int64) rawRow {
	b := append(w.to.pending, w.head...)
	b = strconv.AppendInt(b, ordinal, 10)
	b = append(b, w.middle...)
	return rawRow{w.to, append(b, `":"`...), len(b)}
}

// commit writes the row with the text that was appended.
func (row rawRow) commit() { row.end("\"}\n") }

// replace writes the row with another payload than what was appended.
func (row rawRow) replace(text []byte, binary bool) {
	row.text = appendPayload(row.text[:row.payload], text, binary)
	row.end("}\n")
}

func (row rawRow) end(text string) {
	row.to.pending = append(row.text, text...)
	row.to.flush()
}

// appendPayload ends a member whose name begins with "payload: the text, or its base64 when it is binary.
func appendPayload(b, text []byte, binary bool) []byte {
	if binary {
		b = append(b, `_base64":"`...)
		b = base64.StdEncoding.AppendEncode(b, text)
	} else {
		b = append(b, `":"`...)
		b = jsontext.AppendEscaped(b, text)
	}
	return append(b, '"')
}
