package replay

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"dataplatform/internal/aggregated"
)

// batch is what one invocation took of a shard, by the raw objects that it wrote: one an hour of arrival.
type batch struct {
	id      string
	objects []object
	rows    []row // of raw, in the order of their identities
}

// batches reads the raw objects of the hours and of those beside them, for a batch may begin before and end after, and
// keeps those that hold a wanted record; all without wanted.
func (q *Quarantine) batches(
	ctx context.Context, dataset string, wanted map[string]bool, hours map[time.Time]bool,
) ([]batch, error) {
	around := map[time.Time]bool{}
	for hour := range hours {
		for _, step := range []time.Duration{-time.Hour, 0, time.Hour} {
			around[hour.Add(step)] = true
		}
	}
	byID := map[string]*batch{}
	var order []string
	for _, span := range spans(around) {
		for hour := span.Start; hour.Before(span.End); hour = hour.Add(time.Hour) {
			found, err := q.objects(ctx, arrivedIn(dataset, hour), Selection{})
			if err != nil {
				return nil, err
			}
			for _, o := range found {
				if byID[o.id] == nil {
					byID[o.id] = &batch{id: o.id}
					order = append(order, o.id)
				}
				byID[o.id].objects = append(byID[o.id].objects, o)
			}
		}
	}
	var kept []batch
	for _, id := range order {
		b := byID[id]
		in := func(o object) bool { return hours[o.hour] }
		if wanted == nil && !slices.ContainsFunc(b.objects, in) || wanted != nil && !b.covers(wanted) {
			continue
		}
		if err := readable(b.objects); err != nil {
			return nil, err
		}
		if err := q.read(ctx, b); err != nil {
			return nil, err
		}
		if len(b.rows) == 0 { // an erasure left its name only
			continue
		}
		if wanted == nil || slices.ContainsFunc(b.rows, func(r row) bool { return wanted[r.record()] }) {
			kept = append(kept, *b)
		}
	}
	return kept, nil
}

// arrivedIn is the prefix of what arrived in an hour.
func arrivedIn(dataset string, hour time.Time) string {
	return fmt.Sprintf("%s/ingest_date=%s/ingest_hour=%02d/", dataset, hour.Format(time.DateOnly), hour.Hour())
}

// ends are the first and the last sequence number of a batch, which its name has: <shard>-<first>-<last>.
func (b *batch) ends() (first, last string, ok bool) {
	rest, last, ok := cutLast(b.id, "-")
	_, first, more := cutLast(rest, "-")
	return first, last, ok && more
}

// covers says whether a wanted record may be in the batch, by its name.
func (b *batch) covers(wanted map[string]bool) bool {
	first, last, ok := b.ends()
	if !ok {
		return true
	}
	shard := strings.TrimSuffix(b.id, "-"+first+"-"+last)
	for record := range wanted {
		of, sequence, _ := cutLast(record, ":")
		if of == shard && compareNumbers(first, sequence) <= 0 && compareNumbers(sequence, last) <= 0 {
			return true
		}
	}
	return false
}

func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return "", text, false
	}
	return text[:i], text[i+len(separator):], true
}

func (r row) record() string { return r.Shard + ":" + r.Sequence }

func (q *Quarantine) read(ctx context.Context, b *batch) error {
	b.rows = nil
	for _, o := range b.objects {
		rows, err := q.rows(ctx, o.key)
		if err != nil {
			return err
		}
		b.rows = append(b.rows, rows...)
	}
	slices.SortStableFunc(b.rows, func(a, c row) int {
		if order := compareNumbers(a.Sequence, c.Sequence); order != 0 {
			return order
		}
		return a.Ordinal - c.Ordinal
	})
	return nil
}

// compareNumbers compares sequence numbers, which have more digits than an int64.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// allFound refuses to replay a part: a quarantined record whose raw row cannot be found would stay behind unseen.
func allFound(wanted map[string]bool, batches []batch) error {
	missing := maps.Clone(wanted)
	for _, b := range batches {
		for _, r := range b.rows {
			delete(missing, r.record())
		}
	}
	for record := range missing {
		return fmt.Errorf("%d quarantined records have no row in raw, among them %s", len(missing), record)
	}
	return nil
}

// packedFrom is the size from which a record's data is gzipped: what came gzipped would not fit into an invocation
// otherwise.
const packedFrom = 4096

type kinesisRecord struct {
	EventID   string `json:"eventID"`
	Source    string `json:"eventSource"`
	Name      string `json:"eventName"`
	SourceARN string `json:"eventSourceARN"`
	// Ordinals number the events in the data: an erasure may have left gaps, and of a record nothing.
	Ordinals *[]int `json:"ordinals,omitempty"`
	Kinesis  struct {
		PartitionKey string      `json:"partitionKey"`
		Sequence     string      `json:"sequenceNumber"`
		Data         string      `json:"data"`
		Arrival      json.Number `json:"approximateArrivalTimestamp"`
	} `json:"kinesis"`
}

// event makes of a batch's raw rows the event that the function got: the same records with the same events in them,
// without those that an erasure took. The first and the last record are there in any case: the batch's objects are
// named after them, and written under other names the rows of all others would be there twice.
func (b *batch) event(streamARN string) ([]byte, error) {
	var records []kinesisRecord
	add := func(of row, data []byte, ordinals *[]int) error {
		arrival, err := time.Parse(time.RFC3339, of.Arrival)
		if err != nil {
			return fmt.Errorf("record %s: %w", of.record(), err)
		}
		record := kinesisRecord{
			EventID: of.record(), Source: "aws:kinesis", Name: "aws:kinesis:record", SourceARN: streamARN,
			Ordinals: ordinals,
		}
		record.Kinesis.PartitionKey, record.Kinesis.Sequence = "replay", of.Sequence
		record.Kinesis.Data = base64.StdEncoding.EncodeToString(data)
		record.Kinesis.Arrival = json.Number(fmt.Sprintf("%d.%03d", arrival.Unix(), arrival.Nanosecond()/1e6))
		records = append(records, record)
		return nil
	}
	first, last, known := b.ends()
	nothing := func(sequence string, like row) error {
		like.Sequence = sequence
		return add(like, nil, &[]int{})
	}
	if known && len(b.rows) > 0 && b.rows[0].Sequence != first {
		if err := nothing(first, b.rows[0]); err != nil {
			return nil, err
		}
	}
	for start := 0; start < len(b.rows); {
		end := start + 1
		for end < len(b.rows) && b.rows[end].record() == b.rows[start].record() {
			end++
		}
		data, err := dataOf(b.rows[start:end])
		if err != nil {
			return nil, fmt.Errorf("record %s: %w", b.rows[start].record(), err)
		}
		if err := add(b.rows[start], data, ordinals(b.rows[start:end])); err != nil {
			return nil, err
		}
		start = end
	}
	if at := len(b.rows) - 1; known && at >= 0 && b.rows[at].Sequence != last {
		if err := nothing(last, b.rows[at]); err != nil {
			return nil, err
		}
	}
	return json.Marshal(map[string]any{"Records": records})
}

// ordinals are the numbers of a record's events, nil of a record that is one row because nobody could take it apart.
func ordinals(rows []row) *[]int {
	if len(rows) == 1 && rows[0].Ordinal == 0 && rows[0].Payload == nil {
		return nil
	}
	numbers := make([]int, 0, len(rows))
	for _, r := range rows {
		numbers = append(numbers, r.Ordinal)
	}
	return &numbers
}

// dataOf puts the events of a record together again: as lines, or as the user records of an aggregated one where a row
// is no line.
func dataOf(rows []row) ([]byte, error) {
	texts, lines := make([][]byte, len(rows)), true
	for i, r := range rows {
		if texts[i] = r.Base64; r.Payload != nil {
			texts[i] = []byte(*r.Payload)
		}
		lines = lines && r.Payload != nil && isLine(texts[i])
	}
	switch {
	case ordinals(rows) == nil: // the bytes are what is wrong with it
		return texts[0], nil
	case !lines:
		return aggregated.Join(texts), nil
	}
	data := bytes.Join(texts, []byte("\n"))
	if len(data) < packedFrom {
		return data, nil
	}
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	if _, err := writer.Write(data); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

// isLine says that a text comes back as itself from a line, or the lines, of NDJSON.
func isLine(text []byte) bool {
	trimmed := bytes.TrimSpace(text)
	return len(text) > 0 && len(trimmed) == len(text) && (bytes.IndexByte(text, '\n') < 0 || json.Valid(text))
}

// replayBatches invokes the function with each batch, and removes what it does not refuse any more.
func (q *Quarantine) replayBatches(ctx context.Context, plan Plan) (Done, error) {
	var done Done
	ids := map[string]bool{}
	span := Selection{From: time.Unix(1<<40, 0)}
	for _, b := range plan.batches {
		ids[b.id] = true
		for _, o := range b.objects {
			if o.hour.Before(span.From) {
				span.From = o.hour
			}
			if end := o.hour.Add(time.Hour); end.After(span.To) {
				span.To = end
			}
		}
	}
	// Beside the selected ones those of the same batches for other reasons: the function evaluates all events of a
	// batch.
	refused := slices.Clone(plan.objects)
	others, err := q.objects(ctx, "quarantine/"+plan.Dataset+"/", span)
	if err != nil {
		return done, err
	}
	for _, o := range others {
		if ids[o.id] && !slices.ContainsFunc(refused, func(known object) bool { return known.key == o.key }) {
			refused = append(refused, o)
		}
	}
	before := map[string]string{}
	for _, o := range refused {
		if before[o.key], err = q.version(ctx, o.key); err != nil {
			return done, err
		}
	}
	replayed := map[string]bool{}
	var problems []error
	for i, b := range plan.batches {
		q.step(plan.Dataset, "batch", i, len(plan.batches))
		if err := q.invoke(ctx, b); err != nil {
			problems = append(problems, err)
			continue
		}
		done.Invoked++
		for _, r := range b.rows {
			replayed[r.record()] = true
		}
	}
	for _, o := range refused {
		removed, err := q.sweep(ctx, o, before[o.key], replayed)
		if err != nil {
			problems = append(problems, err)
		} else if removed {
			done.Removed++
		}
	}
	return done, errors.Join(problems...)
}

// invoke gives the function a batch and holds what it wrote to raw against what was there: the same rows, or something
// else was replayed.
func (q *Quarantine) invoke(ctx context.Context, b batch) error {
	fail := func(err error) error { return fmt.Errorf("replay batch %s: %w", b.id, err) }
	event, err := b.event(q.StreamARN)
	if err != nil {
		return fail(err)
	}
	name := q.FunctionNames["clicks"]
	answer, err := q.Functions.Invoke(ctx, &lambda.InvokeInput{FunctionName: &name, Payload: event})
	if err != nil {
		return fail(err)
	}
	if answer.FunctionError != nil {
		return fail(fmt.Errorf("function %s: %s: %s", name, *answer.FunctionError, answer.Payload))
	}
	if err := stored(answer.Payload); err != nil {
		return fail(fmt.Errorf("function %s: %w", name, err))
	}
	again := batch{id: b.id, objects: b.objects}
	if err := q.read(ctx, &again); err != nil {
		return fail(err)
	}
	if !reflect.DeepEqual(b.rows, again.rows) {
		return fail(errors.New("raw is not what it was: its versions before have the rows as they came"))
	}
	return nil
}

// sweep removes an object of quarantine that a replay did not write again though it replayed all its records: those
// that are still refused have their rows in another object.
func (q *Quarantine) sweep(ctx context.Context, o object, before string, replayed map[string]bool) (bool, error) {
	rows, err := q.rows(ctx, o.key)
	if err != nil {
		return false, err
	}
	now, err := q.version(ctx, o.key)
	if err != nil || now != before {
		return false, err
	}
	for _, r := range rows {
		if !replayed[recordOf(r.Identity)] {
			return false, nil
		}
	}
	return true, q.remove(ctx, o.key)
}
