package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/lambdas/clicks/internal/batch"
	"dataplatform/lambdas/clicks/internal/sample"
	"dataplatform/lambdas/internal/emf"
	"dataplatform/lambdas/internal/store"
)

const (
	shardName = "shardId-000000000003"
	stream    = "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"
	good      = `{"event_id":"e-1","event_type":"page_view","event_time":"2026-03-01T12:29:00Z","visitor_id":"v-1","url":"/"}`
)

var arrival = time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)

// memory is a store that fails where it is asked to.
type memory struct {
	mu      sync.Mutex
	objects map[string][]byte
	order   []string
	fail    func(bucket, key string) bool
}

func (m *memory) Put(_ context.Context, object store.Object) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil && m.fail(object.Bucket, object.Key) {
		return "", errors.New("503 slow down")
	}
	body, err := io.ReadAll(object.Body)
	if err != nil {
		return "", err
	}
	if object.Tiered != (object.Bucket == "raw") {
		return "", errors.New("only raw goes straight to Intelligent-Tiering")
	}
	if object.Once != (object.Bucket == "raw" && strings.HasPrefix(object.Key, "clicks/")) {
		return "", errors.New("raw is written once, quarantine and processed are not")
	}
	name := object.Bucket + "/" + object.Key
	m.objects[name] = body
	m.order = append(m.order, name)
	return "v1", nil
}

// marks are the hours that were marked, each with the objects there were by then.
type marks struct {
	store *memory
	after map[string][]string
	by    map[string]int
	fail  func(hour string) bool
}

func (m *marks) Mark(_ context.Context, hour time.Time, by string) error {
	name := hour.Format("2006-01-02T15")
	if m.fail != nil && m.fail(name) {
		return errors.New("ProvisionedThroughputExceeded")
	}
	m.after[name] = slices.Clone(m.store.order)
	m.by[by]++
	return nil
}

type fixture struct {
	handler *Handler
	store   *memory
	hours   *marks
	metrics *bytes.Buffer
	log     *bytes.Buffer
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	set, err := contracts.Load()
	require.NoError(t, err)
	processor, err := batch.New(set,
		batch.Limits{Lateness: 72 * time.Hour, MaxEventBytes: 64 << 10, MaxExpandedBytes: 1 << 20})
	require.NoError(t, err)
	objects := &memory{objects: map[string][]byte{}}
	f := &fixture{
		store: objects, hours: &marks{store: objects, after: map[string][]string{}, by: map[string]int{}},
		metrics: &bytes.Buffer{}, log: &bytes.Buffer{},
	}
	f.handler = &Handler{
		Processor: processor, Store: f.store, Hours: f.hours, StreamARN: stream, RawBucket: "raw",
		ProcessedBucket: "processed",
		Metrics:         emf.Writer{Out: f.metrics, Namespace: "Shop"},
		Logger:          slog.New(slog.NewJSONHandler(f.log, nil)),
		Now:             func() time.Time { return arrival.Add(5 * time.Second) },
	}
	return f
}

// invoke returns the sequence numbers of the failures.
func (f *fixture) invoke(t testing.TB, payload []byte) []string {
	t.Helper()
	ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "request-1"})
	answer, err := f.handler.Invoke(ctx, payload)
	require.NoError(t, err)
	var got response
	require.NoError(t, json.Unmarshal(answer, &got))
	require.NotNil(t, got.Failures, "%s", answer)
	failures := []string{}
	for _, failure := range got.Failures {
		failures = append(failures, failure.Sequence)
	}
	return failures
}

func (f *fixture) metric(t testing.TB) map[string]any {
	t.Helper()
	require.Equal(t, 1, bytes.Count(f.metrics.Bytes(), []byte("\n")), "one line a batch")
	var line map[string]any
	require.NoError(t, json.Unmarshal(f.metrics.Bytes(), &line))
	f.metrics.Reset()
	return line
}

// rawIdentities are the identities of the raw rows, sorted.
func (m *memory) rawIdentities(t testing.TB) []string {
	t.Helper()
	var out []string
	for name, body := range m.objects {
		if !strings.HasPrefix(name, "raw/clicks/") {
			continue
		}
		for _, row := range jsonRows(t, body) {
			out = append(out, fmt.Sprintf("%v:%v", row["sequence_number"], row["ordinal"]))
		}
	}
	slices.Sort(out)
	return out
}

// otherIdentities are the distinct identities of the processed and quarantine rows, sorted.
func (m *memory) otherIdentities(t testing.TB) []string {
	t.Helper()
	out := map[string]bool{}
	for name, body := range m.objects {
		switch {
		case strings.HasPrefix(name, "raw/quarantine/"):
			for _, row := range jsonRows(t, body) {
				out[strings.TrimPrefix(row["identity"].(string), shardName+":")] = true
			}
		case strings.HasPrefix(name, "processed/"):
			type row struct {
				Sequence string `parquet:"sequence_number"`
				Ordinal  int32  `parquet:"ordinal"`
			}
			rows, err := parquet.Read[row](bytes.NewReader(body), int64(len(body)))
			require.NoError(t, err)
			for _, r := range rows {
				out[fmt.Sprintf("%s:%d", r.Sequence, r.Ordinal)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(out))
}

func jsonRows(t testing.TB, body []byte) []map[string]any {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(body))
	require.NoError(t, err)
	var out []map[string]any
	decoder := json.NewDecoder(zip)
	for {
		var row map[string]any
		if err := decoder.Decode(&row); err == io.EOF {
			return out
		} else {
			require.NoError(t, err)
		}
		out = append(out, row)
	}
}

func TestInvoke(t *testing.T) {
	f := newFixture(t)
	late := strings.NewReplacer("e-1", "e-2", "T12:29", "T09:29").Replace(good)
	assert.Empty(t, f.invoke(t, sample.Payload(shardName, 1, arrival, good, good, "junk", late)))
	id := shardName + "-" + sample.Sequence(1) + "-" + sample.Sequence(4)
	assert.Equal(t, []string{
		"processed/clicks/event_date=2026-03-01/event_hour=09/" + id + ".parquet",
		"processed/clicks/event_date=2026-03-01/event_hour=12/" + id + ".parquet",
		"raw/clicks/ingest_date=2026-03-01/ingest_hour=12/" + id + ".ndjson.gz",
		"raw/quarantine/clicks/reason=undecodable/ingest_date=2026-03-01/ingest_hour=12/" + id + ".ndjson.gz",
	}, slices.Sorted(maps.Keys(f.store.objects)))
	assert.True(t, strings.HasPrefix(f.store.order[3], "raw/clicks/"), "raw is written last")
	assert.Equal(t, f.store.rawIdentities(t), f.store.otherIdentities(t))
	line := f.metric(t)
	for name, want := range map[string]any{
		"Dataset": "clicks", "requestId": "request-1", "Received": 4.0, "Processed": 2.0, "Duplicates": 1.0,
		"Quarantined": 1.0, "Quarantined.undecodable": 1.0, "ReturnedRecords": 0.0,
		"BytesReceived": float64(2*len(good) + len("junk") + len(late)), "Latency": []any{10865000.0, 65000.0, 65000.0},
	} {
		assert.Equal(t, want, line[name], name)
	}
	assert.Positive(t, line["BytesWritten"])

	first := maps.Clone(f.store.objects)
	assert.Empty(t, f.invoke(t, sample.Payload(shardName, 1, arrival, good, good, "junk", late)))
	assert.Equal(t, first, f.store.objects, "a retry writes the same objects")
}

func TestInvokeOfNothing(t *testing.T) {
	f := newFixture(t)
	assert.Empty(t, f.invoke(t, []byte(`{"Records":[]}`)))
	assert.Empty(t, f.store.objects)
	line := f.metric(t)
	for _, name := range []string{"Received", "Processed", "Duplicates", "Quarantined", "ReturnedRecords",
		"BytesReceived", "BytesWritten"} {
		assert.Equal(t, 0.0, line[name], name)
	}
}

func TestInvokeRejectsOtherEvents(t *testing.T) {
	f := newFixture(t)
	_, err := f.handler.Invoke(context.Background(), []byte(`{"Records":[{}]}`))
	require.ErrorContains(t, err, "kinesis event: record 0 lacks")
	assert.Contains(t, f.log.String(), `"level":"ERROR"`)
}

// What cannot be written is returned, and what precedes it is complete: raw has a row exactly if its other row exists.
func TestInvokeReturnsWhatCannotBeWritten(t *testing.T) {
	at := func(hour string, id int) string {
		return strings.NewReplacer("e-1", fmt.Sprint("e-", id), "T12:", "T"+hour+":").Replace(good)
	}
	contents := []string{at("12", 1), at("12", 2), "junk", at("11", 4), at("10", 5), at("12", 6)}
	for _, test := range []struct {
		name string
		fail string // part of the keys that fail
		want []string
		raw  int // records in raw
	}{
		{"an hour of processed", "event_hour=11", []string{sample.Sequence(4)}, 3},
		{"two hours of processed: the lower record counts", "event_hour=1", []string{sample.Sequence(1)}, 0},
		{"the hour of the first record", "event_hour=12", []string{sample.Sequence(1)}, 0},
		{"quarantine", "quarantine/", []string{sample.Sequence(3)}, 2},
		{"raw", "clicks/ingest_date", []string{sample.Sequence(1)}, 0},
		{"everything", "", []string{sample.Sequence(1)}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			f.store.fail = func(_, key string) bool { return strings.Contains(key, test.fail) }
			assert.Equal(t, test.want, f.invoke(t, sample.Payload(shardName, 1, arrival, contents...)))
			raw := f.store.rawIdentities(t)
			assert.Len(t, raw, test.raw)
			assert.Subset(t, f.store.otherIdentities(t), raw)
			line := f.metric(t)
			assert.EqualValues(t, test.raw, line["Received"])
			assert.EqualValues(t, len(contents)-test.raw, line["ReturnedRecords"])
			assert.Contains(t, f.log.String(), `"requestId":"request-1"`)

			f.store.fail = nil
			assert.Empty(t, f.invoke(t, sample.Payload(shardName, 1+test.raw, arrival, contents[test.raw:]...)))
			assert.Equal(t, f.store.otherIdentities(t), slices.Compact(f.store.rawIdentities(t)),
				"the retry completes the batch")
			assert.Len(t, f.store.rawIdentities(t), len(contents))
		})
	}
}

func TestInvokeReturnsTheRestOfAnEarlierHour(t *testing.T) {
	f := newFixture(t)
	f.store.fail = func(bucket, key string) bool { return bucket == "raw" && strings.Contains(key, "ingest_hour=13") }
	payload := sample.Payload(shardName, 1, arrival.Add(30*time.Minute-2*time.Millisecond), good, good, good)
	assert.Equal(t, []string{sample.Sequence(3)}, f.invoke(t, payload))
	assert.Len(t, f.store.rawIdentities(t), 2)
}

// An hour is marked when all its objects are there, whichever hour it is: a run that had seen the mark before them
// would take it away.
func TestInvokeMarksTheHoursOfItsRows(t *testing.T) {
	f := newFixture(t)
	payload := sample.Payload(shardName, 1, arrival.Add(30*time.Minute-2*time.Millisecond), good, good, "junk")
	assert.Empty(t, f.invoke(t, payload))
	require.Equal(t, []string{"2026-03-01T12", "2026-03-01T13"}, slices.Sorted(maps.Keys(f.hours.after)))
	for hour, before := range f.hours.after {
		assert.ElementsMatch(t, slices.Collect(maps.Keys(f.store.objects)), before, hour)
	}
	assert.Len(t, f.hours.by, 1)
	for by := range f.hours.by {
		assert.Equal(t, "2026-03-01T12:30:05Z/request-1", by, "no two invocations mark alike")
	}

	f = newFixture(t)
	f.store.fail = func(_, key string) bool {
		return strings.Contains(key, "ingest_hour=13") && !strings.Contains(key, "quarantine")
	}
	assert.Equal(t, []string{sample.Sequence(3)}, f.invoke(t, payload))
	assert.Equal(t, []string{"2026-03-01T12"}, slices.Sorted(maps.Keys(f.hours.after)), "only what is stored")
}

// Rows of an hour that no run would take are not stored: they come again.
func TestInvokeReturnsWhatCannotBeMarked(t *testing.T) {
	f := newFixture(t)
	f.hours.fail = func(string) bool { return true }
	payload := sample.Payload(shardName, 1, arrival, good, "junk")
	assert.Equal(t, []string{sample.Sequence(1)}, f.invoke(t, payload))
	line := f.metric(t)
	assert.Equal(t, []any{0.0, 2.0}, []any{line["Received"], line["ReturnedRecords"]})
	first := maps.Clone(f.store.objects)
	f.hours.fail = nil
	assert.Empty(t, f.invoke(t, payload))
	assert.Equal(t, first, f.store.objects)
	assert.Len(t, f.hours.after, 1)
}

// A store that fails now and then loses nothing, as long as the caller repeats what is returned.
func TestInvokeLosesNothing(t *testing.T) {
	f := newFixture(t)
	r := rand.New(rand.NewPCG(1, 2))
	f.store.fail = func(string, string) bool { return r.IntN(4) == 0 }
	contents := sample.Events(5, 300, arrival, sample.Usual)
	next, calls := 0, 0
	for next < len(contents) {
		calls++
		require.Less(t, calls, 10000)
		end := min(next+40, len(contents))
		failures := f.invoke(t, sample.Payload(shardName, 1+next, arrival, contents[next:end]...))
		f.metrics.Reset()
		if len(failures) == 0 {
			next = end
			continue
		}
		returned := slices.IndexFunc(make([]int, len(contents)), func(int) bool { return false })
		for i := next; i < end; i++ {
			if sample.Sequence(1+i) == failures[0] {
				returned = i
			}
		}
		require.GreaterOrEqual(t, returned, next)
		next = returned
	}
	assert.Greater(t, calls, 10, "some calls failed")
	assert.Len(t, f.store.rawIdentities(t), len(contents))
	assert.Equal(t, f.store.rawIdentities(t), f.store.otherIdentities(t))
}

func FuzzHandle(f *testing.F) {
	for _, seed := range []string{
		good, "[" + good + "," + good + "]", good + "\n" + good, "", "{", "[]", "{}", "\x1f\x8b", good + "\n{bad",
		"\xff", `{"event_id":{"a":[1]}}`,
		strings.Replace(good, `"/"`, `"http://a:1@B:2/p?utm_source=%20x&utm_term=%"`, 1),
		strings.Replace(good, `"v-1"`, `"\ud800\u0000"`, 1),
		strings.Replace(good, "{", `{"schema_version":"1.1.0","app_version":"5.2.0",`, 1),
		strings.Replace(good, `"visitor_id"`, `"schema_version":" 2.0.\u0030","visitor"`, 1),
	} {
		f.Add([]byte(seed), []byte(good))
	}
	fix := newFixture(f)
	f.Fuzz(func(t *testing.T, one, two []byte) {
		fix.store.objects = map[string][]byte{}
		require.Empty(t, fix.invoke(t, sample.Payload(shardName, 1, arrival, string(one), string(two))))
		line := fix.metric(t)
		raw := fix.store.rawIdentities(t)
		assert.EqualValues(t, len(raw), line["Received"])
		assert.Equal(t, line["Received"],
			line["Processed"].(float64)+line["Duplicates"].(float64)+line["Quarantined"].(float64))
		assert.Equal(t, raw, fix.store.otherIdentities(t))
		assert.GreaterOrEqual(t, len(raw), 2, "every record leaves a row")
	})
}

// Any bytes at all as the payload: an error or an answer, never a panic.
func FuzzPayload(f *testing.F) {
	f.Add(sample.Payload(shardName, 1, arrival, good, good))
	f.Add([]byte(`{"Records":[{"kinesis":{}}]}`))
	fix := newFixture(f)
	f.Fuzz(func(t *testing.T, payload []byte) {
		_, _ = fix.handler.Invoke(context.Background(), payload)
	})
}
