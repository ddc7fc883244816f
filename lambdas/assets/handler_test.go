package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/lambdas/assets/internal/inspect"
	"dataplatform/lambdas/internal/emf"
	"dataplatform/lambdas/internal/ledger"
	"dataplatform/lambdas/internal/store"
)

var happened = time.Date(2026, 3, 1, 12, 30, 5, 250e6, time.UTC)

// lake is the buckets and the ledger in memory.
type lake struct {
	objects  map[string][]byte // by key
	metadata map[string]string
	sizes    map[string]int64 // that the objects claim, where it is not their length
	opened   []string
	stored   map[string][]byte // by bucket/key
	ledger   map[string]ledger.Entry
	fail     func(operation, key string) error
	returned []string // messages that come again soon
	hang     string   // a key that is read for ever
}

func (l *lake) failure(operation, key string) error {
	if l.fail == nil {
		return nil
	}
	return l.fail(operation, key)
}

func (l *lake) Open(ctx context.Context, bucket, key, version string) (*store.Source, error) {
	if key == l.hang || ctx.Err() != nil {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if err := l.failure("open", key); err != nil {
		return nil, err
	}
	l.opened = append(l.opened, key)
	body, ok := l.objects[key]
	if !ok {
		return nil, fmt.Errorf("%w: NoSuchVersion", ErrGone)
	}
	if bucket != "raw" || version != "v7" {
		return nil, errors.New("the event's version is read")
	}
	size := int64(len(body))
	if claimed, ok := l.sizes[key]; ok {
		size = claimed
	}
	return &store.Source{
		Body: io.NopCloser(bytes.NewReader(body)), Size: size, Version: version, Metadata: l.metadata,
	}, nil
}

func (l *lake) Put(_ context.Context, object store.Object) (string, error) {
	if err := l.failure("put", object.Key); err != nil {
		return "", err
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		return "", fmt.Errorf("a crash now would leave %v, %w", left, err)
	}
	if object.Tiered != (object.Bucket == "raw") || strings.HasPrefix(object.Key, "assets/") {
		return "", errors.New("only raw is tiered, and nobody writes among the objects")
	}
	body, err := io.ReadAll(object.Body)
	if err != nil {
		return "", err
	}
	l.stored[object.Bucket+"/"+object.Key] = body
	return "w1", nil
}

func (l *lake) Record(_ context.Context, entry ledger.Entry) (bool, error) {
	if err := l.failure("record", entry.ID); err != nil {
		return false, err
	}
	_, known := l.ledger[entry.ID]
	l.ledger[entry.ID] = entry
	return !known, nil
}

// Return keeps which messages come again soon.
func (l *lake) Return(_ context.Context, message events.SQSMessage) error {
	l.returned = append(l.returned, message.MessageId)
	return l.failure("return", message.MessageId)
}

type fixture struct {
	*lake
	handler *Handler
	metrics *bytes.Buffer
	log     *bytes.Buffer
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	set, err := contracts.Load()
	require.NoError(t, err)
	contract, ok := set.Get("raw.assets")
	require.True(t, ok)
	l := &lake{
		objects: map[string][]byte{}, sizes: map[string]int64{}, stored: map[string][]byte{},
		ledger: map[string]ledger.Entry{},
	}
	f := &fixture{lake: l, metrics: &bytes.Buffer{}, log: &bytes.Buffer{}}
	f.handler = &Handler{
		Contract: contract,
		Limits: Limits{
			MaxBytes: 1 << 20, Limits: inspect.Limits{MaxPixels: 1 << 20, MaxTime: time.Minute, ThumbnailSide: 64},
		},
		RawBucket: "raw", ProcessedBucket: "processed", Open: l, Put: l, Record: l, Return: l,
		Metrics: emf.Writer{Out: f.metrics, Namespace: "Shop"}, Logger: slog.New(slog.NewJSONHandler(f.log, nil)),
		Now: func() time.Time { return happened.Add(time.Minute) },
	}
	t.Setenv("TMPDIR", t.TempDir())
	return f
}

// notice is the message S3 sends of an event.
func notice(name, key string, size int, sequencer string) string {
	return fmt.
		Sprintf(`{"Records":[{"eventTime":"2026-03-01T12:30:05.250Z","eventName":%q,"s3":{"bucket":{"name":"raw"},`+
			`"object":{"key":%q,"size":%d,"versionId":"v7","sequencer":%q}}}]}`, name, url.QueryEscape(key), size,
			sequencer)
}

// send hands the messages to the function and returns the ids of those that come again.
func (f *fixture) send(t testing.TB, bodies ...string) []string {
	t.Helper()
	var event events.SQSEvent
	for i, body := range bodies {
		event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint("m-", i), Body: body})
	}
	ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "request-1"})
	response, err := f.handler.Handle(ctx, event)
	require.NoError(t, err)
	require.NotNil(t, response.BatchItemFailures)
	failed := []string{}
	for _, failure := range response.BatchItemFailures {
		failed = append(failed, failure.ItemIdentifier)
	}
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	assert.Empty(t, left, "temporary files")
	return failed
}

func (f *fixture) put(t testing.TB, key string, content []byte) []string {
	t.Helper()
	f.objects[key] = content
	return f.send(t, notice("ObjectCreated:Put", key, len(content), "0A"))
}

// rows are the rows stored below a prefix of raw.
func (f *fixture) rows(t testing.TB, prefix string) []map[string]any {
	t.Helper()
	found := []map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(f.stored)) {
		if !strings.HasPrefix(key, "raw/"+prefix) {
			continue
		}
		zip, err := gzip.NewReader(bytes.NewReader(f.stored[key]))
		require.NoError(t, err)
		var row map[string]any
		require.NoError(t, json.NewDecoder(zip).Decode(&row))
		found = append(found, row)
	}
	return found
}

func photo(t testing.TB, width, height int) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, width, height)), nil))
	return out.Bytes()
}

func sha(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func rowID(key, sequencer string) string { return sha([]byte(key + "\x00v7\x00" + sequencer)) }

func TestHandleDescribesAnImage(t *testing.T) {
	f := newFixture(t)
	const key = "assets/products/85123A/über uns + mehr.txt"
	content := photo(t, 100, 50)
	require.Empty(t, f.put(t, key, content), f.log)
	id := rowID(key, "0A")
	rowKey := "assets-rows/ingest_date=2026-03-01/ingest_hour=12/" + id + ".ndjson.gz"
	thumbnail := "thumbnails/" + sha(content) + "/64.jpg"
	require.Equal(t, []string{"processed/" + thumbnail, "raw/" + rowKey}, slices.Sorted(maps.Keys(f.stored)))
	row := f.rows(t, "assets-rows/")[0]
	assert.Equal(t, map[string]any{
		"object_key": key, "version_id": "v7", "sequencer": "0A", "event_name": "ObjectCreated:Put",
		"event_time": "2026-03-01T12:30:05.250Z", "state": "present", "product_id": "85123A", "kind": "image",
		"media_type": "image/jpeg", "size_bytes": float64(len(content)), "sha256": sha(content), "image_format": "jpeg",
		"width": 100.0, "height": 50.0, "orientation": 1.0, "perceptual_hash": "0000000000000000",
		"perceptual_hash_method": "dhash", "thumbnail_key": thumbnail,
	}, row)
	assert.Equal(t, map[string]ledger.Entry{id: {
		Dataset: "assets", ID: id, Arrival: happened.Truncate(time.Second), Format: "rows", Size: f.ledger[id].Size,
		Records: 1, Bucket: "raw", Key: rowKey, Version: "w1",
		Source: ledger.Source{Bucket: "raw", Key: key, Version: "v7"},
	}}, f.ledger)
	config, err := jpeg.DecodeConfig(bytes.NewReader(f.stored["processed/"+thumbnail]))
	require.NoError(t, err)
	assert.Equal(t, [2]int{64, 32}, [2]int{config.Width, config.Height})
	before := maps.Clone(f.stored)
	require.Empty(t, f.send(t, notice("ObjectCreated:Put", key, len(content), "0A")), "redelivered")
	assert.Equal(t, before, f.stored, "the same bytes")
	assert.Len(t, f.ledger, 1)
}

func TestRowsAreThoseOfTheContract(t *testing.T) {
	f := newFixture(t)
	require.Empty(t, f.put(t, "assets/products/1/a.jpg", photo(t, 10, 10)))
	require.Empty(t, f.put(t, "assets/products/1/a.csv", []byte("a,b\n1,2\n")))
	named := map[string]bool{}
	for _, row := range f.rows(t, "assets-rows/") {
		for name := range row {
			named[name] = true
		}
	}
	want := []string{}
	for _, column := range f.handler.Contract.Columns {
		want = append(want, column.Name)
	}
	assert.ElementsMatch(t, want, slices.Collect(maps.Keys(named)))
}

func TestHandleKinds(t *testing.T) {
	for name, test := range map[string]struct {
		give []byte
		want map[string]any
	}{
		"text": {[]byte("caf\xe9 noir\n"), map[string]any{
			"kind": "text", "media_type": "text/plain", "text_encoding": "iso-8859-1", "text_kind": "plain",
			"line_count": 1.0, "word_count": 2.0, "character_count": 10.0,
		}},
		"CSV named as an image": {[]byte("a,b\n1,2\n"), map[string]any{
			"kind": "text", "media_type": "text/csv", "text_encoding": "utf-8", "text_kind": "csv", "line_count": 2.0,
			"word_count": 2.0, "character_count": 8.0,
		}},
		"binary": {[]byte{0, 1, 2, 3}, map[string]any{"kind": "binary", "media_type": "application/octet-stream"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			require.Empty(t, f.put(t, "assets/a.jpg", test.give), f.log)
			row := f.rows(t, "assets-rows/")[0]
			for _, common := range []string{"object_key", "version_id", "sequencer", "event_name", "event_time",
				"state", "sha256", "size_bytes"} {
				assert.Contains(t, row, common)
				delete(row, common)
			}
			assert.Equal(t, test.want, row)
			for key := range f.stored {
				assert.NotContains(t, key, "thumbnails/")
			}
		})
	}
}

func TestHandleFindsTheProduct(t *testing.T) {
	for _, test := range []struct {
		key  string
		said string
		want any
	}{
		{"assets/products/85123A/front.jpg", "", "85123A"},
		{"assets/products/85123A/views/back.jpg", "", "85123A"},
		{"assets/products/85123A/front.jpg", " 22633 ", "22633"},
		{"assets/logo.png", "22633", "22633"},
		{"assets/logo.png", "", nil},
		{"assets/products/readme.txt", "", nil},
		{"assets/products/ü+1 2/a", "", "ü+1 2"},
		{"assets/products/u\u0308-1/a", "", "ü-1"},
		{"assets/products/ u\u0308-1 /a", "", "ü-1"},
		{"assets/logo.png", "u\u0308-1", "ü-1"},
		{"assets/logo.png", "=?UTF-8?Q?=C3=BC-1?=", "ü-1"},
		{"assets/logo.png", "=?utf-8?B?dcyILTE=?=", "ü-1"},
		{"assets/logo.png", "=?ISO-8859-1?Q?=FC-1?=", "ü-1"},
		{"assets/logo.png", "=?Shift_JIS?B?g0qDYoN2?= =?Shift_JIS?Q?-1?=", "カップ-1"},
		{"assets/products/85123A/front.jpg", "=?UTF-8?B??=", "85123A"},
		{"assets/logo.png", "=?no-charset?B?dcyILTE=?=", "=?no-charset?B?dcyILTE=?="},
		{"assets/logo.png", "=?UTF-8?B?broken", "=?UTF-8?B?broken"},
	} {
		f := newFixture(t)
		f.metadata = map[string]string{"product-id": test.said}
		require.Empty(t, f.put(t, test.key, []byte("a text")))
		assert.Equal(t, test.want, f.rows(t, "assets-rows/")[0]["product_id"], test.key)
	}
}

func TestHandleRemovals(t *testing.T) {
	for name, want := range map[string]string{
		"ObjectRemoved:Delete": "removed", "ObjectRemoved:DeleteMarkerCreated": "delete_marker",
		"LifecycleExpiration:Delete": "removed", "LifecycleExpiration:DeleteMarkerCreated": "delete_marker",
	} {
		f := newFixture(t)
		require.Empty(t, f.send(t, notice(name, "assets/a b.jpg", 0, "0B")))
		assert.Equal(t, []map[string]any{{
			"object_key": "assets/a b.jpg", "version_id": "v7", "sequencer": "0B", "event_name": name,
			"event_time": "2026-03-01T12:30:05.250Z", "state": want,
		}}, f.rows(t, "assets-rows/"))
		assert.Len(t, f.ledger, 1)
		assert.Empty(t, f.opened)
	}
}

func TestAVersionThatIsGoneIsRemoved(t *testing.T) {
	f := newFixture(t)
	require.Empty(t, f.send(t, notice("ObjectCreated:Put", "assets/gone.jpg", 10, "0A")))
	row := f.rows(t, "assets-rows/")[0]
	assert.Equal(t, "removed", row["state"])
	assert.NotContains(t, row, "kind")
}

func TestAnEventWithoutSequencerIsOrderedByTime(t *testing.T) {
	f := newFixture(t)
	require.Empty(t, f.send(t, notice("LifecycleExpiration:Delete", "assets/a", 0, "")))
	assert.Equal(t, fmt.Sprintf("00%08X%08X", happened.Unix(), happened.Nanosecond()),
		f.rows(t, "assets-rows/")[0]["sequencer"])
}

func TestHandleQuarantines(t *testing.T) {
	whole := photo(t, 200, 200)
	bomb := bytes.Clone(photo(t, 64, 64))
	at := bytes.Index(bomb, []byte{0xff, 0xc0})
	copy(bomb[at+5:], []byte{0x27, 0x10, 0x27, 0x10}) // ten thousand pixels either way
	for name, test := range map[string]struct {
		give     []byte
		metadata map[string]string
		reason   string
	}{
		"zero bytes":          {[]byte{}, nil, contracts.ReasonEmptyFile},
		"too large":           {make([]byte, 1<<20+1), nil, contracts.ReasonFileTooLarge},
		"cut off":             {whole[:len(whole)/2], nil, contracts.ReasonTruncatedImage},
		"broken":              {[]byte("\xff\xd8\xff\xda\x00\x02\xff\xd9"), nil, contracts.ReasonBrokenImage},
		"a hundred megapixel": {bomb, nil, contracts.ReasonTooManyPixels},
		"absurd product": {[]byte("a text"), map[string]string{"product-id": strings.Repeat("x", 129)},
			contracts.ReasonInvalidValue},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.metadata = test.metadata
			const key = "assets/ünder+score d/a.jpg"
			for range 2 { // a redelivery changes nothing
				require.Empty(t, f.put(t, key, test.give), f.log)
				id := rowID(key, "0A")
				row := "raw/quarantine/assets/reason=" + test.reason + "/ingest_date=2026-03-01/ingest_hour=12/" +
					id + ".ndjson.gz"
				require.Equal(t, []string{row}, slices.Collect(maps.Keys(f.stored)))
				got := f.rows(t, "quarantine/")[0]
				assert.NotEmpty(t, got["error"])
				delete(got, "error")
				assert.Equal(t, map[string]any{
					"identity": key + "?versionId=v7", "source": "s3://raw/" + key + "?versionId=v7",
					"payload_uri": "s3://raw/" + key + "?versionId=v7", "arrival_time": "2026-03-01T12:30:05.250Z",
					"contract_version": f.handler.Contract.Version,
				}, got)
				assert.Empty(t, f.ledger)
			}
		})
	}
}

func TestHandleQuarantinesASlowObject(t *testing.T) {
	f := newFixture(t)
	f.handler.Limits.MaxTime = time.Nanosecond
	require.Empty(t, f.put(t, "assets/a.jpg", photo(t, 10, 10)))
	assert.Len(t, f.rows(t, "quarantine/assets/reason=time_limit/"), 1)
}

// An object of a gibibyte is refused by what its event says: not a byte of it is read.
func TestHandleReadsNothingOfAnObjectThatIsTooLarge(t *testing.T) {
	f := newFixture(t)
	require.Empty(t, f.send(t, notice("ObjectCreated:CompleteMultipartUpload", "assets/sparse", 1<<30, "0A")))
	assert.Empty(t, f.opened)
	assert.Len(t, f.rows(t, "quarantine/assets/reason=file_too_large/"), 1)
	f.objects["assets/a"], f.sizes["assets/a"] = []byte("x"), 1<<30
	require.Empty(t, f.send(t, notice("ObjectCreated:Put", "assets/a", 1, "0A")), "the event says less than is there")
	assert.Len(t, f.rows(t, "quarantine/assets/reason=file_too_large/"), 2)
}

func TestHandleIgnores(t *testing.T) {
	f := newFixture(t)
	require.Empty(t, f.send(t, `{"Event":"s3:TestEvent"}`, notice("ObjectCreated:Put", "assets/products/", 0, "0A"),
		notice("ObjectCreated:Put", "assets/products/1_$folder$", 0, "0A"),
		notice("ObjectTagging:Put", "assets/a", 1, "0A")))
	assert.Empty(t, f.stored)
	assert.Contains(t, f.metrics.String(), `"MessagesReturned":0`)
	assert.NotContains(t, f.metrics.String(), "AssetsReceived")
}

func TestHandleReturnsOnlyWhatFailed(t *testing.T) {
	f := newFixture(t)
	f.objects["assets/good.txt"], f.objects["assets/short.txt"] = []byte("good"), []byte("short")
	f.sizes["assets/short.txt"] = 9 // the connection is lost
	assert.Equal(t, []string{"m-0", "m-2"}, f.send(t, "no JSON", notice("ObjectCreated:Put", "assets/good.txt", 4,
		"0A"), notice("ObjectCreated:Put", "assets/short.txt", 5, "0A")))
	assert.Len(t, f.ledger, 1)
	assert.Equal(t, []string{"m-0", "m-2"}, f.returned)
	assert.Contains(t, f.metrics.String(), `"MessagesReturned":2`)
	assert.Contains(t, f.log.String(), "got 5 of 9 bytes")
	assert.Contains(t, f.log.String(), `"requestId":"request-1"`)
}

// A message that takes all of the function's time fails before the function does: what was done stays done.
func TestHandleReturnsAMessageAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // its time stands still while anything is being done
		f := newFixture(t)
		f.objects["assets/a"], f.objects["assets/b"], f.objects["assets/c"] = []byte("x"), []byte("x"), []byte("x")
		f.hang = "assets/b"
		var event events.SQSEvent
		for i, body := range []string{
			notice("ObjectCreated:Put", "assets/a", 1, "0A"),
			notice("ObjectCreated:Put", "assets/b", 1, "0A"),
			notice("ObjectCreated:Put", "assets/c", 1, "0A"),
		} {
			event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint("m-", i), Body: body})
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		response, err := f.handler.Handle(ctx, event)
		require.NoError(t, err)
		require.NoError(t, ctx.Err())
		assert.Equal(t, []events.SQSBatchItemFailure{{ItemIdentifier: "m-1"}, {ItemIdentifier: "m-2"}},
			response.BatchItemFailures)
		assert.Equal(t, []string{"m-1", "m-2"}, f.returned)
		assert.Len(t, f.ledger, 1)
	})
}

// Whichever step fails, the message comes again, and the second time everything is there once.
func TestHandleSurvivesFailures(t *testing.T) {
	for _, operation := range []string{"open", "put", "record"} {
		t.Run(operation, func(t *testing.T) {
			f := newFixture(t)
			f.fail = func(failing, _ string) error {
				if failing == operation {
					return errors.New("503 slow down")
				}
				return nil
			}
			assert.Equal(t, []string{"m-0"}, f.put(t, "assets/a.jpg", photo(t, 10, 10)))
			assert.Empty(t, f.ledger)
			f.fail = nil
			assert.Empty(t, f.put(t, "assets/a.jpg", photo(t, 10, 10)))
			assert.Len(t, f.ledger, 1)
			assert.Len(t, f.stored, 2)
		})
	}
}

func TestMetrics(t *testing.T) {
	f := newFixture(t)
	f.objects["assets/a"], f.objects["assets/b"] = []byte("a text"), []byte{}
	require.Empty(t, f.send(t, notice("ObjectCreated:Put", "assets/a", 6, "0A"),
		notice("ObjectCreated:Put", "assets/b", 0, "0A"), notice("ObjectRemoved:Delete", "assets/c", 0, "0A")))
	var got map[string]any
	require.NoError(t, json.Unmarshal(f.metrics.Bytes(), &got))
	delete(got, "_aws")
	assert.Equal(t, map[string]any{
		"Dataset": "assets", "requestId": "request-1", "MessagesReturned": 0.0,
		"AssetsReceived": 3.0, "AssetsPresent": 1.0,
		"AssetsRemoved": 1.0, "AssetsQuarantined": 1.0, "AssetsQuarantined.empty_file": 1.0, "BytesReceived": 6.0,
	}, got)
}
