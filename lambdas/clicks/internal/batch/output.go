package batch

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"time"

	"github.com/klauspost/compress/gzip"

	"dataplatform/lambdas/internal/jsontext"
	"dataplatform/lambdas/internal/layout"
	"dataplatform/lambdas/internal/parquetfile"
)

const (
	dataset = "clicks"
	// gzipChunk is how many bytes of rows are collected before they are compressed.
	gzipChunk = 64 << 10
)

// Object is one object to be stored.
type Object struct {
	Key   string
	Body  []byte
	First int       // the first record, by its index in the shard, that has a row in it
	Hour  time.Time // of arrival, of raw and quarantine; of the events, of processed
}

// Batch is what an invocation stores for one shard.
type Batch struct {
	Records    int // taken; fewer than asked for when the batch's memory bound was reached
	Raw        []Object
	Processed  []Object
	Quarantine []Object
	Counts     *Counts
}

// Counts says what became of the events of a batch. Received = Processed + Duplicates + the sum of Quarantined.
type Counts struct {
	Received      int
	Processed     int // without duplicates
	Duplicates    int // valid, but with an event_id seen earlier in the batch
	Quarantined   map[string]int
	BytesReceived int64   // of the records, as they were sent
	BytesWritten  int64   // of all objects
	EventTimes    []int64 // of the processed rows, microseconds since the epoch
}

func (c *Counts) reset() {
	*c = Counts{Quarantined: map[string]int{}, EventTimes: c.EventTimes[:0]}
}

func (c *Counts) quarantined(reason string) { c.Quarantined[reason]++ }

// AllQuarantined is the number of quarantined events.
func (c *Counts) AllQuarantined() int {
	sum := 0
	for _, n := range c.Quarantined {
		sum += n
	}
	return sum
}

// rows is a gzipped object of JSON lines in the making.
type rows struct {
	reason  string // of quarantine rows
	hour    int64  // of arrival
	first   int
	pending []byte
	packed  bytes.Buffer
	writer  *gzip.Writer
}

type hourTable struct {
	hour  int64
	first int
	table *parquetfile.Table
}

// output collects the objects of a batch and keeps their memory for the next one.
type output struct {
	columns []parquetfile.Column
	encoder *parquetfile.Encoder

	raws       []*rows
	bads       []*rows
	tables     map[int64]*hourTable
	hours      []*hourTable // the tables in the order of their first rows
	latest     *hourTable
	freeRows   []*rows
	freeTables []*hourTable
	files      []byte
	batch      Batch

	start   int   // in current, of the row that was begun
	opened  bool  // a row was begun
	index   int   // of the record being added
	current *rows // raw rows of the record's hour
	clock   clock
	shard   []byte // whose rows head is for
	fixed   int    // how much of head is the same for all of the shard's records
	head    []byte // of the record's raw rows, up to the ordinal
	middle  []byte // between ordinal and payload
}

func (o *output) reset() {
	o.freeRows = append(append(o.freeRows, o.raws...), o.bads...)
	for i := len(o.hours) - 1; i >= 0; i-- { // so that the first hour of the next batch gets the memory of this one's
		o.freeTables = append(o.freeTables, o.hours[i])
	}
	o.raws, o.bads, o.latest, o.files = o.raws[:0], o.bads[:0], nil, o.files[:0]
	clear(o.tables)
	o.hours = o.hours[:0]
	o.batch = Batch{Raw: o.batch.Raw[:0], Processed: o.batch.Processed[:0], Quarantine: o.batch.Quarantine[:0]}
}

// find returns the rows of a reason and hour, begun when there are none yet.
func (o *output) find(list *[]*rows, reason string, hour int64) *rows {
	for _, r := range *list {
		if r.hour == hour && r.reason == reason {
			return r
		}
	}
	var r *rows
	if n := len(o.freeRows); n > 0 {
		r, o.freeRows = o.freeRows[n-1], o.freeRows[:n-1]
		r.packed.Reset()
		r.writer.Reset(&r.packed)
	} else {
		r = &rows{}
		r.writer, _ = gzip.NewWriterLevel(&r.packed, gzip.BestSpeed) // the level is valid
	}
	r.reason, r.hour, r.first, r.pending = reason, hour, o.index, r.pending[:0]
	*list = append(*list, r)
	return r
}

// flush compresses the pending rows once there are enough. Writing to memory does not fail.
func (r *rows) flush() {
	if len(r.pending) >= gzipChunk {
		_, _ = r.writer.Write(r.pending)
		r.pending = r.pending[:0]
	}
}

func (r *rows) close() []byte {
	_, _ = r.writer.Write(r.pending)
	_ = r.writer.Close()
	return r.packed.Bytes()
}

// begin prepares for the rows of a record.
func (o *output) begin(index int, r *record) {
	o.index = index
	o.current = o.find(&o.raws, "", hourOf(r.arrival*1000))
	if !bytes.Equal(o.shard, r.shard) {
		o.shard = append(o.shard[:0], r.shard...)
		o.head = append(o.head[:0], `{"shard":`...)
		o.head = jsontext.AppendString(o.head, r.shard)
		o.head = append(o.head, `,"sequence_number":"`...)
		o.fixed = len(o.head)
	}
	o.head = jsontext.AppendEscaped(o.head[:o.fixed], r.sequence)
	o.head = append(o.head, `","ordinal":`...)
	o.middle = append(o.middle[:0], `,"arrival_time":"`...)
	o.middle = o.clock.appendMillis(o.middle, r.arrival)
	o.middle = append(o.middle, `","payload`...)
}

// open begins the raw row of an event whose text is about to be appended to the returned buffer, escaped.
func (o *output) open(ordinal int64) *[]byte {
	o.discard()
	o.start, o.opened = len(o.current.pending), true
	b := append(o.current.pending, o.head...)
	b = strconv.AppendInt(b, ordinal, 10)
	b = append(b, o.middle...)
	o.current.pending = append(b, `":"`...)
	return &o.current.pending
}

// discard drops the row that was begun, if any.
func (o *output) discard() {
	if o.opened {
		o.current.pending, o.opened = o.current.pending[:o.start], false
	}
}

// close ends the row that was begun.
func (o *output) close() {
	o.opened = false
	o.current.pending = append(o.current.pending, "\"}\n"...)
	o.current.flush()
}

// raw appends a raw row in place of one that was begun.
func (o *output) raw(ordinal int64, text []byte, binary bool) {
	o.discard()
	b := append(o.current.pending, o.head...)
	b = strconv.AppendInt(b, ordinal, 10)
	b = append(b, o.middle...)
	b = appendPayload(b, text, binary)
	o.current.pending = append(b, "}\n"...)
	o.current.flush()
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

// quarantine appends a quarantine row.
func (o *output) quarantine(r *record, ordinal int64, text []byte, binary bool, bad fault, version string) {
	to := o.find(&o.bads, bad.reason, hourOf(r.arrival*1000))
	b := append(to.pending, `{"identity":"`...)
	b = jsontext.AppendEscaped(b, r.shard)
	b = append(b, ':')
	b = jsontext.AppendEscaped(b, r.sequence)
	b = append(b, ':')
	b = strconv.AppendInt(b, ordinal, 10)
	b = append(b, `","source":"`...)
	b = jsontext.AppendEscaped(b, r.source)
	b = append(b, ' ')
	b = jsontext.AppendEscaped(b, r.shard)
	b = append(b, `","error":`...)
	b = jsontext.AppendString(b, bad.detail)
	b = append(b, `,"arrival_time":"`...)
	b = o.clock.appendMillis(b, r.arrival)
	b = append(b, `","contract_version":`...)
	b = jsontext.AppendString(b, version)
	b = append(b, `,"payload`...)
	b = appendPayload(b, text, binary)
	to.pending = append(b, "}\n"...)
	to.flush()
}

// table returns the table of an event hour.
func (o *output) table(hour int64) *parquetfile.Table {
	if o.latest != nil && o.latest.hour == hour {
		return o.latest.table
	}
	t, ok := o.tables[hour]
	if !ok {
		if n := len(o.freeTables); n > 0 {
			t, o.freeTables = o.freeTables[n-1], o.freeTables[:n-1]
			t.table.Reset()
		} else {
			t = &hourTable{table: parquetfile.NewTable(o.columns)}
		}
		t.hour, t.first = hour, o.index
		o.tables[hour] = t
		o.hours = append(o.hours, t)
	}
	o.latest = t
	return t.table
}

// finish closes every object of the records.
func (o *output) finish(records []record, counts *Counts) (*Batch, error) {
	b := &o.batch
	b.Records, b.Counts = len(records), counts
	if len(records) == 0 {
		return b, nil
	}
	id := string(records[0].shard) + "-" + string(records[0].sequence) + "-" + string(records[len(records)-1].sequence)
	for _, r := range o.bads {
		key := layout.Quarantine(dataset, r.reason, hourTime(r.hour), id)
		b.Quarantine = append(b.Quarantine, Object{key, r.close(), r.first, hourTime(r.hour)})
	}
	slices.SortFunc(b.Quarantine, func(a, b Object) int { return cmp.Compare(a.Key, b.Key) })
	for _, r := range o.raws {
		b.Raw = append(b.Raw, Object{layout.Raw(dataset, hourTime(r.hour), id+".ndjson.gz"), r.close(), r.first, hourTime(r.hour)})
	}
	if err := o.finishTables(id); err != nil {
		return nil, err
	}
	for _, objects := range [][]Object{b.Raw, b.Processed, b.Quarantine} {
		for _, object := range objects {
			counts.BytesWritten += int64(len(object.Body))
		}
	}
	return b, nil
}

func (o *output) finishTables(id string) error {
	b := &o.batch
	hours := slices.Clone(o.hours)
	slices.SortFunc(hours, func(a, b *hourTable) int { return cmp.Compare(a.hour, b.hour) })
	ends := make([]int, 0, len(hours))
	for _, t := range hours {
		var err error
		if o.files, err = o.encoder.Encode(o.files, t.table); err != nil {
			return err
		}
		ends = append(ends, len(o.files))
	}
	start := 0
	for i, t := range hours {
		key := layout.Processed(dataset, hourTime(t.hour), id+".parquet")
		b.Processed = append(b.Processed, Object{key, o.files[start:ends[i]:ends[i]], t.first, hourTime(t.hour)})
		start = ends[i]
	}
	return nil
}

// Written is the latency of every processed row, in milliseconds, at the time it was written; at most limit order statistics
// that keep the shape of the distribution, the largest among them.
func (c *Counts) Latencies(written time.Time, limit int) []float64 {
	slices.Sort(c.EventTimes) // the largest latency first
	n := min(len(c.EventTimes), limit)
	values := make([]float64, n)
	now := written.UnixMicro()
	for i := range values {
		at := c.EventTimes[i*len(c.EventTimes)/n]
		values[i] = float64(now-at) / 1000
	}
	return values
}
