// Package plain is the straightforward implementation of the clicks function, on encoding/json and net/url. It exists
// only to be compared with package batch, in its benchmark and its tests: the same validation, the same rows, the same
// gzip library and level, the same Parquet encoder. It reads one event a record.
package plain

import (
	"bytes"
	stdgzip "compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/klauspost/compress/gzip"

	"dataplatform/contracts"
	"dataplatform/lambdas/clicks/internal/batch"
	"dataplatform/lambdas/internal/layout"
	"dataplatform/lambdas/internal/parquetfile"
)

// Event is a click event. Pointers tell absent from zero.
type Event struct {
	EventID       *string  `json:"event_id"`
	EventType     *string  `json:"event_type"`
	EventTime     *string  `json:"event_time"`
	VisitorID     *string  `json:"visitor_id"`
	UserID        *string  `json:"user_id"`
	URL           *string  `json:"url"`
	Referrer      *string  `json:"referrer"`
	UserAgent     *string  `json:"user_agent"`
	IP            *string  `json:"ip"`
	ProductID     *string  `json:"product_id"`
	Quantity      *int64   `json:"quantity"`
	Price         *float64 `json:"price"`
	Currency      *string  `json:"currency"`
	SearchTerm    *string  `json:"search_term"`
	HTTPMethod    *string  `json:"http_method"`
	HTTPStatus    *int64   `json:"http_status"`
	ResponseBytes *int64   `json:"response_bytes"`
	AppVersion    *string  `json:"app_version"`
	SchemaVersion *string  `json:"schema_version"`

	at time.Time
}

type rawRow struct {
	Shard          string  `json:"shard"`
	SequenceNumber string  `json:"sequence_number"`
	Ordinal        int     `json:"ordinal"`
	ArrivalTime    string  `json:"arrival_time"`
	Payload        *string `json:"payload,omitempty"`
	PayloadBase64  *string `json:"payload_base64,omitempty"`
}

type quarantineRow struct {
	Identity        string  `json:"identity"`
	Source          string  `json:"source"`
	Error           string  `json:"error"`
	ArrivalTime     string  `json:"arrival_time"`
	ContractVersion string  `json:"contract_version"`
	Payload         *string `json:"payload,omitempty"`
	PayloadBase64   *string `json:"payload_base64,omitempty"`
}

type refusal struct{ reason, detail string }

func (r refusal) Error() string { return r.detail }

// Processor processes batches.
type Processor struct {
	limits    batch.Limits
	version   string
	event     map[string]contracts.Column
	patterns  map[string]*regexp.Regexp
	major     string // what a supported schema_version starts with
	processed *contracts.Contract
	encoder   *parquetfile.Encoder
	robots    []string
	compress  Compress
}

// Compress opens a gzip stream at the fastest level of some library.
type Compress func(out io.Writer) (io.WriteCloser, error)

// Fast is the library and level that package batch uses.
func Fast(out io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(out, gzip.BestSpeed) }

// Standard is the standard library's.
func Standard(out io.Writer) (io.WriteCloser, error) {
	return stdgzip.NewWriterLevel(out, stdgzip.BestSpeed)
}

// New makes a processor.
func New(set *contracts.Set, limits batch.Limits, compress Compress) (*Processor, error) {
	raw, ok := set.Get("raw.clicks")
	processed, ok2 := set.Get("processed.clicks")
	if !ok || !ok2 {
		return nil, errors.New("contracts raw.clicks and processed.clicks are needed")
	}
	encoder, err := parquetfile.NewEncoder()
	if err != nil {
		return nil, err
	}
	p := &Processor{
		limits: limits, version: raw.Version, event: map[string]contracts.Column{},
		patterns: map[string]*regexp.Regexp{}, processed: processed, encoder: encoder, robots: batch.Robots(),
		compress: compress,
	}
	p.major = fmt.Sprintf("%d.", raw.Major())
	for _, column := range raw.Event() {
		p.event[column.Name] = column
		if column.Pattern != "" {
			if p.patterns[column.Name], err = regexp.Compile(column.Pattern); err != nil {
				return nil, err
			}
		}
	}
	return p, nil
}

// lines is a gzipped object of JSON lines.
type lines struct {
	packed  bytes.Buffer
	zip     io.WriteCloser
	encoder *json.Encoder
}

func newLines(compress Compress) (*lines, error) {
	l := &lines{}
	zip, err := compress(&l.packed)
	if err != nil {
		return nil, err
	}
	l.zip, l.encoder = zip, json.NewEncoder(zip)
	l.encoder.SetEscapeHTML(false)
	return l, nil
}

type hour struct {
	at    time.Time
	table *parquetfile.Table
}

// Build makes the objects of an invocation, by key.
func (p *Processor) Build(payload []byte) (map[string][]byte, error) {
	var event events.KinesisEvent
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, err
	}
	files := map[string]*lines{}
	hours := map[time.Time]*hour{}
	seen := map[string]bool{}
	first, last := event.Records[0].Kinesis.SequenceNumber, event.Records[len(event.Records)-1].Kinesis.SequenceNumber
	shard, _, _ := strings.Cut(event.Records[0].EventID, ":")
	id := shard + "-" + first + "-" + last
	write := func(key string, row any) error {
		file, ok := files[key]
		if !ok {
			var err error
			if file, err = newLines(p.compress); err != nil {
				return err
			}
			files[key] = file
		}
		return file.encoder.Encode(row)
	}
	for _, record := range event.Records {
		arrival := record.Kinesis.ApproximateArrivalTimestamp.UTC().Round(time.Millisecond)
		arrivalText := arrival.Format("2006-01-02T15:04:05.000Z")
		sequence := record.Kinesis.SequenceNumber
		var text, binary *string
		parsed, err := p.parse(record.Kinesis.Data, arrival)
		var bad refusal
		if err != nil && !errors.As(err, &bad) {
			return nil, err
		}
		if !utf8.Valid(record.Kinesis.Data) || bad.reason == contracts.ReasonUndecodable {
			encoded := base64.StdEncoding.EncodeToString(record.Kinesis.Data)
			binary = &encoded
		} else {
			plain := string(record.Kinesis.Data)
			text = &plain
		}
		if err != nil {
			key := layout.Quarantine("clicks", bad.reason, arrival, id)
			row := quarantineRow{
				Identity: shard + ":" + sequence + ":0", Source: record.EventSourceArn + " " + shard, Error: bad.detail,
				ArrivalTime: arrivalText, ContractVersion: p.version, Payload: text, PayloadBase64: binary,
			}
			if err := write(key, row); err != nil {
				return nil, err
			}
		} else {
			at := parsed.at.Truncate(time.Hour)
			h, ok := hours[at]
			if !ok {
				h = &hour{at: at, table: parquetfile.NewTable(columns(p.processed))}
				hours[at] = h
			}
			duplicate := seen[*parsed.EventID]
			seen[*parsed.EventID] = true
			if err := p.append(h.table, parsed, shard, sequence, arrival, duplicate); err != nil {
				return nil, err
			}
		}
		row := rawRow{
			Shard: shard, SequenceNumber: sequence, ArrivalTime: arrivalText, Payload: text, PayloadBase64: binary,
		}
		if err := write(layout.Raw("clicks", arrival, id+".ndjson.gz"), row); err != nil {
			return nil, err
		}
	}
	objects := map[string][]byte{}
	for key, file := range files {
		if err := file.zip.Close(); err != nil {
			return nil, err
		}
		objects[key] = file.packed.Bytes()
	}
	for at, h := range hours {
		body, err := p.encoder.Encode(nil, h.table)
		if err != nil {
			return nil, err
		}
		objects[layout.Processed("clicks", at, id+".parquet")] = body
	}
	return objects, nil
}

// parse reads and checks an event.
func (p *Processor) parse(data []byte, arrival time.Time) (*Event, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	event := &Event{}
	if err := decoder.Decode(event); err != nil {
		var wrong *json.UnmarshalTypeError
		switch declared := declaredVersion(data); {
		case p.unsupported(declared):
			return nil, refusal{contracts.ReasonUnsupportedVersion, *declared}
		case strings.Contains(err.Error(), "unknown field"):
			return nil, refusal{contracts.ReasonUnknownField, err.Error()}
		case errors.As(err, &wrong):
			return nil, refusal{contracts.ReasonWrongType, err.Error()}
		}
		return nil, refusal{contracts.ReasonUndecodable, err.Error()}
	}
	if !utf8.Valid(data) {
		return nil, refusal{contracts.ReasonInvalidUTF8, "not UTF-8"}
	}
	if len(data) > p.limits.MaxEventBytes {
		return nil, refusal{contracts.ReasonEventTooLarge, "too large"}
	}
	if p.unsupported(event.SchemaVersion) {
		return nil, refusal{contracts.ReasonUnsupportedVersion, *event.SchemaVersion}
	}
	for _, field := range []struct {
		name string
		text **string
	}{
		{"event_id", &event.EventID}, {"event_type", &event.EventType}, {"event_time", &event.EventTime},
		{"visitor_id", &event.VisitorID}, {"user_id", &event.UserID}, {"url", &event.URL},
		{"referrer", &event.Referrer}, {"user_agent", &event.UserAgent}, {"ip", &event.IP},
		{"product_id", &event.ProductID}, {"currency", &event.Currency}, {"search_term", &event.SearchTerm},
		{"http_method", &event.HTTPMethod}, {"app_version", &event.AppVersion},
		{"schema_version", &event.SchemaVersion},
	} {
		if err := p.checkText(field.name, field.text); err != nil {
			return nil, err
		}
	}
	for name, number := range map[string]*int64{
		"quantity": event.Quantity, "http_status": event.HTTPStatus, "response_bytes": event.ResponseBytes,
	} {
		if number != nil {
			if err := p.checkNumber(name, float64(*number)); err != nil {
				return nil, err
			}
		}
	}
	if event.Price != nil {
		if err := p.checkNumber("price", *event.Price); err != nil {
			return nil, err
		}
	}
	at, err := time.Parse(time.RFC3339Nano, *event.EventTime)
	if err != nil {
		return nil, refusal{contracts.ReasonInvalidValue, err.Error()}
	}
	event.at = at.UTC().Truncate(time.Millisecond)
	if at.Before(arrival.Add(-p.limits.Lateness)) || at.After(arrival.Add(time.Hour)) {
		return nil, refusal{contracts.ReasonOutsideLateness, "late"}
	}
	return event, nil
}

// declaredVersion is the schema version of an event that does not fit the contract, nil when it declares none.
func declaredVersion(data []byte) *string {
	var event struct {
		SchemaVersion *string `json:"schema_version"`
	}
	if err := json.Unmarshal(data, &event); err != nil {
		return nil // it is refused for that already
	}
	return event.SchemaVersion
}

func (p *Processor) unsupported(version *string) bool {
	if version == nil {
		return false
	}
	text := strings.TrimSpace(*version)
	return p.patterns["schema_version"].MatchString(text) && !strings.HasPrefix(text, p.major)
}

func (p *Processor) checkText(name string, text **string) error {
	column := p.event[name]
	if *text != nil {
		trimmed := strings.TrimSpace(**text)
		*text = &trimmed
	}
	if *text == nil || **text == "" {
		*text = nil
		if column.Required {
			return refusal{contracts.ReasonMissingField, name + " is required"}
		}
		return nil
	}
	if len(column.Enum) > 0 {
		i := slices.IndexFunc(column.Enum, func(value string) bool { return strings.EqualFold(value, **text) })
		if i < 0 {
			return refusal{contracts.ReasonInvalidValue, name + " is not allowed"}
		}
		*text = &column.Enum[i]
		return nil
	}
	n := utf8.RuneCountInString(**text)
	if column.MinLength != nil && n < *column.MinLength || column.MaxLength != nil && n > *column.MaxLength {
		return refusal{contracts.ReasonInvalidValue, name + " is too short or too long"}
	}
	if pattern := p.patterns[name]; pattern != nil && !pattern.MatchString(**text) {
		return refusal{contracts.ReasonInvalidValue, name + " does not match its pattern"}
	}
	return nil
}

func (p *Processor) checkNumber(name string, value float64) error {
	column := p.event[name]
	if column.Minimum != nil && value < *column.Minimum || column.Maximum != nil && value > *column.Maximum {
		return refusal{contracts.ReasonInvalidValue, fmt.Sprintf("%s is out of range", name)}
	}
	return nil
}

// derived are the columns computed from addresses.
type derived struct {
	host, path, refHost, network string
	utm                          url.Values
	robot                        bool
}

func (p *Processor) derive(event *Event) derived {
	var d derived
	if address, err := url.Parse(*event.URL); err == nil {
		d.host, d.path, d.utm = strings.ToLower(address.Hostname()), address.EscapedPath(), address.Query()
		if d.path == "" && d.host != "" {
			d.path = "/"
		}
	}
	if event.Referrer != nil {
		if address, err := url.Parse(*event.Referrer); err == nil {
			d.refHost = strings.ToLower(address.Hostname())
		}
	}
	if event.IP != nil {
		if ip, err := netip.ParseAddr(*event.IP); err == nil {
			bits := 48
			if ip = ip.WithZone("").Unmap(); ip.Is4() {
				bits = 24
			}
			if network, err := ip.Prefix(bits); err == nil {
				d.network = network.String()
			}
		}
	}
	if event.UserAgent != nil {
		folded := strings.ToLower(*event.UserAgent)
		d.robot = slices.ContainsFunc(p.robots, func(word string) bool { return strings.Contains(folded, word) })
	}
	return d
}
