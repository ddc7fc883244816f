package batch

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/lambdas/clicks/internal/sample"
)

const shardName = "shardId-000000000003"

var (
	arrival    = time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	testLimits = Limits{Lateness: 72 * time.Hour, MaxEventBytes: 8 << 10, MaxExpandedBytes: 4 << 20}
)

func newProcessor(t testing.TB) *Processor {
	t.Helper()
	set, err := contracts.Load()
	require.NoError(t, err)
	p, err := New(set, testLimits)
	require.NoError(t, err)
	return p
}

// build processes one invocation with the given record contents.
func build(t testing.TB, p *Processor, contents ...string) *Batch {
	t.Helper()
	shards, err := p.Open(sample.Payload(shardName, 1, arrival, contents...))
	require.NoError(t, err)
	require.Len(t, shards, 1)
	b, err := p.Build(shards[0], shards[0].Records())
	require.NoError(t, err)
	return b
}

// columns is a row of JSON or Parquet by column.
type columns = map[string]any

// lines reads gzipped JSON lines.
func lines(t testing.TB, body []byte) []columns {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(body))
	require.NoError(t, err)
	text, err := io.ReadAll(zip)
	require.NoError(t, err)
	var rows []columns
	for _, line := range bytes.SplitAfter(text, []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var row columns
		require.NoError(t, json.Unmarshal(line, &row), "%s", line)
		rows = append(rows, row)
	}
	return rows
}

// parquetRows reads a Parquet file with an independent implementation.
func parquetRows(t testing.TB, body []byte) []columns {
	t.Helper()
	file, err := parquet.OpenFile(bytes.NewReader(body), int64(len(body)))
	require.NoError(t, err)
	names := file.Schema().Columns()
	var rows []columns
	reader := parquet.NewReader(file)
	buffer := make([]parquet.Row, 64)
	for {
		n, err := reader.ReadRows(buffer)
		for _, row := range buffer[:n] {
			out := columns{}
			for _, value := range row {
				name := names[value.Column()][0]
				switch {
				case value.IsNull():
					out[name] = nil
				case value.Kind() == parquet.ByteArray:
					out[name] = string(value.ByteArray())
				case value.Kind() == parquet.Boolean:
					out[name] = value.Boolean()
				case value.Kind() == parquet.Double:
					out[name] = value.Double()
				case value.Kind() == parquet.Int32:
					out[name] = int64(value.Int32())
				default:
					out[name] = value.Int64()
				}
			}
			rows = append(rows, out)
		}
		if err != nil {
			require.ErrorIs(t, err, io.EOF)
			return rows
		}
	}
}

func allLines(t testing.TB, objects []Object) []columns {
	t.Helper()
	var rows []columns
	for _, o := range objects {
		rows = append(rows, lines(t, o.Body)...)
	}
	return rows
}

func allParquet(t testing.TB, objects []Object) []columns {
	t.Helper()
	var rows []columns
	for _, o := range objects {
		rows = append(rows, parquetRows(t, o.Body)...)
	}
	return rows
}
