package plain_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/lambdas/clicks/internal/batch"
	"dataplatform/lambdas/clicks/internal/plain"
	"dataplatform/lambdas/clicks/internal/sample"
)

// The benchmark compares like with like: both implementations make the same objects with the same rows.
func TestPlainGivesTheSameContents(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	limits := batch.Limits{Lateness: 72 * time.Hour, MaxEventBytes: 64 << 10, MaxExpandedBytes: 16 << 20}
	ours, err := batch.New(set, limits)
	require.NoError(t, err)
	arrival := time.Date(2026, 3, 1, 12, 59, 59, 0, time.UTC)
	for seed, compress := range []plain.Compress{plain.Fast, plain.Standard, plain.Fast} {
		payload := sample.Payload("shardId-000000000003", 1, arrival,
			append(sample.Events(uint64(seed), 1500, arrival, sample.Usual), named(arrival)...)...)
		theirs, err := plain.New(set, limits, compress)
		require.NoError(t, err)
		want, err := theirs.Build(payload)
		require.NoError(t, err)
		shards, err := ours.Open(payload)
		require.NoError(t, err)
		built, err := ours.Build(shards[0], shards[0].Records())
		require.NoError(t, err)
		got := map[string][]byte{}
		for _, object := range slices.Concat(built.Raw, built.Processed, built.Quarantine) {
			got[object.Key] = object.Body
		}
		require.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
		require.Greater(t, len(got), 8, "several hours and reasons")
		for key := range want {
			require.Equal(t, rows(t, key, want[key]), rows(t, key, got[key]), key)
		}
	}
}

// named are events that name somebody in an address or a text.
func named(arrival time.Time) []string {
	var events []string
	for i, fields := range []string{
		`"url":"https://a:b@shop.example.com/x%40y.example/z?q=1&page=a@b.example&sort=up&utm_term=%2B44+20+7946+0958#top"`,
		`"url":"?session=1","referrer":"?q=1"`,
		`"url":"//a@shop.example.com?utm_source=to+a%40b.example","referrer":"https://b.example/?utm_source=a%40b.example"`,
		`"url":"/","referrer":"a@b.example","search_term":"call 020 7946 0958","user_agent":"bot a@b.example 0123456789"`,
		`"url":"/","product_id":"a@b.example","http_method":"a@b.example","app_version":"a@b.example","search_term":"120210987654321"`,
	} {
		events = append(events, fmt.Sprintf(`{"event_id":"n-%d","event_type":"search","event_time":%q,"visitor_id":"v",%s}`,
			i, arrival.Add(-time.Minute).Format(time.RFC3339), fields))
	}
	return events
}

// rows are an object's rows as text; of quarantine rows without the wording of the error.
func rows(t *testing.T, key string, body []byte) []string {
	t.Helper()
	if strings.HasSuffix(key, ".parquet") {
		return parquetRows(t, body)
	}
	zip, err := gzip.NewReader(bytes.NewReader(body))
	require.NoError(t, err)
	var out []string
	decoder := json.NewDecoder(zip)
	for {
		var row map[string]any
		err := decoder.Decode(&row)
		if err == io.EOF {
			return out
		}
		require.NoError(t, err)
		delete(row, "error")
		text, err := json.Marshal(row)
		require.NoError(t, err)
		out = append(out, string(text))
	}
}

func parquetRows(t *testing.T, body []byte) []string {
	t.Helper()
	file, err := parquet.OpenFile(bytes.NewReader(body), int64(len(body)))
	require.NoError(t, err)
	reader := parquet.NewReader(file)
	var out []string
	buffer := make([]parquet.Row, 64)
	for {
		n, err := reader.ReadRows(buffer)
		for _, row := range buffer[:n] {
			out = append(out, fmt.Sprintf("%+v", row))
		}
		if err == io.EOF {
			assert.EqualValues(t, file.NumRows(), len(out))
			return out
		}
		require.NoError(t, err)
	}
}
