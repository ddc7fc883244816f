package parquetfile

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var columns = []Column{
	{Name: "id", Kind: String, Required: true, Plain: true},
	{Name: "low", Kind: String},
	{Name: "high", Kind: String},
	{Name: "constant", Kind: String, Required: true},
	{Name: "never", Kind: String},
	{Name: "i32", Kind: Int32},
	{Name: "i64", Kind: Int64, Required: true},
	{Name: "f64", Kind: Double},
	{Name: "flag", Kind: Boolean},
	{Name: "at", Kind: Timestamp, Required: true},
}

// fill appends n random rows and returns them, by column position; nil is null.
func fill(table *Table, r *rand.Rand, n int) [][]any {
	var rows [][]any
	for i := range n {
		row := []any{fmt.Sprintf("id-%d", i), nil, nil, "same", nil, nil, r.Int64() - r.Int64(), nil, nil,
			r.Int64N(1e15)}
		if r.IntN(3) > 0 {
			row[1] = fmt.Sprintf("value %d", r.IntN(1+n/7))
		}
		if i > n/2 {
			row[2] = fmt.Sprint(r.Uint64())
			row[5] = int32(r.Uint32())
			row[8] = r.IntN(2) == 0
		}
		if i <= n/2 {
			row[7] = r.NormFloat64()
		}
		for c, value := range row {
			to := table.Column(c)
			switch value := value.(type) {
			case nil:
				to.Null()
			case string:
				to.String([]byte(value))
			case int32:
				to.Int(int64(value))
			case int64:
				to.Int(value)
			case float64:
				to.Double(value)
			case bool:
				to.Bool(value)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func TestEncodeReadsBack(t *testing.T) {
	encoder, err := NewEncoder()
	require.NoError(t, err)
	table := NewTable(columns)
	for _, n := range []int{1, 2, 7, 8, 9, 63, 64, 65, 255, 256, 257, 1000, 5000, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			table.Reset()
			want := fill(table, rand.New(rand.NewPCG(uint64(n), 1)), n)
			assert.Equal(t, n, table.Rows())
			body, err := encoder.Encode([]byte("before"), table)
			require.NoError(t, err)
			body = body[len("before"):]
			file, err := parquet.OpenFile(bytes.NewReader(body), int64(len(body)))
			require.NoError(t, err)
			require.EqualValues(t, n, file.NumRows())
			reader := parquet.NewReader(file)
			rows := make([]parquet.Row, n)
			for got := 0; got < n; {
				m, err := reader.ReadRows(rows[got:])
				if m == 0 {
					require.NoError(t, err)
				}
				got += m
			}
			for i, row := range rows {
				for c, value := range row {
					var got any
					switch {
					case value.IsNull():
					case value.Kind() == parquet.ByteArray:
						got = string(value.ByteArray())
					case value.Kind() == parquet.Int32:
						got = value.Int32()
					case value.Kind() == parquet.Int64:
						got = value.Int64()
					case value.Kind() == parquet.Double:
						got = value.Double()
					default:
						got = value.Boolean()
					}
					require.Equal(t, want[i][c], got, "row %d, column %s", i, columns[c].Name)
				}
			}
			checkStatistics(t, file, want)
		})
	}
}

// checkStatistics holds the footer's statistics against the rows: engines skip files by them.
func checkStatistics(t *testing.T, file *parquet.File, rows [][]any) {
	t.Helper()
	for c, chunk := range file.Metadata().RowGroups[0].Columns {
		nulls := int64(0)
		low, high := any(nil), any(nil)
		for _, row := range rows {
			value, ok := row[c].(int64)
			if row[c] == nil {
				nulls++
			} else if ok && (low == nil || value < low.(int64)) {
				low = value
			}
			if ok && (high == nil || value > high.(int64)) {
				high = value
			}
		}
		statistics := chunk.MetaData.Statistics
		assert.Equal(t, nulls, statistics.NullCount, columns[c].Name)
		if low != nil {
			assert.Equal(t, low, parquet.Int64.Value(statistics.MinValue).Int64(), columns[c].Name)
			assert.Equal(t, high, parquet.Int64.Value(statistics.MaxValue).Int64(), columns[c].Name)
		}
	}
}

// Equal rows give equal bytes, whatever the encoder and the table held before.
func TestEncodeIsDeterministic(t *testing.T) {
	encode := func(warm ...int) []byte {
		encoder, err := NewEncoder()
		require.NoError(t, err)
		table := NewTable(columns)
		for _, n := range append(warm, 700) {
			table.Reset()
			fill(table, rand.New(rand.NewPCG(uint64(n), 1)), n)
			body, err := encoder.Encode(nil, table)
			require.NoError(t, err)
			if n == 700 {
				return body
			}
		}
		return nil
	}
	want := encode()
	for range 5 {
		assert.True(t, bytes.Equal(want, encode(5000, 3, 1234)))
	}
}

func TestEncodeRejects(t *testing.T) {
	encoder, err := NewEncoder()
	require.NoError(t, err)
	table := NewTable([]Column{{Name: "a", Kind: Int32, Required: true}, {Name: "b", Kind: Int32}})
	table.Column(0).Int(1)
	_, err = encoder.Encode(nil, table)
	require.EqualError(t, err, "column b has 0 values, the table has 1 rows")
	table.Reset()
	table.Column(0).Null()
	table.Column(1).Null()
	_, err = encoder.Encode(nil, table)
	require.EqualError(t, err, "required column a holds 1 nulls")
}
