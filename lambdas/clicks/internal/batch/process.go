// Package batch turns one invocation's Kinesis records into the bytes of the objects to be stored: raw rows of
// everything, processed rows of valid events, quarantine rows of the rest. It does no input or output, reads no clock,
// and gives the same bytes for the same records.
package batch

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/maphash"
	"runtime/debug"
	"time"

	"dataplatform/contracts"
	"dataplatform/lambdas/internal/parquetfile"
)

const (
	// maxAhead is how far an event's time may lie after its arrival: clocks differ.
	maxAhead = time.Hour
	// budgetFactor bounds a batch's memory: no more records are taken once their content exceeds this many times what
	// one record may expand to. The rest goes back to the stream, as records that were not processed.
	budgetFactor = 4
)

// Limits are the configured bounds.
type Limits struct {
	Lateness         time.Duration // how long before its arrival an event may have happened
	MaxEventBytes    int           // of one event's text
	MaxExpandedBytes int64         // of one record, all that is packed in it expanded
}

// Shard is the records of one shard in an invocation, in order. It is valid until the next Open.
type Shard struct{ records []record }

// Records is the number of records.
func (s Shard) Records() int { return len(s.records) }

// Sequence is the sequence number of a record.
func (s Shard) Sequence(i int) string { return string(s.records[i].sequence) }

// From says whether all records came from a stream; if not, other is where one came from.
func (s Shard) From(streamARN string) (other string, ok bool) {
	for i := range s.records {
		if string(s.records[i].source) != streamARN {
			return string(s.records[i].source), false
		}
	}
	return "", true
}

// Processor processes batches one after another and keeps its memory between them. It is not safe for concurrent use.
type Processor struct {
	limits  Limits
	schema  *schema
	version string // of the raw contract
	fill    []filler
	// urlParameters and refParameters are those that processed keeps of addresses.
	urlParameters, refParameters []string
	unpacker                     unpacker
	records                      []record
	event                        parsed
	row                          row
	scratch                      []byte
	seen                         idSet
	robots                       robotCache
	out                          output
	counts                       Counts
}

// New compiles the contracts.
func New(set *contracts.Set, limits Limits) (*Processor, error) {
	raw, ok := set.Get("raw.clicks")
	processed, ok2 := set.Get("processed.clicks")
	if !ok || !ok2 {
		return nil, errors.New("contracts raw.clicks and processed.clicks are needed")
	}
	event, err := compile(raw.Event(), raw.Major())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", raw.ID, err)
	}
	columns, fill, err := fillers(processed, event)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", processed.ID, err)
	}
	encoder, err := parquetfile.NewEncoder()
	if err != nil {
		return nil, err
	}
	p := &Processor{
		limits: limits, schema: event, version: raw.Version, fill: fill,
		robots:   robotCache{seed: maphash.MakeSeed()},
		unpacker: unpacker{limit: limits.MaxExpandedBytes},
		out:      output{columns: columns, encoder: encoder}.anew(),
	}
	for name, parameters := range map[string]*[]string{"url": &p.urlParameters, "referrer": &p.refParameters} {
		column, _ := processed.Column(name)
		*parameters = column.QueryParameters
	}
	p.event.slots = make([]slot, len(event.fields))
	p.row.values = make([]value, len(event.fields))
	return p, nil
}

// Open reads the Kinesis event. AWS invokes the function with records of one shard; should there ever be more, each
// shard is a batch of its own.
func (p *Processor) Open(payload []byte) ([]Shard, error) {
	records, err := parseEnvelope(payload, p.records)
	if err != nil {
		return nil, err
	}
	p.records = records
	var shards []Shard
	for i := 0; i < len(records); {
		end := i + 1
		for end < len(records) && bytes.Equal(records[end].shard, records[i].shard) {
			end++
		}
		known := false
		for j := range shards {
			if bytes.Equal(shards[j].records[0].shard, records[i].shard) {
				shards[j].records = append(shards[j].records[:len(shards[j].records):len(shards[j].records)],
					records[i:end]...)
				known = true
			}
		}
		if !known {
			shards = append(shards, Shard{records[i:end]})
		}
		i = end
	}
	return shards, nil
}

// Build makes the objects of the shard's first n records. A record on which the code panics is refused, and the others
// are stored as if it had come alone: an error for all of them would hold up the shard until the record is too old. The
// batch is valid until the next Build.
func (p *Processor) Build(shard Shard, n int) (*Batch, error) {
	built, raised, err := p.tryBuild(shard.records[:n], nil)
	if raised == nil {
		return built, err
	}
	poison := map[int]*panicError{}
	for i := range n {
		if _, raised, _ := p.tryBuild(shard.records[i:i+1], nil); raised != nil {
			poison[i] = raised
		}
	}
	built, raised, err = p.tryBuild(shard.records[:n], poison)
	if raised != nil {
		return nil, raised // on no record alone
	}
	return built, err
}

// tryBuild makes the objects of records and refuses those that are poison.
func (p *Processor) tryBuild(
	records []record, poison map[int]*panicError,
) (built *Batch, raised *panicError, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			raised = &panicError{cause, debug.Stack()}
			// What was written to when the code panicked may be in any state.
			p.out, p.unpacker = p.out.anew(), unpacker{limit: p.limits.MaxExpandedBytes}
		}
	}()
	p.out.reset()
	p.seen.reset()
	p.counts.reset()
	budget := budgetFactor * p.limits.MaxExpandedBytes
	taken := 0
	for ; taken < len(records) && (taken == 0 || budget > 0); taken++ {
		r := &records[taken]
		if raised := poison[taken]; raised != nil {
			p.refuseRecord(taken, r, raised)
			continue
		}
		content := p.unpacker.unpack(r.data)
		if !content.rejected.set() {
			budget -= p.unpacker.size
		}
		p.record(taken, r, content)
	}
	built, err = p.out.finish(records[:taken], &p.counts)
	return built, nil, err
}

// panicError is what the code panicked with.
type panicError struct {
	cause any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.cause, e.stack) }

// refuseRecord writes a record on which the code panics to quarantine and raw, as it was sent.
func (p *Processor) refuseRecord(index int, r *record, raised *panicError) {
	sent, err := base64.StdEncoding.DecodeString(string(r.data))
	if err != nil {
		sent = r.data
	}
	p.counts.Panics = append(p.counts.Panics, raised)
	p.counts.BytesReceived += int64(len(sent))
	raw := p.out.begin(index, r)
	p.row.record, p.row.ordinal = r, 0
	p.refuseWhole(sent, raw,
		rejection{contracts.ReasonUnreadable, fmt.Sprintf("the function panics on the record: %v", raised.cause)})
}

// record adds one record's events. The ordinals run on through all its user records.
func (p *Processor) record(index int, r *record, content unpacked) {
	if r.ordinals != nil && len(r.ordinals) == 0 { // stands for its sequence number only, which objects are named after
		return
	}
	p.counts.BytesReceived += int64(len(content.sent))
	raw := p.out.begin(index, r)
	p.row.record, p.row.events, p.row.ordinal = r, 0, r.ordinal(0)
	if content.rejected.set() {
		p.refuseWhole(content.sent, raw, content.rejected)
		return
	}
	for i := range content.parts {
		part := &content.parts[i]
		rejected := part.rejected
		if !rejected.set() {
			if p.split(part.content, r.ordinals != nil && !content.aggregated, raw, p.add) {
				continue
			}
			rejected = rejection{contracts.ReasonUndecodable, "nothing in the record is a JSON event"}
		}
		if content.aggregated {
			p.add(part.sent, raw.open(p.row.ordinal), rejected)
		} else {
			p.refuseWhole(part.sent, raw, rejected)
		}
	}
}

// refuseWhole refuses a record of which no event is known.
func (p *Processor) refuseWhole(sent []byte, raw *rawRecord, rejected rejection) {
	p.counts.Received++
	p.refuse(sent, true, raw.open(0), rejected)
}

// add adds one event of the record, whose parsed form is in p.event unless it is bad already, and ends its raw row.
func (p *Processor) add(text []byte, raw rawRow, rejected rejection) {
	p.counts.Received++
	high := rejected.set() || p.event.high
	valid := validText(text, high)
	switch {
	case rejected.set():
	case !valid:
		rejected = rejection{contracts.ReasonInvalidUTF8, "the event is not valid UTF-8"}
	case len(text) > p.limits.MaxEventBytes:
		rejected = rejection{contracts.ReasonEventTooLarge,
			fmt.Sprintf("the event has %d bytes, %d are allowed", len(text), p.limits.MaxEventBytes)}
	}
	if !rejected.set() {
		rejected = p.accept()
	}
	if rejected.set() {
		p.refuse(text, !valid, raw, rejected)
	} else {
		raw.commit()
	}
	p.row.events++
	p.row.ordinal = p.row.record.ordinal(p.row.events)
}

// refuse writes the event to quarantine and raw.
func (p *Processor) refuse(text []byte, binary bool, raw rawRow, rejected rejection) {
	p.counts.quarantined(rejected.reason)
	p.out.quarantine(p.row.record, p.row.ordinal, text, binary, rejected, p.version)
	raw.replace(text, binary)
}

// accept checks and cleans the parsed event and appends its processed row.
func (p *Processor) accept() rejection {
	var rejected rejection
	if p.scratch, rejected = p.schema.check(p.event.content, &p.event, p.row.values, p.scratch[:0]); rejected.set() {
		return rejected
	}
	values := p.row.values
	micros := values[p.schema.eventTime].int
	arrival := p.row.record.arrival * 1000
	if micros < arrival-p.limits.Lateness.Microseconds() {
		return rejection{contracts.ReasonOutsideLateness,
			fmt.Sprintf("the event happened more than %s before it arrived", p.limits.Lateness)}
	}
	if micros > arrival+maxAhead.Microseconds() {
		return rejection{contracts.ReasonOutsideLateness,
			fmt.Sprintf("the event happened more than %s after it arrived", maxAhead)}
	}
	p.derive(values)
	if p.row.duplicate = !p.seen.add(values[p.schema.eventID].text); p.row.duplicate {
		p.counts.Duplicates++
	} else {
		p.counts.Processed++
	}
	p.counts.EventTimes = append(p.counts.EventTimes, micros)
	table := p.out.table(hourOf(micros))
	for i, fill := range p.fill {
		fill(table.Column(i), &p.row)
	}
	return rejection{}
}

// derive computes the columns that are not fields of the event.
func (p *Processor) derive(values []value) {
	r := &p.row
	r.address, r.url, r.referrer, r.refHost, r.network, r.robot = address{}, nil, nil, nil, nil, false
	if i := p.schema.url; i >= 0 && values[i].present {
		r.url, p.scratch = cleanAddress(values[i].text, p.scratch, p.urlParameters)
		p.scratch = splitAddress(values[i].text, p.scratch, &r.address)
	}
	if i := p.schema.referrer; i >= 0 && values[i].present {
		r.referrer, p.scratch = cleanAddress(values[i].text, p.scratch, p.refParameters)
		r.refHost, _, _, p.scratch = splitHost(values[i].text, p.scratch)
	}
	if i := p.schema.ip; i >= 0 && values[i].present {
		start := len(p.scratch)
		p.scratch = appendNetwork(p.scratch, values[i].text)
		if r.network = p.scratch[start:len(p.scratch):len(p.scratch)]; len(r.network) == 0 {
			p.counts.AddressesUnread++
		}
	}
	if i := p.schema.method; i >= 0 && values[i].present {
		values[i].text, p.scratch = upper(values[i].text, p.scratch)
	}
	if i := p.schema.userAgent; i >= 0 && values[i].present {
		r.robot = p.robots.isRobot(values[i].text)
	}
	p.redactRow(values)
}
