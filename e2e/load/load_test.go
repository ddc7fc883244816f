package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var limits = Limits{EventBytes: 4096, ExpandedBytes: 1 << 16, Lateness: 48 * time.Hour}

func TestGeneratorBuildsInItsShares(t *testing.T) {
	g := NewGenerator(7, 10_000, limits)
	events := 0
	for g.Remaining() > 0 {
		for _, record := range g.Take(137, time.Now()) {
			events += len(record.EventIDs)
		}
	}
	want := g.Expected()
	assert.Equal(t, 10_000, events)
	assert.Equal(t, 10_000, want.Received)
	assert.Equal(t, 500, want.Duplicates)
	assert.Equal(t, 200, want.Quarantined)
	assert.Equal(t, 9_300, want.Processed)
	require.Len(t, want.Reasons, len(badEvents))
	// they take turns, so that none is seen more than once more often than another
	for reason, count := range want.Reasons {
		assert.InDelta(t, float64(want.Quarantined)/float64(len(badEvents)), count, 1, reason)
	}
}

func TestGeneratorSendsTheVersionsOfTheContractSideBySide(t *testing.T) {
	g := NewGenerator(7, 1, limits)
	versions := map[string]int{}
	for range 200 {
		e := g.event(time.Now())
		assert.Equal(t, e.SchemaVersion == "", e.AppVersion == "", "the old version has neither")
		versions[e.SchemaVersion]++
	}
	assert.Len(t, versions, 2)
	assert.Greater(t, min(versions[""], versions["1.1.0"]), 60)
}

func TestGeneratorRepeatsFromItsSeed(t *testing.T) {
	at := time.Now()
	take := func(seed uint64) []Record { return NewGenerator(seed, 500, limits).Take(500, at) }
	assert.Equal(t, take(3), take(3))
	assert.NotEqual(t, take(3), take(4))
}

func TestEveryBadEventKeepsItsOwnShape(t *testing.T) {
	g := NewGenerator(1, 1, limits)
	for _, kind := range badEvents {
		it := kind.make(g, g.event(time.Now()))
		var parsed map[string]any
		err := json.Unmarshal(it.text, &parsed)
		switch kind.reason {
		case "unsupported_version", "unknown_field", "missing_field", "wrong_type", "invalid_value", "outside_lateness",
			"event_too_large":
			assert.NoError(t, err, kind.reason)
			assert.Equal(t, it.eventID, parsed["event_id"], kind.reason)
		default:
			assert.True(t, it.alone, "%s corrupts its record", kind.reason)
		}
		_, hasVisitor := parsed["visitor_id"]
		assert.Equal(t, kind.reason != "missing_field" && kind.reason != "unsupported_version",
			hasVisitor || err != nil, kind.reason)
	}
}

func TestReadClicks(t *testing.T) {
	const log = `203.0.113.9 - - [17/May/2015:10:05:03 +0200] "GET /a?utm_source=x HTTP/1.1" 200 512 "http://ref.example/" "Agent \"7\""
203.0.113.9 - - [17/May/2015:10:05:04 +0200] "HEAD /b HTTP/1.1" 304 - "-" "Agent"
{"event_id":"e1","event_type":"search"}
not an event
`
	path := filepath.Join(t.TempDir(), "clicks.gz")
	require.NoError(t, os.WriteFile(path, gzipped([]byte(log)), 0o600))
	records, err := ReadClicks(path)
	require.NoError(t, err)
	require.Len(t, records, 4)

	var first event
	require.NoError(t, json.Unmarshal(records[0].Data, &first))
	assert.Equal(t, "2015-05-17T08:05:03Z", first.EventTime)
	assert.Equal(t, site+"/a?utm_source=x", first.URL)
	assert.Equal(t, int64(512), *first.ResponseBytes)
	assert.NotContains(t, string(records[1].Data), "response_bytes")
	assert.Equal(t, []string{"e1"}, records[2].EventIDs)
	assert.Equal(t, Record{Data: []byte("not an event"), EventIDs: []string{""}}, records[3])

	again, err := ReadClicks(path)
	require.NoError(t, err)
	assert.Equal(t, records, again, "a log read twice gives the same events")
}

func TestReadClicksRefuses(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "empty"), []byte("\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cut.gz"), gzipped([]byte("x"))[:12], 0o600))
	for name, want := range map[string]string{
		"missing": "no such file", "empty": "holds no events", "cut.gz": "unexpected EOF",
	} {
		_, err := ReadClicks(filepath.Join(dir, name))
		assert.ErrorContains(t, err, want)
	}
}

func TestGeneratedSalesCountUp(t *testing.T) {
	drops, want := GenerateSales(7, 600)
	ledger := &Ledger{}
	sender := &FileSender{Ledger: ledger}
	contract, err := rawContract("sales")
	require.NoError(t, err)
	for _, drop := range drops {
		sender.book(contract, "sales/"+drop.Name, drop)
	}
	assert.Equal(t, want.Received, want.Processed+want.Duplicates+want.Quarantined)
	assert.Len(t, ledger.Lines, want.Received, "one content under two names is received once")
	keys := map[string]int{}
	for _, line := range ledger.Lines {
		keys[line.Key]++
	}
	repeated := 0
	for key, n := range keys {
		if key != "" {
			repeated += n - 1
		}
	}
	assert.Equal(t, want.Duplicates, repeated)
	assert.Len(t, ledger.ArrivalHours("sales"), len(salesHours), "the late file falls into an hour of its own")
	again, _ := GenerateSales(7, 600)
	assert.Equal(t, drops, again)
}

func TestArrivalOfReferenceFile(t *testing.T) {
	content := strings.Join([]string{strings.Join(salesHeader, ","), "1,A,x,1,2025-06-02 09:59:59,1.0,,France",
		"1,A,x,1,never,1.0,,France"}, "\n")
	dir, now := t.TempDir(), time.Date(2025, 6, 2, 12, 0, 0, 0, time.UTC)
	for name, text := range map[string]string{
		"a.csv":                content,
		"b-far.csv":            content + "\n1,A,x,1,2110-06-02 09:59:59,1.0,,X",
		"c/d.json":             `[{"InvoiceNo":1,"StockCode":"A","Quantity":1,"InvoiceDate":"2025-06-02 08:00:00"}]`,
		"c/no times in it.csv": "a,b\n1,2\n",
		"notes.txt":            "no data",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	drops, err := ReadFolder(dir, "sales", now)
	require.NoError(t, err)
	arrivals := map[string]string{}
	for _, drop := range drops {
		arrivals[drop.Name] = drop.Arrival.Format(time.TimeOnly)
	}
	// Summer time is an hour ahead of UTC, a typing error is no arrival, and what has no times comes with the newest.
	assert.Equal(t, map[string]string{
		"a.csv": "09:00:00", "b-far.csv": "09:00:00", "c/d.json": "08:00:00", "c/no times in it.csv": "09:00:00",
	}, arrivals)

	empty := t.TempDir()
	_, err = ReadFolder(empty, "sales", now)
	require.ErrorContains(t, err, "no CSV or JSON files in "+empty)
	require.NoError(t, os.WriteFile(filepath.Join(empty, "a.csv"), []byte("a\n1\n"), 0o644))
	_, err = ReadFolder(empty, "sales", now)
	require.ErrorContains(t, err, "no line of the files in "+empty+" has a time that can be read")
}

// throttling refuses every other record of the first requests.
type throttling struct {
	calls int
	data  [][]byte
}

func (s *throttling) PutRecords(
	_ context.Context, in *kinesis.PutRecordsInput, _ ...func(*kinesis.Options),
) (*kinesis.PutRecordsOutput, error) {
	s.calls++
	out := &kinesis.PutRecordsOutput{}
	for i, record := range in.Records {
		if s.calls < 3 && i%2 == 1 {
			out.Records = append(out.Records,
				types.PutRecordsResultEntry{ErrorCode: aws.String("ProvisionedThroughputExceededException")})
			continue
		}
		s.data = append(s.data, record.Data)
		out.Records = append(out.Records, types.PutRecordsResultEntry{
			ShardId: aws.String("shardId-0"), SequenceNumber: aws.String(fmt.Sprint(len(s.data))),
		})
	}
	return out, nil
}

func TestSenderBooksWhatTheStreamAccepted(t *testing.T) {
	stream := &throttling{}
	sender := &ClickSender{Client: stream, Stream: "s", Ledger: &Ledger{}}
	g := NewGenerator(1, 1000, limits)
	require.NoError(t, sender.Generated(context.Background(), g, 0))
	assert.Len(t, sender.Ledger.Clicks, 1000)
	identities := map[string]bool{}
	for _, click := range sender.Ledger.Clicks {
		identities[click.Identity] = true
	}
	assert.Len(t, identities, 1000, "every event has an identity of its own")
	assert.Greater(t, stream.calls, 2)
}

func TestLedgerSurvivesSaving(t *testing.T) {
	path := filepath.Join(t.TempDir(), "build", "ledger.json.gz")
	ledger := &Ledger{Clicks: []Click{
		{Identity: "a:1:0", EventID: "e", SentAt: time.Now().UTC()},
	}, Expected: map[string]Expected{"clicks": {Received: 1}}}
	require.NoError(t, ledger.Save(path))
	loaded, err := Load(path)
	require.NoError(t, err)
	assert.Equal(t, ledger, loaded)
}

// TestRealFiles reads the real input where it lies beside the checkout.
func TestRealFiles(t *testing.T) {
	root := "../../../shared/data"
	if _, err := os.Stat(root); err != nil {
		t.Logf("no real input beside this checkout: %v", err)
		return
	}
	records, err := ReadClicks(filepath.Join(root, "clicks/access.log.gz"))
	require.NoError(t, err)
	assert.Len(t, records, 10_000)
	for _, record := range records {
		assert.True(t, bytes.HasPrefix(record.Data, []byte(`{"event_id":`)), "%s", record.Data)
	}
	drops, err := ReadFolder(filepath.Join(root, "sales"), "sales", time.Now())
	require.NoError(t, err)
	ledger := &Ledger{}
	contract, err := rawContract("sales")
	require.NoError(t, err)
	for _, drop := range drops {
		(&FileSender{Ledger: ledger}).book(contract, drop.Name, drop)
	}
	assert.Len(t, ledger.Lines, 42_481)
	assert.Len(t, ledger.ArrivalHours("sales"), 20)

	masters, expected, err := MastersOf(drops)
	require.NoError(t, err)
	for _, dataset := range []string{"products", "customers"} {
		lines, repeated := booked(t, dataset, masters[dataset])
		assert.Equal(t, expected[dataset], Expected{Received: lines, Processed: lines}, dataset)
		assert.Zero(t, repeated, dataset)
		assert.Greater(t, lines, 800, dataset)
	}
}
