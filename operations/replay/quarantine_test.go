package replay

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/internal/aggregated"
	"dataplatform/operations/statemachine"
)

// lake is raw and landing in memory, with a function that refuses events that say so.
type lake struct {
	t        *testing.T
	objects  map[string]string // by bucket/key
	versions map[string]int
	class    map[string]types.ObjectStorageClass
	// refuses says which payloads the clicks function refuses, landed what the landing function does with a file.
	refuses func(payload string) bool
	landed  func(key string)
	events  []string
	known   map[string]bool // digests of the ledger
	updates []string        // of the ledger
}

func newLake(t *testing.T) *lake {
	return &lake{
		t: t, objects: map[string]string{}, versions: map[string]int{}, class: map[string]types.ObjectStorageClass{},
		known: map[string]bool{},
	}
}

func (l *lake) put(name, text string) {
	l.objects[name] = text
	l.versions[name]++
}

func (l *lake) lines(name string, rows ...any) {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	for _, row := range rows {
		require.NoError(l.t, json.NewEncoder(writer).Encode(row))
	}
	require.NoError(l.t, writer.Close())
	l.put(name, packed.String())
}

func (l *lake) ListObjectsV2(
	_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options),
) (*s3.ListObjectsV2Output, error) {
	out := &s3.ListObjectsV2Output{}
	for _, name := range slices.Sorted(maps.Keys(l.objects)) {
		bucket, key, _ := strings.Cut(name, "/")
		if bucket == *in.Bucket && strings.HasPrefix(key, *in.Prefix) {
			out.Contents = append(out.Contents, types.Object{Key: &key, StorageClass: l.class[name]})
		}
	}
	return out, nil
}

func (l *lake) GetObject(
	_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options),
) (*s3.GetObjectOutput, error) {
	text, ok := l.objects[*in.Bucket+"/"+*in.Key]
	if !ok {
		return nil, &types.NoSuchKey{}
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(text))}, nil
}

func (l *lake) HeadObject(
	_ context.Context, in *s3.HeadObjectInput, _ ...func(*s3.Options),
) (*s3.HeadObjectOutput, error) {
	name := *in.Bucket + "/" + *in.Key
	if _, ok := l.objects[name]; !ok {
		return nil, &types.NotFound{}
	}
	return &s3.HeadObjectOutput{
		VersionId: aws.String(fmt.Sprint(l.versions[name])), ContentLength: aws.Int64(int64(len(l.objects[name]))),
	}, nil
}

func (l *lake) CopyObject(
	_ context.Context, in *s3.CopyObjectInput, _ ...func(*s3.Options),
) (*s3.CopyObjectOutput, error) {
	require.Equal(l.t, "2026-03-01T12:30:00.000Z", in.Metadata["arrival"])
	l.put(*in.Bucket+"/"+*in.Key, l.objects[*in.CopySource])
	l.landed(*in.Key)
	return &s3.CopyObjectOutput{}, nil
}

func (l *lake) DeleteObject(
	_ context.Context, in *s3.DeleteObjectInput, _ ...func(*s3.Options),
) (*s3.DeleteObjectOutput, error) {
	delete(l.objects, *in.Bucket+"/"+*in.Key)
	return &s3.DeleteObjectOutput{}, nil
}

func (l *lake) GetItem(
	_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options),
) (*dynamodb.GetItemOutput, error) {
	if l.known[in.Key["file_id"].(*dynamotypes.AttributeValueMemberS).Value] {
		return &dynamodb.GetItemOutput{Item: in.Key}, nil
	}
	return &dynamodb.GetItemOutput{}, nil
}

func (l *lake) UpdateItem(
	_ context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options),
) (*dynamodb.UpdateItemOutput, error) {
	digest := in.Key["file_id"].(*dynamotypes.AttributeValueMemberS).Value
	require.True(l.t, l.known[digest])
	l.updates = append(l.updates, digest+" "+*in.UpdateExpression)
	return &dynamodb.UpdateItemOutput{}, nil
}

type clickRow struct {
	Shard    string  `json:"shard"`
	Sequence string  `json:"sequence_number"`
	Ordinal  int     `json:"ordinal"`
	Arrival  string  `json:"arrival_time"`
	Payload  *string `json:"payload,omitempty"`
	Base64   []byte  `json:"payload_base64,omitempty"`
}

type refusal struct {
	Identity string `json:"identity"`
	Source   string `json:"source"`
	Arrival  string `json:"arrival_time"`
	Payload  string `json:"payload,omitempty"`
	URI      string `json:"payload_uri,omitempty"`
}

// Invoke does what the clicks function does: the same batch goes into the same keys.
func (l *lake) Invoke(
	_ context.Context, in *lambda.InvokeInput, _ ...func(*lambda.Options),
) (*lambda.InvokeOutput, error) {
	l.events = append(l.events, string(in.Payload))
	var event struct{ Records []kinesisRecord }
	require.NoError(l.t, json.Unmarshal(in.Payload, &event))
	id := shard + "-" + event.Records[0].Kinesis.Sequence + "-" + event.Records[len(event.Records)-1].Kinesis.Sequence
	raw, bad := map[string][]any{}, map[string][]any{}
	for _, record := range event.Records {
		at, err := record.Kinesis.Arrival.Float64()
		require.NoError(l.t, err)
		arrival := time.UnixMilli(int64(at*1000 + 0.5)).UTC()
		folder := fmt.Sprintf("ingest_date=%s/ingest_hour=%02d/%s.ndjson.gz", arrival.Format(time.DateOnly),
			arrival.Hour(), id)
		data, err := base64.StdEncoding.DecodeString(record.Kinesis.Data)
		require.NoError(l.t, err)
		if packed, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
			data, err = io.ReadAll(packed)
			require.NoError(l.t, err)
		}
		if record.Ordinals != nil && len(*record.Ordinals) == 0 {
			continue
		}
		for ordinal, line := range strings.Split(string(data), "\n") {
			if record.Ordinals != nil {
				ordinal = (*record.Ordinals)[ordinal]
			}
			row := clickRow{shard, record.Kinesis.Sequence, ordinal, arrival.Format("2006-01-02T15:04:05.000Z"), &line,
				nil}
			if strings.HasPrefix(line, "\x00") {
				row.Payload, row.Base64 = nil, []byte(line)
			}
			raw["raw/clicks/"+folder] = append(raw["raw/clicks/"+folder], row)
			if l.refuses(line) {
				key := "raw/quarantine/clicks/reason=event_too_large/" + folder
				bad[key] = append(bad[key], refusal{Identity: fmt.Sprintf("%s:%s:%d", shard, record.Kinesis.Sequence,
					ordinal), Arrival: row.Arrival, Payload: line})
			}
		}
	}
	for _, objects := range []map[string][]any{raw, bad} {
		for name, rows := range objects {
			l.lines(name, rows...)
		}
	}
	return &lambda.InvokeOutput{Payload: []byte(`{"batchItemFailures":[]}`)}, nil
}

const shard = "shardId-000000000001"

func (l *lake) quarantine() *Quarantine {
	set, err := contracts.Load()
	require.NoError(l.t, err)
	return &Quarantine{
		Store: l, Functions: l, Ledger: l, Contracts: set, Bucket: "raw", Landing: "landing", Files: "files",
		StreamARN:     "arn:aws:kinesis:eu-west-1:1:stream/s",
		FunctionNames: map[string]string{"clicks": "clicks", "assets": "assets"}, Wait: time.Second,
		Poll: time.Millisecond,
	}
}

// received gives the function records, a line an event, that arrive one after another from 12:59:59.500 on.
func (l *lake) received(first int, records ...string) {
	var b batch
	at := time.Date(2026, 3, 1, 12, 59, 59, 5e8, time.UTC)
	for i, record := range records {
		for ordinal, line := range strings.Split(record, "\n") {
			b.rows = append(b.rows, row{
				Shard: shard, Sequence: fmt.Sprint(first + i), Ordinal: ordinal,
				Arrival: at.Add(time.Duration(i) * 400 * time.Millisecond).Format("2006-01-02T15:04:05.000Z"),
				Payload: &line,
			})
		}
	}
	event, err := b.event("arn")
	require.NoError(l.t, err)
	_, err = l.Invoke(l.t.Context(), &lambda.InvokeInput{Payload: event})
	require.NoError(l.t, err)
	l.events = nil
}

func (l *lake) replay(selection Selection) (Plan, Done) {
	l.t.Helper()
	q := l.quarantine()
	plan, err := q.Refused(l.t.Context(), selection)
	require.NoError(l.t, err)
	done, err := q.Do(l.t.Context(), plan)
	require.NoError(l.t, err)
	return plan, done
}

func (l *lake) below(prefix string) []string {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(l.objects)) {
		if strings.HasPrefix(name, prefix) {
			found = append(found, name)
		}
	}
	return found
}

func TestRefusedClicksMoveOnce(t *testing.T) {
	l := newLake(t)
	long := strings.Repeat("x", packedFrom)
	l.refuses = func(payload string) bool { return strings.HasPrefix(payload, "bad") || payload == "never" }
	// sequence numbers of different length, over the end of an hour
	l.received(99, "good\nbad one", "bad two", "never", long+"\ngood")
	l.received(200, "good")
	l.received(300, "bad elsewhere")
	require.Len(t, l.below("raw/quarantine/"), 3)
	raw := map[string]string{}
	for _, name := range l.below("raw/clicks/") {
		raw[name] = l.objects[name]
	}

	l.refuses = func(payload string) bool { return payload == "never" } // the cause is mended
	plan, done := l.replay(Selection{Dataset: "clicks", Reason: "event_too_large"})
	assert.Equal(t, map[string]int{"event_too_large": 4}, plan.Rows)
	assert.Len(t, l.events, 2, "the batch without refused events is left alone")
	assert.Equal(t, Done{Invoked: 2, Removed: 2}, done)
	hour := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	assert.Equal(t, []Span{{hour, hour.Add(2 * time.Hour)}}, plan.Hours)
	for name, text := range raw {
		assert.Equal(t, text, l.objects[name], "raw is as it was: %s", name)
	}
	left := l.below("raw/quarantine/")
	require.Len(t, left, 1)
	rows, err := l.quarantine().rows(t.Context(), strings.TrimPrefix(left[0], "raw/"))
	require.NoError(t, err)
	require.Len(t, rows, 1)
	assert.Equal(t, shard+":101:0", rows[0].Identity)

	before := maps.Clone(l.objects)
	_, done = l.replay(Selection{Dataset: "clicks"})
	assert.Equal(t, Done{Invoked: 1}, done, "what is still refused is evaluated again")
	assert.Equal(t, before, l.objects, "and nothing changes")
	l.refuses = func(string) bool { return false }
	l.replay(Selection{Dataset: "clicks"})
	assert.Empty(t, l.below("raw/quarantine/"))
	plan, _ = l.replay(Selection{Dataset: "clicks"})
	assert.True(t, plan.Empty())
}

// A batch that was cut again left quarantine under two names; replaying the one that raw has clears both.
func TestWhatAPartOfABatchLeft(t *testing.T) {
	l := newLake(t)
	l.refuses = func(string) bool { return true }
	l.received(10, "bad", "worse")
	partial := "raw/quarantine/clicks/reason=event_too_large/ingest_date=2026-03-01/ingest_hour=12/" + shard +
		"-10-19.ndjson.gz"
	l.lines(partial, refusal{Identity: shard + ":10:0", Arrival: "2026-03-01T12:59:59.500Z"})
	l.refuses = func(string) bool { return false }
	_, done := l.replay(Selection{Dataset: "clicks"})
	assert.Equal(t, Done{Invoked: 1, Removed: 2}, done)
	assert.Empty(t, l.below("raw/quarantine/"))

	l.lines(partial, refusal{Identity: shard + ":12:0", Arrival: "2026-03-01T12:59:59.500Z"})
	_, err := l.quarantine().Refused(t.Context(), Selection{Dataset: "clicks"})
	require.ErrorContains(t, err, "1 quarantined records have no row in raw, among them "+shard+":12")
}

// The function evaluates all events of a batch, so what it refused of it for another reason than the selected one moves
// as well.
func TestAnotherReasonOfTheSameBatch(t *testing.T) {
	l := newLake(t)
	l.refuses = func(payload string) bool { return payload == "bad" }
	l.received(10, "bad", "odd")
	l.lines("raw/quarantine/clicks/reason=wrong_type/ingest_date=2026-03-01/ingest_hour=12/"+shard+"-10-11.ndjson.gz",
		refusal{Identity: shard + ":11:0"})
	l.refuses = func(string) bool { return false }
	plan, done := l.replay(Selection{Dataset: "clicks", Reason: "event_too_large"})
	assert.Equal(t, map[string]int{"event_too_large": 1}, plan.Rows)
	assert.Equal(t, Done{Invoked: 1, Removed: 2}, done)
	assert.Empty(t, l.below("raw/quarantine/"))
}

func TestReceivedClicks(t *testing.T) {
	l := newLake(t)
	l.refuses = func(payload string) bool { return payload == "bad" }
	l.received(1, "good", "bad")
	l.refuses = func(string) bool { return false }
	hour := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	plan, err := l.quarantine().Received(t.Context(), Selection{Dataset: "clicks", From: hour, To: hour.Add(time.Hour)})
	require.NoError(t, err)
	done, err := l.quarantine().Do(t.Context(), plan)
	require.NoError(t, err)
	assert.Equal(t, Done{Invoked: 1, Removed: 1}, done)
	plan, err = l.quarantine().Received(t.Context(),
		Selection{Dataset: "clicks", From: hour.Add(5 * time.Hour), To: hour.Add(6 * time.Hour)})
	require.NoError(t, err)
	assert.True(t, plan.Empty())
	plan, err = l.quarantine().Received(t.Context(),
		Selection{Dataset: "sales", From: hour, To: hour.Add(3 * time.Hour)})
	require.NoError(t, err)
	assert.Equal(t, []Span{{hour, hour.Add(3 * time.Hour)}}, plan.Hours, "the job reads raw itself")

	l.put("raw/sales/ingest_date=2026-03-01/ingest_hour=14/file.csv.gz", "")
	l.class["raw/sales/ingest_date=2026-03-01/ingest_hour=14/file.csv.gz"] = types.ObjectStorageClassDeepArchive
	_, err = l.quarantine().Received(t.Context(), Selection{Dataset: "sales", From: hour, To: hour.Add(3 * time.Hour)})
	require.ErrorIs(t, err, ErrArchived)
	require.NoError(t,
		l.quarantine().Readable(t.Context(), Selection{Dataset: "sales", From: hour, To: hour.Add(2 * time.Hour)}))
}

func TestDaysOnWhichSomethingArrived(t *testing.T) {
	l := newLake(t)
	for _, at := range []string{"2026-03-09/ingest_hour=23", "2026-03-01/ingest_hour=07", "2026-03-01/ingest_hour=14"} {
		l.put("raw/sales/ingest_date="+at+"/file.csv.gz", "")
	}
	l.put("raw/sales/2.0.0/ingest_date=2026-03-10/ingest_hour=00/file.csv.gz", "")
	days, err := l.quarantine().Days(t.Context(), "sales")
	require.NoError(t, err)
	on := func(day int) time.Time { return time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC) }
	assert.Equal(t, []time.Time{on(1), on(9), on(10)}, days)
	assert.Equal(t, []string{"2026-03-01T00:00:00Z/2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z/2026-03-11T00:00:00Z"},
		statemachine.ChunksOf(days, 7))
	assert.Equal(t, []string{"2026-03-01T00:00:00Z/2026-03-10T00:00:00Z", "2026-03-10T00:00:00Z/2026-03-11T00:00:00Z"},
		statemachine.ChunksOf(days, 9))
	l.class["raw/sales/ingest_date=2026-03-01/ingest_hour=14/file.csv.gz"] = types.ObjectStorageClassDeepArchive
	_, err = l.quarantine().Days(t.Context(), "sales")
	require.ErrorIs(t, err, ErrArchived)
}

// erase takes the rows with a word away, and the objects of quarantine of which nothing is left.
func (l *lake) erase(word string) {
	for name, content := range l.objects {
		packed, err := gzip.NewReader(strings.NewReader(content))
		require.NoError(l.t, err)
		text, err := io.ReadAll(packed)
		require.NoError(l.t, err)
		var kept []any
		for line := range strings.Lines(string(text)) {
			if !strings.Contains(line, word) {
				kept = append(kept, json.RawMessage(line))
			}
		}
		if l.lines(name, kept...); len(kept) == 0 && strings.Contains(name, "/quarantine/") {
			delete(l.objects, name)
		}
	}
}

// TestWhatAnErasureLeftComesBackAsItWas: of the first and last record nothing is left, of one between them the middle.
func TestWhatAnErasureLeftComesBackAsItWas(t *testing.T) {
	l := newLake(t)
	l.refuses = func(payload string) bool { return strings.Contains(payload, "bad") }
	l.received(1, "mine", "good\nmine\nbad", "bad", "mine\nmine")
	l.erase("mine")
	before := maps.Clone(l.objects)
	_, done := l.replay(Selection{Dataset: "clicks"})
	assert.Equal(t, 1, done.Invoked)
	assert.Equal(t, before, l.objects, "nothing comes back, and nothing is there twice")
	l.erase("")
	before, l.events = maps.Clone(l.objects), nil
	hour := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	plan, err := l.quarantine().Received(t.Context(), Selection{Dataset: "clicks", From: hour, To: hour.Add(time.Hour)})
	require.NoError(t, err)
	_, err = l.quarantine().Do(t.Context(), plan)
	require.NoError(t, err)
	assert.Empty(t, l.events, "of a batch that was erased as a whole there is nothing to give")
	assert.Equal(t, before, l.objects)
}

func TestReplayNoticesThatRawChanged(t *testing.T) {
	l := newLake(t)
	l.refuses = func(string) bool { return true }
	l.received(1, "bad")
	plan, err := l.quarantine().Refused(t.Context(), Selection{Dataset: "clicks"})
	require.NoError(t, err)
	plan.batches[0].rows[0].Payload = aws.String("something else")
	_, err = l.quarantine().Do(t.Context(), plan)
	require.NoError(t, err, "what was given is what is there")
	other := "another"
	l.refuses = func(string) bool { other += "!"; return false }
	plan.batches[0].objects[0].key = strings.Replace(plan.batches[0].objects[0].key, "=12", "=13", 1)
	l.lines("raw/"+plan.batches[0].objects[0].key, clickRow{Shard: shard, Sequence: "1", Payload: &other})
	_, err = l.quarantine().Do(t.Context(), plan)
	require.ErrorContains(t, err, "raw is not what it was")
}

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	text := func(s string) row { return row{Payload: &s} }
	data, err := dataOf([]row{text("{\n \"a\": 1}"), text("{bad")})
	require.NoError(t, err)
	assert.Equal(t, "{\n \"a\": 1}\n{bad", string(data))
	for name, torn := range map[string][]row{
		"two lines of one user record": {text("{}"), text("two\nlines")}, "alone": {text("two\nlines")},
		"nothing": {text(""), text("{}")}, "space": {text(" a"), text("b ")},
		"bytes":      {text("{}"), {Ordinal: 1, Base64: []byte{0, '\n', 255}}},
		"left alone": {{Ordinal: 1, Base64: []byte{255}}},
	} {
		data, err := dataOf(torn)
		require.NoError(t, err)
		apart, err := aggregated.Split(data, nil)
		require.NoError(t, err, name)
		for i, r := range torn {
			if r.Payload != nil {
				assert.Equal(t, *r.Payload, string(apart[i]), name)
			} else {
				assert.Equal(t, r.Base64, apart[i], name)
			}
		}
	}
	large, err := dataOf([]row{text(strings.Repeat("a", packedFrom))})
	require.NoError(t, err)
	assert.Less(t, len(large), 200, "packed, to fit into an invocation")
	binary, err := dataOf([]row{{Base64: bytes.Repeat([]byte{1}, packedFrom)}})
	require.NoError(t, err)
	assert.Len(t, binary, packedFrom, "the bytes of a broken record are what is wrong with it")
}

func TestDropKey(t *testing.T) {
	long := strings.Repeat("ß", 505) + ".csv"
	for source, want := range map[string]string{
		"s3://landing/sales/2026/a file.csv?versionId=1": "sales/replay-d/a file.csv",
		"s3://landing/sales/a?versionId=b.csv":           "sales/replay-d/a",
		"s3://landing/sales/a?versionId=b?versionId=1":   "sales/replay-d/a?versionId=b",
		"s3://landing/sales/" + long + "?versionId=1":    "sales/replay-d/" + long[6:], // whole characters
	} {
		got := dropKey("sales", row{Identity: "d:0", Source: source})
		assert.Equal(t, want, got)
		assert.LessOrEqual(t, len(got), maxKey)
		assert.True(t, utf8.ValidString(got))
	}
}

func TestRefusedFiles(t *testing.T) {
	const content = "header\n"
	const digest = "5a4bb7e2fb1ceb7b0dd7b1c5d2b0d7a2"
	const object = "raw/quarantine/sales/reason=file_too_large/ingest_date=2026-03-01/ingest_hour=12/" +
		digest + ".ndjson.gz"
	drop := func(l *lake) {
		l.put("raw/quarantine-files/sales/"+digest, content)
		l.lines(object, refusal{
			Identity: digest + ":0", Source: "s3://landing/sales/a file.csv?versionId=1",
			Arrival: "2026-03-01T12:30:00.000Z", URI: "s3://raw/quarantine-files/sales/" + digest,
		})
		l.lines("raw/quarantine/sales/reason=wrong_type/ingest_date=2026-03-01/ingest_hour=14/other.ndjson.gz",
			refusal{Identity: "other:7", Arrival: "2026-03-01T14:00:00Z"})
	}
	l := newLake(t)
	drop(l)
	l.landed = func(key string) {
		assert.Equal(t, "sales/replay-"+digest+"/a file.csv", key)
		l.known[sum(content)] = true
	}
	plan, done := l.replay(Selection{Dataset: "sales"})
	assert.Equal(t, Done{Dropped: 1, Removed: 1}, done)
	assert.Len(t, plan.Hours, 2, "the lines of the other file are the state machine's")
	assert.Equal(t, []string{
		"raw/quarantine/sales/reason=wrong_type/ingest_date=2026-03-01/ingest_hour=14/other.ndjson.gz",
	}, l.below("raw/quarantine"))

	refused := newLake(t)
	drop(refused)
	refused.landed = func(string) { refused.put(object, refused.objects[object]) }
	_, done = refused.replay(Selection{Dataset: "sales", Reason: "file_too_large"})
	assert.Equal(t, Done{Refused: 1}, done)
	assert.Len(t, refused.below("raw/quarantine"), 3)

	lost := newLake(t)
	drop(lost)
	lost.landed = func(string) {}
	q := lost.quarantine()
	q.Wait = 0
	plan, err := q.Refused(t.Context(), Selection{Dataset: "sales"})
	require.NoError(t, err)
	_, err = q.Do(t.Context(), plan)
	require.ErrorContains(t, err, "is neither in the ledger nor in quarantine")
}

func TestSelections(t *testing.T) {
	l := newLake(t)
	for _, hour := range []string{"11", "12", "13"} {
		name := "raw/quarantine/sales/reason=wrong_type/ingest_date=2026-03-01/ingest_hour=" + hour + "/a.ndjson.gz"
		l.lines(name, refusal{Identity: "a:" + hour})
		if hour == "11" {
			l.class[name] = types.ObjectStorageClassGlacier
		}
	}
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	plan, err := l.quarantine().Refused(t.Context(), Selection{Dataset: "sales", From: noon, To: noon.Add(time.Hour)})
	require.NoError(t, err)
	assert.Equal(t, []Span{{noon, noon.Add(time.Hour)}}, plan.Hours)
	assert.Equal(t, map[string]int{"wrong_type": 1}, plan.Rows)
	var out strings.Builder
	plan.Print(&out)
	assert.Equal(t,
		"sales: 1 rows refused as wrong_type\nsales: hours of arrival to compute 2026-03-01T12:00:00Z/2026-03-01T13:00:00Z\n", out.String())
	_, err = l.quarantine().Refused(t.Context(), Selection{Dataset: "sales"})
	require.ErrorIs(t, err, ErrArchived)
	require.ErrorContains(t, err, "of 3 objects 1 are in Glacier")
	plan, err = l.quarantine().Refused(t.Context(), Selection{Dataset: "sales", Reason: "empty_file"})
	require.NoError(t, err)
	assert.True(t, plan.Empty())
	_, err = l.quarantine().Refused(t.Context(), Selection{Dataset: "none"})
	require.ErrorContains(t, err, `there is no dataset "none" to replay; there are assets, clicks`)
}

func sum(content string) string {
	digest := sha256.Sum256([]byte(content))
	return hex.EncodeToString(digest[:])
}

// A file that a job put apart is in raw already: runs take it again, and nothing is dropped or deleted.
func TestAFilePutApartIsTakenAgain(t *testing.T) {
	l := newLake(t)
	l.known["d1"] = true
	const row = "quarantine/sales/reason=unreadable/ingest_date=2026-03-01/ingest_hour=12/d1.ndjson.gz"
	l.put("raw/sales/d1.csv.gz", "bytes")
	l.lines("raw/"+row, refusal{
		Identity: "d1:0", Source: "s3://raw/sales/d1.csv.gz", Arrival: "2026-03-01T12:30:00Z",
		URI: "s3://raw/sales/d1.csv.gz",
	})
	before := maps.Clone(l.objects)
	set, err := contracts.Load()
	require.NoError(t, err)
	q := &Quarantine{
		Store: l, Functions: l, Ledger: l, Contracts: set, Bucket: "raw", Landing: "landing", Files: "files",
	}
	plan, err := q.Refused(t.Context(), Selection{Dataset: "sales", Reason: contracts.ReasonUnreadable})
	require.NoError(t, err)
	hour := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	assert.Equal(t, []Span{{hour, hour.Add(time.Hour)}}, plan.Hours)
	done, err := q.Do(t.Context(), plan)
	require.NoError(t, err)
	assert.Equal(t, Done{Readmitted: 1}, done)
	assert.Equal(t, []string{"d1 REMOVE quarantined_at, quarantine_reason, quarantine_error, processed_at"}, l.updates)
	assert.Equal(t, before, l.objects, "the run makes the quarantine what it has to be")
}
