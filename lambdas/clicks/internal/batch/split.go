package batch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/segmentio/asm/base64"

	"dataplatform/contracts"
	"dataplatform/lambdas/internal/jsontext"
)

// unpacker turns a record's data into text. It keeps its memory between records.
type unpacker struct {
	decoded  []byte
	expanded bytes.Buffer
	source   bytes.Reader
	reader   *gzip.Reader
	limit    int64 // of the expanded size, bytes
}

// unpack decodes the data and, when it is gzipped, expands it; bytes are the record as it was sent. The results are
// valid until the next call.
func (u *unpacker) unpack(data []byte) (content, sent []byte, rejected rejection) {
	size := base64.StdEncoding.DecodedLen(len(data))
	if cap(u.decoded) < size {
		u.decoded = make([]byte, size)
	}
	n, err := base64.StdEncoding.Decode(u.decoded[:size], data)
	if err != nil {
		return nil, data, rejection{contracts.ReasonUndecodable, "the record is not base64: " + err.Error()}
	}
	sent = u.decoded[:n]
	if n < 2 || sent[0] != 0x1f || sent[1] != 0x8b {
		return sent, sent, rejection{}
	}
	content, rejected = u.expand(sent)
	return content, sent, rejected
}

func (u *unpacker) expand(sent []byte) ([]byte, rejection) {
	u.source.Reset(sent)
	if u.reader == nil {
		u.reader = new(gzip.Reader)
	}
	err := u.reader.Reset(&u.source)
	u.expanded.Reset()
	if err == nil {
		_, err = io.Copy(&u.expanded, io.LimitReader(u.reader, u.limit+1))
	}
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, rejection{contracts.ReasonTruncatedGzip, "the gzip stream ends early"}
	case err != nil:
		return nil, rejection{contracts.ReasonUndecodable, "the gzip stream is broken: " + err.Error()}
	case int64(u.expanded.Len()) > u.limit:
		return nil, rejection{contracts.ReasonExpandsTooLarge,
			fmt.Sprintf("the record expands to more than %d bytes", u.limit)}
	}
	return u.expanded.Bytes(), rejection{}
}

// split hands the events of a record to emit, in order. An event is one JSON object, an element of one JSON array, or a
// line of NDJSON; a line that is not JSON is handed over with its fault. It returns false, without having called emit,
// when nothing in the record is JSON. With each event goes its raw row, which emit has to end.
func (p *Processor) split(b []byte, raw *rawRecord, emit func(text []byte, row rawRow, rejected rejection)) bool {
	first := jsontext.Space(b, 0)
	if first == len(b) {
		return false
	}
	numbered := p.row.record.ordinals != nil // lines, each an event
	if b[first] == '[' && !numbered {
		return p.splitArray(b, first, raw, emit)
	}
	end, row := p.value(b, first, raw)
	if (end < 0 || lineEnd(b, end) < 0) && !numbered && !p.anyLine(b, first) {
		return false
	}
	for i := first; i < len(b); {
		if i > first {
			end, row = p.value(b, i, raw)
		}
		next := -1
		if end >= 0 {
			next = lineEnd(b, end)
		}
		switch {
		case next < 0:
			next = lineOf(b, i)
			emit(bytes.TrimRight(b[i:next], " \t\r\n"), row,
				rejection{contracts.ReasonUndecodable, "the line is not JSON"})
		case b[i] != '{':
			emit(b[i:end], row, rejection{contracts.ReasonWrongType, "the event is not an object"})
		default:
			emit(b[i:end], row, rejection{})
		}
		i = jsontext.Space(b, next)
	}
	return true
}

// value returns the end of the value at i, or -1, and its raw row; an object is parsed into p.event, and its text is in
// the row.
func (p *Processor) value(b []byte, i int, raw *rawRecord) (int, rawRow) {
	row := raw.open(p.row.ordinal)
	if b[i] != '{' {
		return jsontext.Value(b, i), row
	}
	var end int
	end, row.text = p.schema.parse(b, i, &p.event, row.text)
	return end, row
}

// splitArray hands over the elements of the array at i; all of it must be JSON.
func (p *Processor) splitArray(
	b []byte, i int, raw *rawRecord, emit func(text []byte, row rawRow, rejected rejection),
) bool {
	end := jsontext.Value(b, i)
	if end < 0 || jsontext.Space(b, end) != len(b) {
		return false
	}
	i = jsontext.Space(b, i+1)
	if b[i] == ']' {
		return false
	}
	for {
		stop, row := p.value(b, i, raw)
		if b[i] == '{' {
			emit(b[i:stop], row, rejection{})
		} else {
			emit(b[i:stop], row, rejection{contracts.ReasonWrongType, "the event is not an object"})
		}
		i = jsontext.Space(b, stop)
		if b[i] == ']' {
			return true
		}
		i = jsontext.Space(b, i+1)
	}
}

// anyLine says that some line holds JSON.
func (p *Processor) anyLine(b []byte, i int) bool {
	for i < len(b) {
		if end := jsontext.Value(b, i); end >= 0 && lineEnd(b, end) >= 0 {
			return true
		}
		i = jsontext.Space(b, lineOf(b, i))
	}
	return false
}

// lineEnd returns the position after the newline when nothing but blanks is left on the line, else -1.
func lineEnd(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	if i == len(b) {
		return i
	}
	if b[i] == '\n' {
		return i + 1
	}
	return -1
}

// lineOf returns the position after the line that i is on.
func lineOf(b []byte, i int) int {
	if at := bytes.IndexByte(b[i:], '\n'); at >= 0 {
		return i + at + 1
	}
	return len(b)
}

// validText checks what the scanners leave out.
func validText(text []byte, high bool) bool { return !high || utf8.Valid(text) }
