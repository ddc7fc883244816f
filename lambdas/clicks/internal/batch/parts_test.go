package batch

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/lambdas/clicks/internal/sample"
)

func FuzzMicroseconds(f *testing.F) {
	for _, seed := range []string{
		"2026-03-01T12:30:00Z", "2026-03-01T12:30:00.123456789+01:30", "2024-02-29T23:59:59-23:59",
		"2023-02-29T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2026-03-01t12:30:00z",
		"2026-03-01T12:30:60Z", "2026-03-01T24:00:00Z", "2026-03-01T12:30:00.Z", "2026-03-01T12:30:00,5Z",
		"2026-03-01T12:30:00+24:00", "2026-03-01T12:30:00", "1900-02-28T00:00:00Z", "1969-12-31T23:59:59.999999Z",
		"2026-00-01T00:00:00Z",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := microseconds([]byte(text))
		var want time.Time
		err := want.UnmarshalText([]byte(strings.ToUpper(text)))
		lenient := strings.Contains(text, ",") || strings.HasSuffix(text, ":60") || strings.Contains(text, "+24:") ||
			strings.Contains(text, "-24:") ||
			len(text) > 12 && text[12] == ':'
		if !lenient { // than RFC 3339: see the remarks in time.parseStrictRFC3339
			require.Equal(t, err == nil, ok)
		}
		if ok && err == nil {
			assert.Equal(t, want.Truncate(time.Millisecond).UnixMicro(), got)
		}
	})
}

func FuzzParseFloat(f *testing.F) {
	for _, seed := range []float64{0, 1, 12.5, 0.1, 123456789.12345678, 1e-7, 9007199254740993, -3.25} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, x float64) {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return
		}
		for _, format := range []byte{'f', 'g'} {
			text := strconv.FormatFloat(x, format, -1, 64)
			got, ok := parseFloat([]byte(text))
			require.True(t, ok)
			assert.Equal(t, x, got, text)
		}
	})
}

func TestMilliseconds(t *testing.T) {
	for give, want := range map[string]int64{
		"1545084650.987": 1545084650987, "1545084650.9": 1545084650900, "1545084650": 1545084650000,
		"1545084650.98799": 1545084650987, "1.545084650987E9": 1545084650987, "-5": 0, "1e99": 0, "": 0,
	} {
		assert.Equal(t, want, milliseconds([]byte(give)), give)
	}
}

// envelope is what both readers of the Kinesis event must agree on.
func envelope(records []record) [][]string {
	var out [][]string
	for _, r := range records {
		out = append(out, []string{string(r.shard), string(r.sequence), string(r.source), string(r.data),
			strconv.FormatInt(r.arrival, 10)})
	}
	return out
}

func TestScanEnvelopeAgreesWithDecode(t *testing.T) {
	usual := string(sample.Payload(shardName, 1, arrival, "one", "", "three", strings.Repeat("x", 5000)))
	var event events.KinesisEvent
	require.NoError(t, json.Unmarshal([]byte(usual), &event))
	reordered, err := json.MarshalIndent(event, "", "  ")
	require.NoError(t, err)
	changing := strings.Replace(usual, `"awsRegion":"eu-west-1",`, `"awsRegion":"eu-west-1","new":[{"a":"\""}],`, 1)
	for name, payload := range map[string]string{
		"usual": usual, "indented, other order": string(reordered), "records of different form": changing,
		"quotes in a partition key": strings.ReplaceAll(usual, `"partitionKey":"`,
			`"partitionKey":"\",\"data\":\"x\"\\`),
		"an empty batch": `{"Records":[]}`, "nothing before the records": ` { "Records" : [ ] } `,
		"no records": `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := scanEnvelope([]byte(payload), nil)
			require.True(t, ok)
			want, err := decodeEnvelope([]byte(payload), nil)
			require.NoError(t, err)
			assert.Equal(t, envelope(want), envelope(got))
		})
	}
}

func TestOpenReadsUnusualEvents(t *testing.T) {
	payload := strings.ReplaceAll(string(sample.Payload(shardName, 1, arrival, "???>>>")), "/", `\/`)
	shards, err := newProcessor(t).Open([]byte(payload))
	require.NoError(t, err)
	assert.Equal(t, "Pz8/Pj4+", string(shards[0].records[0].data), "escaped slashes in base64")
}

func TestOpenRejects(t *testing.T) {
	usual := string(sample.Payload(shardName, 1, arrival, good))
	for name, payload := range map[string]string{
		"not JSON": `{"Records":[`, "another event": `[1]`,
		"no sequence number": strings.Replace(usual, "sequenceNumber", "s", 1),
		"no shard":           strings.Replace(usual, "eventID", "e", 1),
		"no arrival":         strings.Replace(usual, "approximateArrivalTimestamp", "a", 1),
		"no data":            strings.Replace(usual, `"data"`, `"d"`, 1), "a tail": usual + "x",
	} {
		_, err := newProcessor(t).Open([]byte(payload))
		assert.ErrorContains(t, err, "kinesis event", name)
	}
}

func TestOpenPartsShards(t *testing.T) {
	one, two := string(sample.Payload("shard-1", 1, arrival, good, good)),
		string(sample.Payload("shard-2", 5, arrival, good))
	mixed := strings.TrimSuffix(one, "]}") + "," + strings.TrimSuffix(strings.TrimPrefix(two, `{"Records":[`),
		"]}") + "," + strings.TrimPrefix(one, `{"Records":[`)
	p := newProcessor(t)
	shards, err := p.Open([]byte(mixed))
	require.NoError(t, err)
	require.Len(t, shards, 2)
	assert.Equal(t, []int{4, 1}, []int{shards[0].Records(), shards[1].Records()})
	assert.Equal(t, sample.Sequence(5), shards[1].Sequence(0))
}

func TestNewRejects(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	processed, _ := set.Get("processed.clicks")
	raw, _ := set.Get("raw.clicks")
	event, err := compile(raw.Event(), raw.Major())
	require.NoError(t, err)
	extra := *processed
	extra.Columns = append(extra.Columns[:len(extra.Columns):len(extra.Columns)],
		contracts.Column{Name: "mood", Physical: "string"})
	_, _, err = fillers(&extra, event)
	require.EqualError(t, err, "column mood is neither a field of the event nor derived from one")
	extra.Columns = []contracts.Column{{Name: "price", Physical: "bigint"}}
	_, _, err = fillers(&extra, event)
	require.EqualError(t, err, "column price: the event's field has another type")
	extra.Columns = []contracts.Column{{Name: "price", Physical: "double", Required: true}}
	_, _, err = fillers(&extra, event)
	require.EqualError(t, err, "column price is required, the event's field is not")
	_, err = compile([]contracts.Column{{Name: "event_id", Logical: "string"}}, 1)
	require.EqualError(t, err, "the event needs a required field event_id")
	needed := []contracts.Column{{Name: "event_id", Logical: "string", Required: true},
		{Name: "event_time", Logical: "timestamp", Required: true}}
	_, err = compile(append(needed, contracts.Column{Name: "schema_version", Logical: "string"}), 1)
	require.EqualError(t, err, "field schema_version needs a pattern: it tells a version from what is none")
	_, err = compile(needed, 1)
	require.NoError(t, err, "a contract need not have the field")
	_, err = compile([]contracts.Column{{Name: "tags", Logical: "array"}}, 1)
	require.ErrorContains(t, err, `field tags: logical type "array" cannot be validated`)
}

func TestLatencies(t *testing.T) {
	var c Counts
	for i := range 1000 {
		c.EventTimes = append(c.EventTimes, arrival.Add(-time.Duration(i)*time.Second).UnixMicro())
	}
	values := c.Latencies(arrival, 100)
	require.Len(t, values, 100)
	assert.EqualValues(t, 999000, values[0], "the largest is kept")
	assert.EqualValues(t, 9000, values[99])
	assert.Empty(t, (&Counts{}).Latencies(arrival, 100))
}
