package batch

import (
	"bytes"
	"unicode/utf8"

	"dataplatform/contracts"
	"dataplatform/lambdas/internal/jsontext"
)

// split hands the events of a text to emit, in order. An event is a JSON object, beside others or on lines of its own,
// or an element of an array; a line that is not JSON is handed over with its fault. It returns false, without having
// called emit, when nothing in the text is JSON and it is not lines for certain. With each event goes its raw row,
// which emit has to end.
func (p *Processor) split(
	b []byte, lines bool, raw *rawRecord, emit func(text []byte, row rawRow, rejected rejection),
) bool {
	first := begin(b, 0)
	for i := first; i < len(b); {
		next := p.line(b, i, raw, emit)
		if next < 0 {
			if i == first && !lines && !anyEvent(b, i) {
				return false
			}
			next = lineOf(b, i)
			emit(bytes.TrimRight(b[i:next], " \t\r\n"), raw.open(p.row.ordinal),
				rejection{contracts.ReasonUndecodable, "the line is not JSON, or holds no event"})
		}
		i = begin(b, next)
	}
	return first < len(b)
}

// line hands over the events that begin at i, to the end of the line on which they end, and returns the position after
// that; -1, without having called emit, when anything else is among them. Most often it is one event, scanned once.
func (p *Processor) line(
	b []byte, i int, raw *rawRecord, emit func(text []byte, row rawRow, rejected rejection),
) int {
	if b[i] != '[' || p.row.record.ordinals != nil { // what has a number is one event, be it an array
		end, row := p.value(b, i, raw)
		if end >= 0 {
			if next := lineEnd(b, end); next >= 0 {
				emit(b[i:end], row, notAnObject(b[i]))
				return next
			}
		}
	}
	next := values(b, i)
	for i < next {
		if b[i] == '[' {
			i = p.elements(b, i, raw, emit)
		} else {
			end, row := p.value(b, i, raw)
			emit(b[i:end], row, rejection{})
			i = end
		}
		i = begin(b[:next], i)
	}
	return next
}

// values returns the position after the line on which the objects and arrays end that stand side by side from i on, -1
// when anything else is among them, or an array of nothing.
func values(b []byte, i int) int {
	for i < len(b) && (b[i] == '{' || b[i] == '[') {
		if at := jsontext.Space(b, i+1); b[i] == '[' && at < len(b) && b[at] == ']' {
			return -1
		}
		end := jsontext.Value(b, i)
		if end < 0 {
			return -1
		}
		if next := lineEnd(b, end); next >= 0 {
			return next
		}
		i = begin(b, end)
	}
	return -1
}

func notAnObject(first byte) rejection {
	if first == '{' {
		return rejection{}
	}
	return rejection{contracts.ReasonWrongType, "the event is not an object"}
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

// elements hands over the elements of the array at i, which is well formed and not empty, and returns its
// end.
func (p *Processor) elements(
	b []byte, i int, raw *rawRecord, emit func(text []byte, row rawRow, rejected rejection),
) int {
	at := jsontext.Space(b, i+1)
	for {
		end, row := p.value(b, at, raw)
		emit(b[at:end], row, notAnObject(b[at]))
		if at = jsontext.Space(b, end); b[at] == ']' {
			return at + 1
		}
		at = jsontext.Space(b, at+1)
	}
}

// anyEvent says that a line after the one at i, which is none, holds JSON. When that one begins an array which goes on
// behind it, the array is broken as a whole.
func anyEvent(b []byte, i int) bool {
	next := lineOf(b, i)
	if head := bytes.TrimSpace(b[i:next]); head[0] == '[' && (len(head) == 1 || head[len(head)-1] == ',') {
		return false
	}
	for i = begin(b, next); i < len(b); i = begin(b, lineOf(b, i)) {
		if values(b, i) >= 0 {
			return true
		}
		if end := jsontext.Value(b, i); end >= 0 && lineEnd(b, end) >= 0 {
			return true
		}
	}
	return false
}

// begin returns the position of the first byte from i on that is neither white space nor a byte order mark, which files
// bring along that were put together.
func begin(b []byte, i int) int {
	for {
		i = jsontext.Space(b, i)
		if i >= len(b) || b[i] != byteOrderMark[0] || !bytes.HasPrefix(b[i:], []byte(byteOrderMark)) {
			return i
		}
		i += len(byteOrderMark)
	}
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
