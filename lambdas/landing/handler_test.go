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
	"io"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
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
	"dataplatform/lambdas/internal/emf"
	"dataplatform/lambdas/internal/ledger"
	"dataplatform/lambdas/internal/store"
)

const content = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n" +
	"536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"

var (
	dropped    = time.Date(2026, 3, 1, 12, 30, 5, 250e6, time.UTC)
	testLimits = Limits{MaxFileBytes: 1 << 20, MaxExpandedBytes: 2 << 20}
)

// lake is the buckets and the ledger in memory.
type lake struct {
	files    map[string][]byte // dropped, by key
	metadata map[string]map[string]string
	stored   map[string][]byte
	puts     map[string]int
	ledger   map[string]ledger.Entry
	fail     func(operation, key string) error
	returned []string // messages that come again soon
	hang     string   // a key that is read for ever
	cut      int      // the connection is lost after so many bytes
	quiet    bool     // and it looks like the end of the file
	race     bool     // another invocation records the file first
}

func (l *lake) failure(operation, key string) error {
	if l.fail == nil {
		return nil
	}
	return l.fail(operation, key)
}

func (l *lake) Open(ctx context.Context, file File) (*store.Source, error) {
	if file.Key == l.hang || ctx.Err() != nil {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if err := l.failure("open", file.Key); err != nil {
		return nil, err
	}
	body, ok := l.files[file.Key]
	if !ok {
		return nil, errors.New("NoSuchKey")
	}
	var reader io.Reader = bytes.NewReader(body)
	if l.cut > 0 {
		reader = bytes.NewReader(body[:l.cut])
		if !l.quiet {
			reader = io.MultiReader(reader, broken{})
		}
	}
	return &store.Source{
		Body: io.NopCloser(reader), Size: int64(len(body)), Version: "current", Metadata: l.metadata[file.Key],
	}, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func (l *lake) Put(_ context.Context, object store.Object) (string, error) {
	if err := l.failure("put", object.Key); err != nil {
		return "", err
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		return "", fmt.Errorf("a crash now would leave %v, %w", left, err)
	}
	if object.Bucket != "raw" || !object.Tiered {
		return "", errors.New("everything goes to raw, straight to Intelligent-Tiering")
	}
	if quarantine := strings.HasPrefix(object.Key, "quarantine/"); quarantine == object.Once {
		return "", errors.New("raw is written once, quarantine is not")
	}
	body, err := io.ReadAll(object.Body)
	if err != nil {
		return "", err
	}
	l.stored[object.Key] = body
	l.puts[object.Key]++
	return fmt.Sprint("raw-", l.puts[object.Key]), nil
}

func (l *lake) Copy(_ context.Context, file File, bucket, key string) error {
	if err := l.failure("copy", key); err != nil {
		return err
	}
	if bucket != "raw" || file.Version == "" {
		return errors.New("a version of the file is copied to raw")
	}
	l.stored[key] = bytes.Clone(l.files[file.Key])
	return nil
}

func (l *lake) Find(_ context.Context, dataset, digest string) (bool, error) {
	_, ok := l.ledger[dataset+"/"+digest]
	return ok && !l.race, l.failure("find", digest)
}

func (l *lake) Record(_ context.Context, entry ledger.Entry) (bool, error) {
	if err := l.failure("record", entry.ID); err != nil {
		return false, err
	}
	id := entry.Dataset + "/" + entry.ID
	if _, ok := l.ledger[id]; ok {
		return false, nil
	}
	l.ledger[id] = entry
	return true, nil
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
	l := &lake{
		files: map[string][]byte{}, metadata: map[string]map[string]string{}, stored: map[string][]byte{},
		puts: map[string]int{}, ledger: map[string]ledger.Entry{},
	}
	f := &fixture{lake: l, metrics: &bytes.Buffer{}, log: &bytes.Buffer{}}
	f.handler = &Handler{
		Datasets: landingDatasets(set), Limits: testLimits, RawBucket: "raw", Open: l, Put: l, Copy: l, Find: l,
		GoLive: time.Date(2010, time.December, 1, 0, 0, 0, 0, time.UTC), Record: l, Return: l,
		Metrics: emf.Writer{Out: f.metrics, Namespace: "Shop"},
		Logger:  slog.New(slog.NewJSONHandler(f.log, nil)), Now: func() time.Time { return dropped.Add(time.Minute) },
	}
	t.Setenv("TMPDIR", t.TempDir())
	return f
}

// notification is the message S3 sends for a new object.
func notification(key string, size int) string {
	return fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventTime":"2026-03-01T12:30:05.250Z","eventName":"ObjectCreated:Put",`+
		`"s3":{"bucket":{"name":"landing"},"object":{"key":%q,"size":%d,"versionId":"v7"}}}]}`, url.QueryEscape(key),
		size)
}

// send hands the messages to the function and returns the indices of those that come again.
func (f *fixture) send(t testing.TB, bodies ...string) []int {
	t.Helper()
	var event events.SQSEvent
	for i, body := range bodies {
		event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint("m-", i), Body: body})
	}
	ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "request-1"})
	response, err := f.handler.Handle(ctx, event)
	require.NoError(t, err)
	require.NotNil(t, response.BatchItemFailures)
	failed := []int{}
	for _, failure := range response.BatchItemFailures {
		var i int
		_, err := fmt.Sscanf(failure.ItemIdentifier, "m-%d", &i)
		require.NoError(t, err)
		failed = append(failed, i)
	}
	return failed
}

func (f *fixture) drop(t testing.TB, key, body string) []int {
	t.Helper()
	f.files[key] = []byte(body)
	return f.send(t, notification(key, len(body)))
}

func digestOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

func zipped(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	zip.Name, zip.ModTime = "export.csv", dropped // must not show in what is stored
	_, err := zip.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	return out.String()
}

func unzipped(t testing.TB, body []byte) string {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(body))
	require.NoError(t, err)
	text, err := io.ReadAll(zip)
	require.NoError(t, err)
	return string(text)
}

// withMappings are the contracts with the mappings that ship as examples.
func withMappings(t *testing.T) *contracts.Set {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS("../../contracts")))
	for _, name := range []string{"sales.shopify.yaml", "sales.woocommerce.yaml"} {
		text, err := os.ReadFile("../../examples/mappings/" + name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, "mappings", name), text, 0o600))
	}
	set, err := contracts.LoadFS(os.DirFS(folder))
	require.NoError(t, err)
	return set
}

func TestAFileOfAnotherSourceLiesBesideTheTable(t *testing.T) {
	f := newFixture(t)
	f.handler.Datasets = landingDatasets(withMappings(t))
	header := []string{"order_number", "status", "date", "billing_email", "billing_country", "order_currency",
		"item_sku", "item_name", "item_quantity", "item_price", "more"}
	give := strings.Join(header, ",") + "\n1,completed,2011-12-08 10:00:00,one@example.com,GB,GBP,A,Mug,1,4.00,\n"
	assert.Empty(t, f.drop(t, "sales/export.csv", give), f.log)
	entry := f.ledger["sales/"+digestOf(give)]
	assert.Equal(t, "sales/woocommerce/ingest_date=2026-03-01/ingest_hour=12/"+digestOf(give)+".csv.gz", entry.Key)
	assert.Equal(t, "woocommerce", entry.Mapping)
	assert.Equal(t, header, entry.Columns)
	assert.Equal(t, give, unzipped(t, f.stored[entry.Key]))
}

func TestHandleStores(t *testing.T) {
	spread := content[:strings.Index(content, "\n")+1] + "1,2,\"a\nb\",,,,,\n"
	array := `[{"InvoiceNo":"536365"}]`
	for _, test := range []struct {
		name, key, give, content, format, folder string
	}{
		{"CSV", "sales/2010-12-01.csv", content, content, "csv", "sales/"},
		{"gzipped CSV", "sales/2010-12-01.csv.gz", zipped(t, content), content, "csv", "sales/"},
		{"gzipped, whatever the name says", "sales/day 1 (copy)+ü.txt", zipped(t, content), content, "csv", "sales/"},
		{"gzip of two members", "sales/a.gz", zipped(t, content[:90]) + zipped(t, content[90:]), content, "csv",
			"sales/"},
		{"gzip padded with zeros", "sales/a.gz", zipped(t, content) + strings.Repeat("\x00", 70000), content, "csv",
			"sales/"},
		{"gzip followed by a line end", "sales/a.gz", zipped(t, content) + "\r\n", content, "csv", "sales/"},
		{"gzip of many members, padded", "sales/a.gz", zipped(t, "") + zipped(t, content[:90]) + "\x00\x00" + zipped(t,
			"") + zipped(t, content[90:]) + "\x00\n", content, "csv", "sales/"},
		{"byte order mark", "sales/a.csv", "\xef\xbb\xbf" + content, "\xef\xbb\xbf" + content, "csv", "sales/"},
		{"JSON array", "sales/a.json", array, array, "json", "sales/whole/"},
		{"NDJSON in a folder", "sales/2010/12/a.ndjson", "{\"InvoiceNo\":\"1\"}\n", "{\"InvoiceNo\":\"1\"}\n", "json",
			"sales/json/"},
		{"line ends in quotes", "sales/a.csv", spread, spread, "csv", "sales/whole/"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			assert.Empty(t, f.drop(t, test.key, test.give), f.log)
			digest := digestOf(test.content)
			key := test.folder + "ingest_date=2026-03-01/ingest_hour=12/" + digest + "." + test.format + ".gz"
			require.Equal(t, []string{key}, slices.Collect(maps.Keys(f.stored)))
			assert.Equal(t, test.content, unzipped(t, f.stored[key]), "identical content")
			var columns []string
			if test.format == "csv" {
				columns = strings.Split(salesHeader, ",")
			}
			assert.Equal(t, map[string]ledger.Entry{"sales/" + digest: {
				Dataset: "sales", ID: digest, Arrival: dropped.Truncate(time.Second), Format: test.format,
				Size: int64(len(test.content)), Records: 1, Columns: columns, Bucket: "raw", Key: key, Version: "raw-1",
				Source: ledger.Source{Bucket: "landing", Key: test.key, Version: "v7"},
			}}, f.ledger)
			var line map[string]any
			require.NoError(t, json.NewDecoder(f.metrics).Decode(&line), "the first of two")
			for name, want := range map[string]any{
				"Dataset": "sales", "FilesReceived": 1.0, "FilesStored": 1.0, "FilesKnown": 0.0,
				"FilesQuarantined": 0.0, "BytesReceived": float64(len(test.give)),
			} {
				assert.Equal(t, want, line[name], name)
			}
		})
	}
}

func TestHandleQuarantines(t *testing.T) {
	packed := zipped(t, content)
	for _, test := range []struct {
		name, key, give string
		dataset, reason string
	}{
		{"empty", "sales/a.csv", "", "sales", contracts.ReasonEmptyFile},
		{"empty gzip", "sales/a.csv.gz", zipped(t, ""), "sales", contracts.ReasonEmptyFile},
		{"wrong header", "sales/a.csv", strings.Replace(content, "Quantity", "Qty", 1),
			"sales", contracts.ReasonWrongHeader},
		{"broken quotes", "sales/a.csv", content + `1,"2`, "sales", contracts.ReasonBrokenQuotes},
		{"not UTF-8", "sales/a.csv", content + "\xff\n", "sales", contracts.ReasonInvalidUTF8},
		{"broken JSON", "sales/a.json", `[{]`, "sales", contracts.ReasonUndecodable},
		{"truncated gzip", "sales/a.csv.gz", packed[:len(packed)-9], "sales", contracts.ReasonTruncatedGzip},
		{"gzip cut off in its header", "sales/a.csv.gz", packed[:5], "sales", contracts.ReasonTruncatedGzip},
		{"gzip with something after it", "sales/a.csv.gz", packed + "\x00\n,", "sales", contracts.ReasonTruncatedGzip},
		{"gzip with text after it", "sales/a.csv.gz", packed + "536365,85123A,WHITE HANGING HEART\n",
			"sales", contracts.ReasonUndecodable},
		{"gzip with half a second member", "sales/a.csv.gz", packed + packed[:30],
			"sales", contracts.ReasonTruncatedGzip},
		{"corrupt gzip", "sales/a.csv.gz", packed[:len(packed)-8] + "12345678", "sales", contracts.ReasonUndecodable},
		{"too large", "sales/a.csv", content + strings.Repeat("1\n", 1<<19), "sales", contracts.ReasonFileTooLarge},
		{"expands too large", "sales/a.csv.gz", zipped(t, content+strings.Repeat("1\n", 1<<20)),
			"sales", contracts.ReasonExpandsTooLarge},
		{"unknown folder", "invoices/a.csv", content, "unknown", contracts.ReasonUnknownDataset},
		{"no folder", "a.csv", content, "unknown", contracts.ReasonUnknownDataset},
		{"folder of a dataset that is not sent as files", "clicks/a.json", "{}",
			"unknown", contracts.ReasonUnknownDataset},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			for range 2 { // a redelivery changes nothing
				assert.Empty(t, f.drop(t, test.key, test.give), f.log)
				digest := digestOf(test.give)
				kept := "quarantine-files/" + test.dataset + "/" + digest
				row := "quarantine/" + test.dataset + "/reason=" + test.reason +
					"/ingest_date=2026-03-01/ingest_hour=12/" + digest + ".ndjson.gz"
				require.Equal(t, []string{kept, row}, slices.Sorted(maps.Keys(f.stored)))
				assert.Equal(t, test.give, string(f.stored[kept]), "the original bytes")
				assert.Empty(t, f.ledger)
				var got map[string]any
				require.NoError(t, json.Unmarshal([]byte(unzipped(t, f.stored[row])), &got))
				assert.NotEmpty(t, got["error"])
				delete(got, "error")
				want := map[string]any{
					"identity": digest + ":0", "source": "s3://landing/" + test.key + "?versionId=v7",
					"arrival_time": "2026-03-01T12:30:05.000Z", "payload_uri": "s3://raw/" + kept,
				}
				if test.dataset != contracts.UnknownDataset {
					want["contract_version"] = f.handler.Datasets[test.dataset].Version
				}
				assert.Equal(t, want, got)
			}
		})
	}
}

func TestHandleKnowsContent(t *testing.T) {
	f := newFixture(t)
	assert.Empty(t, f.drop(t, "sales/a.csv", content))
	ledger := maps.Clone(f.ledger)
	assert.Empty(t, f.send(t, notification("sales/a.csv", len(content))), "redelivered")
	assert.Empty(t, f.drop(t, "sales/b.csv.gz", zipped(t, content)), "under another name, gzipped")
	assert.Equal(t, ledger, f.ledger)
	assert.Len(t, f.stored, 1)
	for key, puts := range f.puts {
		assert.Equal(t, 1, puts, key)
	}
	f.race = true
	assert.Empty(t, f.drop(t, "sales/c.csv", content), "recorded by another invocation meanwhile")
	assert.Equal(t, ledger, f.ledger)
}

func TestHandleArrival(t *testing.T) {
	for said, want := range map[string]string{
		"2010-12-01T18:00:00Z": "2010-12-01T18:00:00Z", "2010-12-01T18:00:00+02:00": "2010-12-01T16:00:00Z",
		"2026-03-01T12:31:05Z": "2026-03-01T12:31:05Z",
		"2010-12-01T00:00:00Z": "2010-12-01T00:00:00Z",
	} {
		f := newFixture(t)
		f.metadata["sales/a.csv"] = map[string]string{"arrival": said}
		assert.Empty(t, f.drop(t, "sales/a.csv", content))
		entry := f.ledger["sales/"+digestOf(content)]
		assert.Equal(t, want, entry.Arrival.Format(time.RFC3339), said)
		assert.Contains(t, entry.Key, fmt.Sprintf("ingest_date=%s/ingest_hour=%s/", want[:10], want[11:13]))
	}
	for _, said := range []string{"2026-03-01T12:31:06Z", "0500-01-01T00:00:00Z", "0000-01-01T00:00:00+14:00",
		"2010-11-30T23:59:59Z", "1969-12-31T23:59:59Z", "yesterday", ""} {
		f := newFixture(t)
		f.metadata["sales/a.csv"] = map[string]string{"arrival": said}
		assert.Empty(t, f.drop(t, "sales/a.csv", content))
		assert.Empty(t, f.ledger, said)
		assert.Contains(t, strings.Join(slices.Collect(maps.Keys(f.stored)), " "),
			"reason=invalid_value/ingest_date=2026-03-01/", said)
		f.metadata["sales/a.csv"] = nil
		assert.Empty(t, f.drop(t, "sales/a.csv", content))
		assert.Len(t, f.ledger, 1, "the file is taken when it comes again with a time that can be")
	}
}

func TestHandleIgnores(t *testing.T) {
	f := newFixture(t)
	assert.Empty(t, f.send(t,
		`{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-03-01T12:30:05.250Z","Bucket":"landing","RequestId":"1","HostId":"2"}`,
		notification("sales/", 0),
		strings.Replace(notification("sales/a.csv", 1), "ObjectCreated:Put", "ObjectRemoved:Delete", 1),
		`{"Records":[]}`,
	))
	assert.Empty(t, f.stored)
	assert.Contains(t, f.metrics.String(), `"MessagesReturned":0`)
	assert.NotContains(t, f.metrics.String(), "FilesReceived")
}

func TestHandleReturnsMessages(t *testing.T) {
	f := newFixture(t)
	f.files["sales/a.csv"], f.files["sales/b.csv"] = []byte(content), []byte("bad")
	bodies := []string{
		"not JSON", `{"Event":"other"}`, notification("sales/gone.csv", 3), notification("sales/a.csv", len(content)),
		strings.Replace(notification("sales/a.csv", 1), `"sales%2Fa.csv"`, `"%zz"`, 1),
		strings.Replace(notification("sales/a.csv", 1), "landing", "", 1),
	}
	assert.Equal(t, []int{0, 1, 2, 4, 5}, f.send(t, bodies...))
	assert.Len(t, f.ledger, 1, "the good message is done")
	assert.Equal(t, []string{"m-0", "m-1", "m-2", "m-4", "m-5"}, f.returned)
	assert.Contains(t, f.metrics.String(), `"MessagesReturned":5`)
	assert.Contains(t, f.log.String(), `"requestId":"request-1"`)
}

// A message that takes all of the function's time fails before the function does: what was done stays done.
func TestHandleReturnsAMessageAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // its time stands still while anything is being done
		f := newFixture(t)
		f.files["sales/a.csv"], f.files["sales/b.csv"] = []byte(content), []byte("x")
		f.files["sales/c.csv"] = []byte("x")
		f.hang = "sales/b.csv"
		var event events.SQSEvent
		for i, body := range []string{
			notification("sales/a.csv", len(content)),
			notification("sales/b.csv", len(content)),
			notification("sales/c.csv", len(content)),
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
	for _, operation := range []string{"open", "put", "copy", "find", "record"} {
		t.Run(operation, func(t *testing.T) {
			f := newFixture(t)
			bad := "bad"
			f.files["sales/good.csv"], f.files["sales/bad.csv"] = []byte(content), []byte(bad)
			bodies := []string{notification("sales/good.csv", len(content)), notification("sales/bad.csv", len(bad))}
			f.fail = func(failing, _ string) error {
				if failing == operation {
					return errors.New("503 slow down")
				}
				return nil
			}
			assert.NotEmpty(t, f.send(t, bodies...))
			f.fail = nil
			assert.Empty(t, f.send(t, bodies...))
			assert.Len(t, f.ledger, 1)
			assert.Len(t, f.stored, 3)
			left, err := os.ReadDir(os.TempDir())
			require.NoError(t, err)
			assert.Empty(t, left, "temporary files")
		})
	}
}

func TestHandleTakesALostConnectionForNoFault(t *testing.T) {
	for give, quiet := range map[string]bool{
		content: false, zipped(t, content): false, content + "\n": true, zipped(t, content+"\n"): true,
	} {
		f := newFixture(t)
		f.cut, f.quiet = len(give)/2, quiet
		assert.Equal(t, []int{0}, f.drop(t, "sales/a.csv", give))
		assert.Empty(t, f.stored)
		assert.Contains(t, f.log.String(),
			map[bool]string{
				false: "connection reset", true: fmt.Sprintf("got %d of %d bytes", f.cut, len(give)),
			}[quiet])
		f.cut = 0
		assert.Empty(t, f.send(t, notification("sales/a.csv", len(give))))
		assert.Len(t, f.ledger, 1)
	}
}

// A file's memory does not grow with its size, nor with what it expands to.
func TestHandleBoundsMemory(t *testing.T) {
	f := newFixture(t)
	f.handler.Limits = Limits{MaxFileBytes: 1 << 30, MaxExpandedBytes: 1 << 30}
	assert.Empty(t, f.drop(t, "sales/warm.csv", content))
	for name, tail := range map[string]string{
		"lines": strings.Repeat("1,2,3\n", 4<<20), "one quoted field": `"` + strings.Repeat("1,2,3\n", 4<<20),
	} {
		packed := zipped(t, content+tail)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		assert.Empty(t, f.drop(t, "sales/"+name+".csv.gz", packed))
		runtime.ReadMemStats(&after)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20), "%s: bytes allocated for 24 MiB", name)
	}
	assert.Empty(t, f.drop(t, "sales/bomb.csv.gz", zipped(t, strings.Repeat("\n", 1<<20))), "nothing but line ends")
}
