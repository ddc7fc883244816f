package load

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"time"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"dataplatform/internal/aggregated"
)

// event is one click as the contract raw.clicks describes it.
type event struct {
	at time.Time // EventTime as it was asked for

	EventID       string   `json:"event_id"`
	EventType     string   `json:"event_type"`
	EventTime     string   `json:"event_time"`
	VisitorID     string   `json:"visitor_id"`
	UserID        string   `json:"user_id,omitempty"`
	URL           string   `json:"url"`
	Referrer      string   `json:"referrer,omitempty"`
	UserAgent     string   `json:"user_agent,omitempty"`
	IP            string   `json:"ip,omitempty"`
	ProductID     string   `json:"product_id,omitempty"`
	Quantity      int      `json:"quantity,omitempty"`
	Price         *float64 `json:"price,omitempty"`
	Currency      string   `json:"currency,omitempty"`
	SearchTerm    string   `json:"search_term,omitempty"`
	HTTPMethod    string   `json:"http_method,omitempty"`
	HTTPStatus    int      `json:"http_status,omitempty"`
	ResponseBytes *int64   `json:"response_bytes,omitempty"`
	AppVersion    string   `json:"app_version,omitempty"`
	SchemaVersion string   `json:"schema_version,omitempty"`
}

func (e event) text() []byte {
	text, err := json.Marshal(e)
	if err != nil {
		panic(err) // strings and numbers only: cannot fail
	}
	return text
}

// item is one event on its way: its text and, where it can be read, its id.
type item struct {
	text    []byte
	eventID string
	// alone keeps the event out of records that hold several: its bytes corrupt the whole record.
	alone bool
}

// Record is one record for the stream and the ids of the events in it, by ordinal.
type Record struct {
	Data     []byte
	EventIDs []string
}

// packing is how events share a record; senders in the field do all of these.
type packing int

const (
	packSingle packing = iota
	packArray
	packLines
	packGzippedLines
	packZstdLines
	packSnappyLines
	packAggregated
)

func pack(items []item, how packing) Record {
	record := Record{}
	texts := make([][]byte, len(items))
	for i, it := range items {
		texts[i] = it.text
		record.EventIDs = append(record.EventIDs, it.eventID)
	}
	switch how {
	case packArray:
		record.Data = append(append([]byte{'['}, bytes.Join(texts, []byte(","))...), ']')
	case packGzippedLines:
		record.Data = gzipped(bytes.Join(texts, []byte("\n")))
	case packZstdLines:
		record.Data = zstdEncoder.EncodeAll(bytes.Join(texts, []byte("\n")), nil)
	case packSnappyLines:
		record.Data = snappied(bytes.Join(texts, []byte("\n")))
	case packAggregated:
		record.Data = aggregated.Join(userRecords(texts))
	default:
		record.Data = bytes.Join(texts, []byte("\n"))
	}
	return record
}

// userRecords puts the first half of events into records of their own, and the others into two that hold several.
func userRecords(texts [][]byte) [][]byte {
	half := len(texts) / 2
	quarter := half + (len(texts)-half)/2
	records := append([][]byte{}, texts[:half]...)
	for _, several := range [][][]byte{texts[half:quarter], texts[quarter:]} {
		if len(several) > 0 {
			records = append(records, bytes.Join(several, []byte("\n")))
		}
	}
	last := len(records) - 1
	records[last] = gzipped(records[last])
	return records
}

var zstdEncoder = func() *zstd.Encoder {
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err) // no option can be wrong
	}
	return encoder
}()

// snappied is in Snappy's framing format, as senders write it: raw Snappy begins with nothing that tells it.
func snappied(data []byte) []byte {
	var buffer bytes.Buffer
	writer := s2.NewWriter(&buffer, s2.WriterSnappyCompat())
	// Writes to a buffer cannot fail.
	if _, err := writer.Write(data); err != nil {
		panic(err)
	}
	if err := writer.Close(); err != nil {
		panic(err)
	}
	return buffer.Bytes()
}

func gzipped(data []byte) []byte {
	var buffer bytes.Buffer
	zip := gzip.NewWriter(&buffer)
	// Writes to a buffer cannot fail.
	if _, err := zip.Write(data); err != nil {
		panic(err)
	}
	if err := zip.Close(); err != nil {
		panic(err)
	}
	return buffer.Bytes()
}
