package batch

import (
	"bytes"
	"cmp"
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
	Received    int
	Processed   int // without duplicates
	Duplicates  int // valid, but with an event_id seen earlier in the batch
	Quarantined map[string]int
	// AddressesUnread are of clients whose address is in no form that is known: their rows have no network.
	AddressesUnread int

	BytesReceived int64   // of the records, as they were sent
	BytesWritten  int64   // of all objects
	EventTimes    []int64 // of the processed rows, microseconds since the epoch
	Panics        []error // of records on which the code panics, each with its stack
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

	rawObjects        []*rows
	quarantineObjects []*rows
	tables            map[int64]*hourTable
	hours             []*hourTable // the tables in the order of their first rows
	latest            *hourTable
	freeRows          []*rows
	freeTables        []*hourTable
	files             []byte
	batch             Batch

	index int // of the record being added
	raw   rawRecord
	clock clock
}

// anew is an output without memory of any batch.
func (o output) anew() output {
	return output{columns: o.columns, encoder: o.encoder, tables: map[int64]*hourTable{}}
}

func (o *output) reset() {
	o.freeRows = append(append(o.freeRows, o.rawObjects...), o.quarantineObjects...)
	for i := len(o.hours) - 1; i >= 0; i-- { // so that the first hour of the next batch gets the memory of this one's
		o.freeTables = append(o.freeTables, o.hours[i])
	}
	o.rawObjects, o.quarantineObjects, o.latest, o.files = o.rawObjects[:0], o.quarantineObjects[:0], nil, o.files[:0]
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

// begin prepares for the rows of a record and returns what writes its raw ones.
func (o *output) begin(index int, r *record) *rawRecord {
	o.index = index
	o.raw.begin(o.find(&o.rawObjects, "", hourOf(r.arrival*1000)), r)
	return &o.raw
}

// quarantine appends a quarantine row.
func (o *output) quarantine(r *record, ordinal int64, text []byte, binary bool, rejected rejection, version string) {
	to := o.find(&o.quarantineObjects, rejected.reason, hourOf(r.arrival*1000))
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
	b = jsontext.AppendString(b, rejected.detail)
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
	for _, r := range o.quarantineObjects {
		key := layout.Quarantine(dataset, r.reason, hourTime(r.hour), id)
		b.Quarantine = append(b.Quarantine, Object{key, r.close(), r.first, hourTime(r.hour)})
	}
	slices.SortFunc(b.Quarantine, func(a, b Object) int { return cmp.Compare(a.Key, b.Key) })
	for _, r := range o.rawObjects {
		b.Raw = append(b.Raw,
			Object{layout.Raw(dataset, hourTime(r.hour), id+".ndjson.gz"), r.close(), r.first, hourTime(r.hour)})
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

// Latencies are the latency of every processed row, in milliseconds, at the time it was written; at most limit order
// statistics that keep the shape of the distribution, the largest among them.
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
