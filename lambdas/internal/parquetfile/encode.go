package parquetfile

import (
	"encoding/binary"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// Numbers of parquet.thrift.
const (
	codecZstd = 6

	encodingPlain         = 0
	encodingRLE           = 3
	encodingRLEDictionary = 8

	pageData       = 0
	pageDictionary = 2

	convertedUTF8   = 0
	convertedMicros = 10

	logicalString    = 1
	logicalTimestamp = 8
	unitMicros       = 2
)

var physical = map[Kind]int64{String: 6, Int32: 1, Int64: 2, Double: 5, Boolean: 0, Timestamp: 2}

const magic = "PAR1"

// createdBy has the form that readers parse to know of writers' bugs.
const createdBy = "dataplatform version 1.0.0 (build 1)"

// Encoder turns tables into files. It keeps its memory between files and is not safe for concurrent use.
type Encoder struct {
	zstd   *zstd.Encoder
	page   []byte
	packed []byte
	head   thrift
	chunks []chunk
}

type chunk struct {
	start, dictionary, data  int64 // offsets in the file; dictionary is -1 without one
	compressed, uncompressed int64
	encodings                []int64
}

// NewEncoder makes an encoder at zstd's fastest level.
func NewEncoder() (*Encoder, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, fmt.Errorf("zstd encoder: %w", err)
	}
	return &Encoder{zstd: encoder}, nil
}

// Encode appends the table as a complete Parquet file to dst.
func (e *Encoder) Encode(dst []byte, t *Table) ([]byte, error) {
	if err := t.check(); err != nil {
		return dst, err
	}
	base := len(dst)
	dst = append(dst, magic...)
	e.chunks = e.chunks[:0]
	for i := range t.cols {
		dst = e.column(dst, base, &t.cols[i])
	}
	footer := len(dst)
	e.head.buf, e.head.last = dst, e.head.last[:0]
	e.footer(t)
	dst = e.head.buf
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(dst)-footer))
	return append(dst, magic...), nil
}

func (e *Encoder) column(dst []byte, base int, c *Values) []byte {
	out := chunk{start: int64(len(dst) - base), dictionary: -1, encodings: []int64{encodingPlain, encodingRLE}}
	encoding := int64(encodingPlain)
	if c.column.Kind == String && !c.column.Plain && !c.dict.plain && len(c.dict.index) > 0 {
		encoding = encodingRLEDictionary
		out.encodings = []int64{encodingPlain, encodingRLE, encodingRLEDictionary}
		out.dictionary = out.start
		dst = e.write(dst, &out, pageDictionary, c.dict.entries, len(c.dict.index), encodingPlain)
	}
	e.page = e.page[:0]
	if !c.column.Required {
		e.page = c.appendLevels(e.page)
	}
	if encoding == encodingRLEDictionary {
		e.page = c.dict.appendIndices(e.page)
	} else {
		e.page = append(e.page, c.data...)
	}
	out.data = int64(len(dst) - base)
	dst = e.write(dst, &out, pageData, e.page, c.rows, encoding)
	e.chunks = append(e.chunks, out)
	return dst
}

// appendLevels appends the definition levels with their length, as a data page of version 1 has them.
func (c *Values) appendLevels(dst []byte) []byte {
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	switch {
	case c.mixed:
		dst = binary.AppendUvarint(dst, uint64(len(c.valid))<<1|1)
		dst = append(dst, c.valid...)
	case c.nulls > 0:
		dst = append(binary.AppendUvarint(dst, uint64(c.rows)<<1), 0)
	default:
		dst = append(binary.AppendUvarint(dst, uint64(c.rows)<<1), 1)
	}
	binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

// write appends one page with its header.
func (e *Encoder) write(dst []byte, c *chunk, kind int64, page []byte, values int, encoding int64) []byte {
	e.packed = e.zstd.EncodeAll(page, e.packed[:0])
	head := &e.head
	head.buf, head.last = dst, head.last[:0]
	head.begin()
	head.int32(1, kind)
	head.int32(2, int64(len(page)))
	head.int32(3, int64(len(e.packed)))
	if kind == pageDictionary {
		head.structField(7)
		head.int32(1, int64(values))
		head.int32(2, encoding)
		head.end()
	} else {
		head.structField(5)
		head.int32(1, int64(values))
		head.int32(2, encoding)
		head.int32(3, encodingRLE)
		head.int32(4, encodingRLE)
		head.end()
	}
	head.end()
	header := int64(len(head.buf) - len(dst))
	c.uncompressed += header + int64(len(page))
	c.compressed += header + int64(len(e.packed))
	return append(head.buf, e.packed...)
}

func (e *Encoder) footer(t *Table) {
	w := &e.head
	w.begin()
	w.int32(1, 2)
	w.list(2, typeStruct, len(t.cols)+1)
	w.begin()
	w.text(4, "row")
	w.int32(5, int64(len(t.cols)))
	w.end()
	for i := range t.cols {
		w.schema(t.cols[i].column)
	}
	w.int64(3, int64(t.Rows()))
	w.list(4, typeStruct, 1)
	w.begin()
	w.list(1, typeStruct, len(t.cols))
	var compressed, uncompressed int64
	for i := range t.cols {
		w.chunk(&t.cols[i], &e.chunks[i])
		compressed += e.chunks[i].compressed
		uncompressed += e.chunks[i].uncompressed
	}
	w.int64(2, uncompressed)
	w.int64(3, int64(t.Rows()))
	w.int64(6, compressed)
	w.end()
	w.text(6, createdBy)
	w.list(7, typeStruct, len(t.cols)) // column orders: by type, so that minimum and maximum mean something
	for range t.cols {
		w.begin()
		w.structField(1)
		w.end()
		w.end()
	}
	w.end()
}

func (t *thrift) schema(c Column) {
	t.begin()
	t.int32(1, physical[c.Kind])
	if c.Required {
		t.int32(3, 0)
	} else {
		t.int32(3, 1)
	}
	t.text(4, c.Name)
	switch c.Kind {
	case String:
		t.int32(6, convertedUTF8)
		t.structField(10)
		t.structField(logicalString)
		t.end()
		t.end()
	case Timestamp:
		t.int32(6, convertedMicros)
		t.structField(10)
		t.structField(logicalTimestamp)
		t.bool(1, true)
		t.structField(2)
		t.structField(unitMicros)
		t.end()
		t.end()
		t.end()
		t.end()
	}
	t.end()
}

func (t *thrift) chunk(c *Values, k *chunk) {
	t.begin()
	t.int64(2, k.start)
	t.structField(3)
	t.int32(1, physical[c.column.Kind])
	t.list(2, typeInt32, len(k.encodings))
	for _, encoding := range k.encodings {
		t.buf = binary.AppendVarint(t.buf, encoding)
	}
	t.list(3, typeBinary, 1)
	t.rawText(c.column.Name)
	t.int32(4, codecZstd)
	t.int64(5, int64(c.rows))
	t.int64(6, k.uncompressed)
	t.int64(7, k.compressed)
	t.int64(9, k.data)
	if k.dictionary >= 0 {
		t.int64(11, k.dictionary)
	}
	t.structField(12)
	t.int64(3, int64(c.nulls))
	if c.rows > c.nulls && (c.column.Kind == Timestamp || c.column.Kind == Int32 || c.column.Kind == Int64) {
		var low, high [8]byte
		size := 8
		if c.column.Kind == Int32 {
			size = 4
		}
		binary.LittleEndian.PutUint64(low[:], uint64(c.min))
		binary.LittleEndian.PutUint64(high[:], uint64(c.max))
		t.bytes(5, high[:size])
		t.bytes(6, low[:size])
	}
	t.end()
	t.end()
	t.end()
}
