package batch

import (
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
}

// parseEnvelope appends the records of a Kinesis event to dst. It walks the bytes once, looks only at the keys it needs and
// copies nothing; an event written in a way it does not expect is read with encoding/json instead.
func parseEnvelope(payload []byte, dst []record) ([]record, error) {
	if records, ok := scanEnvelope(payload, dst[:0]); ok {
		return records, nil
	}
	return decodeEnvelope(payload, dst[:0])
}

// object calls member with the key and the position of each value of the object at i; member returns the value's end, or -1 to
// give up. object returns the end of the object or -1.
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
		for {
			var r record
			if at = scanRecord(b, at, &r); at < 0 || !r.complete() {
				return -1
			}
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

func scanRecord(b []byte, i int, r *record) int {
	return object(b, i, func(key []byte, at int) int {
		switch string(key) {
		case "kinesis":
			return object(b, at, func(key []byte, at int) int {
				var end int
				switch string(key) {
				case "sequenceNumber":
					r.sequence, end = text(b, at)
				case "data":
					r.data, end = text(b, at)
				case "approximateArrivalTimestamp":
					if end, _ = jsontext.Number(b, at); end > 0 {
						r.arrival = milliseconds(b[at:end])
					}
				default:
					end = jsontext.Value(b, at)
				}
				return end
			})
		case "eventID":
			id, end := text(b, at)
			r.shard = shardOf(id)
			return end
		case "eventSourceARN":
			var end int
			r.source, end = text(b, at)
			return end
		default:
			return jsontext.Value(b, at)
		}
	})
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

// milliseconds turns seconds since the epoch, as Lambda writes them, into milliseconds; digits after the third are cut off. It
// returns 0 when they cannot be a time.
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
			EventID        string `json:"eventID"`
			EventSourceARN string `json:"eventSourceARN"`
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
		}
		if in.Kinesis.Data != nil {
			r.data = []byte(*in.Kinesis.Data)
		}
		if !r.complete() {
			return nil, fmt.Errorf("kinesis event: record %d lacks eventID, sequenceNumber, data or approximateArrivalTimestamp", i)
		}
		records = append(records, r)
	}
	return records, nil
}
