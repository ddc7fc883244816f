package load

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"time"
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
	default:
		record.Data = bytes.Join(texts, []byte("\n"))
	}
	return record
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
