package batch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"dataplatform/lambdas/internal/jsontext"
)

// record is one Kinesis record of an invocation. The slices point into the payload.
type record struct {
	shard    []byte
	sequence []byte
	source   []byte // ARN of the stream
	data     []byte // base64
	arrival  int64  // approximate arrival, milliseconds since the epoch
	// ordinals number the events of a record that a replay put together of what an erasure left of it, none where all
	// went; nil for a record as it was sent. It stands beside the record and not in it, where a sender could write it.
	ordinals []int64
}

// parseEnvelope appends the records of a Kinesis event to dst. It walks the bytes once, looks only at the keys it needs
// and copies nothing; an event written in a way it does not expect is read with encoding/json instead.
func parseEnvelope(payload []byte, dst []record) ([]record, error) {
	if records, ok := scanEnvelope(payload, dst[:0]); ok {
		return records, nil
	}
	return decodeEnvelope(payload, dst[:0])
}

// object calls member with the key and the position of each value of the object at i; member returns the value's end,
// or -1 to give up. object returns the end of the object or -1.
func object(b []byte, i int, member func(key []byte, at int) int) int {
	if i >= len(b) || b[i] != '{' {
		return -1
	}
	if i = jsontext.Space(b, i+1); i < len(b) && b[i] == '}' {
		return i + 1
	}
	for i < len(b) && b[i] == '"' {
		end, escaped, _ := jsontext.String(b, i+1)
		if end < 0 || escaped {
			return -1
		}
		key := b[i+1 : end]
		if i = jsontext.Space(b, end+1); i >= len(b) || b[i] != ':' {
			return -1
		}
		if i = member(key, jsontext.Space(b, i+1)); i < 0 {
			return -1
		}
		if i = jsontext.Space(b, i); i >= len(b) {
			return -1
		}
		switch b[i] {
		case '}':
			return i + 1
		case ',':
			i = jsontext.Space(b, i+1)
		default:
			return -1
		}
	}
	return -1
}

// text returns the inside of the string at i and its end, which is -1 when it is not a plain string.
func text(b []byte, i int) ([]byte, int) {
	if i >= len(b) || b[i] != '"' {
		return nil, -1
	}
	end, escaped, high := jsontext.String(b, i+1)
	if end < 0 || escaped || high {
		return nil, -1
	}
	return b[i+1 : end], end + 1
}

func scanEnvelope(b []byte, records []record) ([]record, bool) {
	end := object(b, jsontext.Space(b, 0), func(key []byte, at int) int {
		if string(key) != "Records" {
			return jsontext.Value(b, at)
		}
		records = records[:0]
		if at >= len(b) || b[at] != '[' {
			return -1
		}
		if at = jsontext.Space(b, at+1); at < len(b) && b[at] == ']' {
			return at + 1
		}
		var form template
		for {
			var r record
			end := form.match(b, at, &r)
			if end < 0 {
				form = template{}
				if end = scanRecord(b, at, &r, &form); end < 0 || !r.complete() {
					return -1
				}
				form.source = r.source
				form.learn(b, at, end)
			}
			at = end
			records = append(records, r)
			if at = jsontext.Space(b, at); at >= len(b) {
				return -1
			}
			switch b[at] {
			case ']':
				return at + 1
			case ',':
				at = jsontext.Space(b, at+1)
			default:
				return -1
			}
		}
	})
	return records, end >= 0 && jsontext.Space(b, end) == len(b)
}

func (r *record) complete() bool {
	return len(r.shard) > 0 && len(r.sequence) > 0 && r.data != nil && r.arrival > 0
}

func scanRecord(b []byte, i int, r *record, form *template) int {
	return object(b, i, func(key []byte, at int) int {
		switch string(key) {
		case "kinesis":
			return object(b, at, func(key []byte, at int) int {
				var end int
				switch string(key) {
				case "sequenceNumber":
					r.sequence, end = text(b, at)
					form.cut(partSequence, at+1, end-1)
				case "data":
					r.data, end = text(b, at)
					form.cut(partData, at+1, end-1)
				case "approximateArrivalTimestamp":
					if end, _ = jsontext.Number(b, at); end > 0 {
						r.arrival = milliseconds(b[at:end])
					}
					form.cut(partArrival, at, end)
				case "partitionKey":
					end = jsontext.Value(b, at)
					form.cut(partKey, at+1, end-1)
				default:
					end = jsontext.Value(b, at)
				}
				return end
			})
		case "eventID":
			id, end := text(b, at)
			r.shard = shardOf(id)
			form.cut(partEventID, at+1, end-1)
			return end
		case "eventSourceARN":
			var end int
			r.source, end = text(b, at)
			return end
		case ordinalsName:
			return -1 // a replay's, which decodeEnvelope reads
		default:
			return jsontext.Value(b, at)
		}
	})
}

const ordinalsName = "ordinals"

// part is what varies from record to record.
type part uint8

const (
	partKey part = iota
	partSequence
	partData
	partArrival
	partEventID
	parts
)

// template is the form of a record: Lambda writes all records of an event alike but for a few values. A record that
// fits the form of the one before it is read by comparing what does not vary, any other by scanning.
type template struct {
	cuts   []cut
	fixed  [parts + 1][]byte // what stands before each cut, and after the last one
	source []byte
	ready  bool
}

type cut struct {
	part       part
	start, end int
}

func (t *template) cut(p part, start, end int) { t.cuts = append(t.cuts, cut{p, start, end}) }

// learn takes the form of the record that was just scanned.
func (t *template) learn(b []byte, start, end int) {
	if len(t.cuts) != int(parts) {
		return
	}
	for i, c := range t.cuts {
		if c.start < start || c.end < c.start {
			return
		}
		t.fixed[i] = b[start:c.start]
		start = c.end
	}
	t.fixed[parts] = b[start:end]
	t.ready = true
}

// match reads the record at i and returns its end, or -1 when it does not have the form.
func (t *template) match(b []byte, i int, r *record) int {
	if !t.ready {
		return -1
	}
	r.source = t.source
	for n, c := range t.cuts {
		fixed := t.fixed[n]
		if len(b)-i < len(fixed) || !bytes.Equal(b[i:i+len(fixed)], fixed) {
			return -1
		}
		i += len(fixed)
		var size int
		if c.part == partArrival {
			for i+size < len(b) && (b[i+size] >= '0' && b[i+size] <= '9' || b[i+size] == '.') {
				size++
			}
		} else if size = bytes.IndexByte(b[i:], '"'); size <= 0 || b[i+size-1] == '\\' {
			return -1
		}
		value := b[i : i+size]
		switch c.part {
		case partSequence:
			r.sequence = value
		case partData:
			r.data = value
		case partArrival:
			r.arrival = milliseconds(value)
		case partEventID:
			r.shard = shardOf(value)
		}
		i += size
	}
	fixed := t.fixed[parts]
	if len(b)-i < len(fixed) || !bytes.Equal(b[i:i+len(fixed)], fixed) || !r.complete() {
		return -1
	}
	return i + len(fixed)
}

// shardOf takes the shard out of an event id, <shard>:<sequence number>.
func shardOf(id []byte) []byte {
	for i, c := range id {
		if c == ':' {
			return id[:i]
		}
	}
	return nil
}

// ordinal is the number of the i-th event in the record.
func (r *record) ordinal(i int) int64 {
	if i < len(r.ordinals) {
		return r.ordinals[i]
	}
	return int64(i)
}

// milliseconds turns seconds since the epoch, as Lambda writes them, into milliseconds; digits after the third are cut
// off. It returns 0 when they cannot be a time.
func milliseconds(number []byte) int64 {
	var whole int64
	i := 0
	for ; i < len(number) && number[i] >= '0' && number[i] <= '9' && i < 12; i++ {
		whole = whole*10 + int64(number[i]-'0')
	}
	whole *= 1000
	if i == len(number) {
		return whole
	}
	if number[i] == '.' {
		scale := int64(100)
		for i++; i < len(number) && number[i] >= '0' && number[i] <= '9'; i++ {
			whole += scale * int64(number[i]-'0')
			scale /= 10
		}
		if i == len(number) {
			return whole
		}
	}
	// 1.545084650987E9
	seconds, err := strconv.ParseFloat(string(number), 64)
	if err != nil || seconds < 0 || seconds > 1e12 {
		return 0
	}
	return int64(math.Round(seconds * 1000))
}

// decodeEnvelope reads what scanEnvelope does not.
func decodeEnvelope(payload []byte, records []record) ([]record, error) {
	var event struct {
		Records []struct {
			EventID        string  `json:"eventID"`
			EventSourceARN string  `json:"eventSourceARN"`
			Ordinals       []int64 `json:"ordinals"`
			Kinesis        struct {
				SequenceNumber string      `json:"sequenceNumber"`
				Data           *string     `json:"data"`
				Arrival        json.Number `json:"approximateArrivalTimestamp"`
			} `json:"kinesis"`
		} `json:"Records"`
	}
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, fmt.Errorf("kinesis event: %w", err)
	}
	for i, in := range event.Records {
		r := record{
			shard:    shardOf([]byte(in.EventID)),
			sequence: []byte(in.Kinesis.SequenceNumber),
			source:   []byte(in.EventSourceARN),
			arrival:  milliseconds([]byte(in.Kinesis.Arrival)),
			ordinals: in.Ordinals,
		}
		if in.Kinesis.Data != nil {
			r.data = []byte(*in.Kinesis.Data)
		}
		if !r.complete() {
			return nil, fmt.Errorf(
				"kinesis event: record %d lacks eventID, sequenceNumber, data or approximateArrivalTimestamp", i,
			)
		}
		records = append(records, r)
	}
	return records, nil
}
