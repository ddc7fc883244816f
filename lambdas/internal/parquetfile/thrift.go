package parquetfile

import "encoding/binary"

// Thrift compact protocol types, as far as Parquet's headers need them.
const (
	typeTrue   = 1
	typeFalse  = 2
	typeInt32  = 5
	typeInt64  = 6
	typeBinary = 8
	typeList   = 9
	typeStruct = 12
)

// thrift writes structs of the Thrift compact protocol. Fields must be written in ascending order of their ids.
type thrift struct {
	buf  []byte
	last []int // id of the last field written, one a nested struct
}

func (t *thrift) field(id, kind int) {
	top := len(t.last) - 1
	delta := id - t.last[top]
	t.last[top] = id
	t.buf = append(t.buf, byte(delta<<4|kind)) // every delta in Parquet's structs is below 16
}

func (t *thrift) begin() { t.last = append(t.last, 0) }

func (t *thrift) end() {
	t.buf = append(t.buf, 0)
	t.last = t.last[:len(t.last)-1]
}

func (t *thrift) int32(id int, value int64) {
	t.field(id, typeInt32)
	t.buf = binary.AppendVarint(t.buf, value)
}

func (t *thrift) int64(id int, value int64) {
	t.field(id, typeInt64)
	t.buf = binary.AppendVarint(t.buf, value)
}

func (t *thrift) bool(id int, value bool) {
	if value {
		t.field(id, typeTrue)
	} else {
		t.field(id, typeFalse)
	}
}

func (t *thrift) text(id int, value string) {
	t.field(id, typeBinary)
	t.rawText(value)
}

func (t *thrift) bytes(id int, value []byte) {
	t.field(id, typeBinary)
	t.buf = binary.AppendUvarint(t.buf, uint64(len(value)))
	t.buf = append(t.buf, value...)
}

func (t *thrift) rawText(value string) {
	t.buf = binary.AppendUvarint(t.buf, uint64(len(value)))
	t.buf = append(t.buf, value...)
}

func (t *thrift) structField(id int) {
	t.field(id, typeStruct)
	t.begin()
}

func (t *thrift) list(id, kind, size int) {
	t.field(id, typeList)
	if size < 15 {
		t.buf = append(t.buf, byte(size<<4|kind))
		return
	}
	t.buf = append(t.buf, byte(0xF0|kind))
	t.buf = binary.AppendUvarint(t.buf, uint64(size))
}
