package parquetfile

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/stretchr/testify/require"
)

type benchRow struct {
	ID      string  `parquet:"id,plain"`
	Low     *string `parquet:"low,optional,dict"`
	High    *string `parquet:"high,optional"`
	Same    string  `parquet:"same,dict"`
	Number  *int64  `parquet:"number,optional"`
	Price   float64 `parquet:"price"`
	Flag    bool    `parquet:"flag"`
	Instant int64   `parquet:"instant"`
}

func benchRows(n int) []benchRow {
	rows := make([]benchRow, n)
	for i := range rows {
		low, high, number := fmt.Sprint("low-", i%50), fmt.Sprint("https://shop.example.com/products/", i*7919),
			int64(i%9)
		rows[i] = benchRow{ID: fmt.Sprintf("%032x",
			i*2654435761), Same: "shardId-000000000003", Price: float64(i) / 4, Flag: i%3 == 0, Instant: int64(i) * 1e6}
		if i%3 > 0 {
			rows[i].Low, rows[i].High, rows[i].Number = &low, &high, &number
		}
	}
	return rows
}

// The general writer of parquet-go is the alternative that was considered.
func BenchmarkEncode(b *testing.B) {
	rows := benchRows(4000)
	report := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(rows)), "ns/row")
		b.ReportAllocs()
	}
	b.Run("table", func(b *testing.B) {
		encoder, err := NewEncoder()
		require.NoError(b, err)
		table := NewTable([]Column{
			{Name: "id", Required: true, Plain: true}, {Name: "low"}, {Name: "high"}, {Name: "same", Required: true},
			{Name: "number", Kind: Int64}, {Name: "price", Kind: Double, Required: true},
			{Name: "flag", Kind: Boolean, Required: true}, {Name: "instant", Kind: Timestamp, Required: true},
		})
		type texts struct{ id, low, high, same []byte } // as a scanner has them
		bytesOf := make([]texts, len(rows))
		for i, r := range rows {
			bytesOf[i] = texts{id: []byte(r.ID), same: []byte(r.Same)}
			if r.Low != nil {
				bytesOf[i].low, bytesOf[i].high = []byte(*r.Low), []byte(*r.High)
			}
		}
		var body []byte
		for b.Loop() {
			table.Reset()
			for i := range rows {
				r := &rows[i]
				table.Column(0).String(bytesOf[i].id)
				if r.Low != nil {
					table.Column(1).String(bytesOf[i].low)
					table.Column(2).String(bytesOf[i].high)
					table.Column(4).Int(*r.Number)
				} else {
					table.Column(1).Null()
					table.Column(2).Null()
					table.Column(4).Null()
				}
				table.Column(3).String(bytesOf[i].same)
				table.Column(5).Double(r.Price)
				table.Column(6).Bool(r.Flag)
				table.Column(7).Int(r.Instant)
			}
			body, err = encoder.Encode(body[:0], table)
			require.NoError(b, err)
		}
		report(b)
	})
	b.Run("parquet-go", func(b *testing.B) {
		var out bytes.Buffer
		writer := parquet.NewGenericWriter[benchRow](&out, parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}))
		for b.Loop() {
			out.Reset()
			writer.Reset(&out)
			_, err := writer.Write(rows)
			require.NoError(b, err)
			require.NoError(b, writer.Close())
		}
		report(b)
	})
}
