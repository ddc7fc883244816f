// Package parquetfile encodes a batch of rows as one small Parquet file: one row group, one data page a column, zstd.
//
// It exists because the clicks function writes a few thousand flat rows at a time, at a rate where every value's cost
// shows: it appends straight to the pages, without rows or values in between. BenchmarkEncode compares it with
// parquet-go's general writer, which also serves the tests as an independent reader. Strings are dictionary encoded
// unless they turn out to be mostly distinct. The output is a function of the rows alone. Only flat schemas of the
// kinds below are supported, data pages are version 1, which every reader knows.
package parquetfile

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Kind is a column's type.
type Kind uint8

// The kinds. Timestamps are microseconds since the epoch, UTC.
const (
	String Kind = iota
	Int32
	Int64
	Double
	Boolean
	Timestamp
)

// Column describes one column.
type Column struct {
	Name     string
	Kind     Kind
	Required bool
	// Plain stores strings without a dictionary; for columns known to hold distinct values.
	Plain bool
}

// Table collects rows column by column: every row appends one value or null to every column. A table can be reused
// after Reset, which keeps its memory.
type Table struct {
	cols []Values
}

// NewTable makes an empty table.
func NewTable(columns []Column) *Table {
	t := &Table{cols: make([]Values, len(columns))}
	for i, column := range columns {
		t.cols[i].column = column
	}
	t.Reset()
	return t
}

// Reset empties the table.
func (t *Table) Reset() {
	for i := range t.cols {
		t.cols[i].reset()
	}
}

// Column returns the values of the column at position i of the schema.
func (t *Table) Column(i int) *Values { return &t.cols[i] }

// Rows is the number of complete rows.
func (t *Table) Rows() int { return t.cols[0].rows }

// check reports a column that misses values or holds a null it must not hold.
func (t *Table) check() error {
	for i := range t.cols {
		c := &t.cols[i]
		if c.rows != t.Rows() {
			return fmt.Errorf("column %s has %d values, the table has %d rows", c.column.Name, c.rows, t.Rows())
		}
		if c.column.Required && c.nulls > 0 {
			return fmt.Errorf("required column %s holds %d nulls", c.column.Name, c.nulls)
		}
	}
	return nil
}

// Values is one column of a table.
type Values struct {
	column Column
	rows   int
	nulls  int
	mixed  bool   // valid holds a bit a row; until a column has both values and nulls it needs none
	valid  []byte // definition levels, least significant bit first
	data   []byte // plain encoded values
	dict   dictionary
	bits   int // values in data, of a boolean column
	min    int64
	max    int64
}

func (c *Values) reset() {
	c.rows, c.nulls, c.mixed, c.bits = 0, 0, false, 0
	c.valid, c.data = c.valid[:0], c.data[:0]
	c.min, c.max = math.MaxInt64, math.MinInt64
	if c.column.Kind == String && !c.column.Plain {
		c.dict.reset()
	}
}

// Null appends a null.
func (c *Values) Null() {
	if !c.mixed && c.nulls < c.rows {
		c.materialize(0xFF)
	}
	if c.mixed {
		if c.rows&7 == 0 {
			c.valid = append(c.valid, 0)
		}
	}
	c.rows++
	c.nulls++
}

// value marks the next row as not null.
func (c *Values) value() {
	if c.nulls > 0 {
		if !c.mixed {
			c.materialize(0)
		}
		if c.rows&7 == 0 {
			c.valid = append(c.valid, 0)
		}
		c.valid[c.rows>>3] |= 1 << (c.rows & 7)
	}
	c.rows++
}

// materialize writes the levels of the rows so far, all alike.
func (c *Values) materialize(fill byte) {
	c.mixed = true
	for range c.rows >> 3 {
		c.valid = append(c.valid, fill)
	}
	if rest := c.rows & 7; rest != 0 {
		c.valid = append(c.valid, fill&(1<<rest-1))
	}
}

// String appends a string. The bytes are copied.
func (c *Values) String(s []byte) {
	c.value()
	if c.column.Plain || c.dict.plain {
		c.data = appendPlainString(c.data, s)
		return
	}
	c.dict.add(s, &c.data)
}

// Int appends a value of an Int32, Int64 or Timestamp column.
func (c *Values) Int(v int64) {
	c.value()
	c.min, c.max = min(c.min, v), max(c.max, v)
	if c.column.Kind == Int32 {
		c.data = binary.LittleEndian.AppendUint32(c.data, uint32(int32(v)))
		return
	}
	c.data = binary.LittleEndian.AppendUint64(c.data, uint64(v))
}

// Double appends a value of a Double column.
func (c *Values) Double(v float64) {
	c.value()
	c.data = binary.LittleEndian.AppendUint64(c.data, math.Float64bits(v))
}

// Bool appends a value of a Boolean column.
func (c *Values) Bool(v bool) {
	c.value()
	if c.bits&7 == 0 {
		c.data = append(c.data, 0)
	}
	if v {
		c.data[c.bits>>3] |= 1 << (c.bits & 7)
	}
	c.bits++
}

func appendPlainString(dst, s []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(s)))
	return append(dst, s...)
}
