package batch

import (
	"slices"

	"dataplatform/lambdas/internal/jsontext"
)

// slotKind is the JSON type of a value.
type slotKind uint8

const (
	absent slotKind = iota
	isNull
	isBool
	isString
	isEscaped // a string with escapes
	isInteger // a number without fraction and exponent
	isNumber
	isNested // an object or an array
)

// slot is where a field's value stands in the event.
type slot struct {
	kind       slotKind
	start, end int32 // of a string, its inside
}

// parsed is an event taken apart but not yet checked against the contract.
type parsed struct {
	content []byte // what the slots' positions count in
	slots   []slot
	unknown string // the first field the contract does not have
	extra   bool   // unknown is set (a name may be empty)
	high    bool   // there are bytes above 0x7F
}

// parse takes the object at i apart and returns its end, or -1 when it is not well formed JSON. Of a repeated field the
// last value counts, as in encoding/json. On the way it appends the object's text to out, as the inside of a JSON
// string: raw rows hold it like that, and a second pass over the bytes would cost as much as this one.
func (s *schema) parse(b []byte, i int, p *parsed, out []byte) (int, []byte) {
	clear(p.slots)
	p.content = b
	p.extra, p.high = false, false
	out = slices.Grow(out, spare)
	out = append(out, '{')
	if i, out = space(b, i+1, out); i < len(b) && b[i] == '}' {
		return i + 1, append(out, '}')
	}
	previous := -1
	for {
		if i >= len(b) || b[i] != '"' {
			return -1, out
		}
		if cap(out)-len(out) < spare {
			out = slices.Grow(out, len(out)+spare)
		}
		at := s.key(b, i+1, previous)
		if at >= 0 {
			f := &s.fields[at]
			out = append(out, f.escaped...)
			i += len(f.name) + 2
			previous = at
		} else if at, i, out = s.findKey(b, i+1, p, out); i < 0 {
			return -1, out
		}
		if i >= len(b) || b[i] != ':' {
			if i, out = space(b, i, out); i >= len(b) || b[i] != ':' {
				return -1, out
			}
		}
		out = append(out, ':')
		if i++; i < len(b) && b[i] <= ' ' {
			i, out = space(b, i, out)
		}
		var v slot
		if i, v, out = scanValue(b, i, p, out); i < 0 {
			return -1, out
		}
		if at >= 0 {
			p.slots[at] = v
		}
		if i < len(b) && b[i] <= ' ' {
			i, out = space(b, i, out)
		}
		if i >= len(b) {
			return -1, out
		}
		switch b[i] {
		case '}':
			return i + 1, append(out, '}')
		case ',':
			out = append(out, ',')
			if i++; i < len(b) && b[i] <= ' ' {
				i, out = space(b, i, out)
			}
		default:
			return -1, out
		}
	}
}

// spare is the room that parse keeps in out, enough for most keys and values.
const spare = 512

// space copies white space.
func space(b []byte, i int, out []byte) (int, []byte) {
	end := jsontext.Space(b, i)
	if end > i {
		out = jsontext.AppendEscaped(out, b[i:end])
	}
	return end, out
}

// key returns the field whose name, unescaped, is at i, or -1. It looks at the fields that follow the previous one
// first: most senders keep an order.
func (s *schema) key(b []byte, i, previous int) int {
	for range s.fields {
		if previous++; previous == len(s.fields) {
			previous = 0
		}
		name := s.fields[previous].name
		if end := i + len(name); end < len(b) && b[end] == '"' && b[i] == name[0] && string(b[i:end]) == name {
			return previous
		}
	}
	return -1
}

// findKey looks the key up; at is -1 for a field that the contract does not have, and end is -1 when it is not a
// string.
func (s *schema) findKey(b []byte, i int, p *parsed, out []byte) (at, end int, grown []byte) {
	end, escaped, high := jsontext.String(b, i)
	if end < 0 {
		return -1, -1, out
	}
	p.high = p.high || high
	key := b[i:end]
	out = append(out, '\\', '"')
	out = jsontext.AppendEscaped(out, key)
	out = append(out, '\\', '"')
	if escaped {
		key = jsontext.AppendUnescaped(nil, key)
	}
	if at, known := s.byName[string(key)]; known {
		return at, end + 1, out
	}
	if !p.extra {
		p.extra, p.unknown = true, string(key)
	}
	return -1, end + 1, out
}

func scanValue(b []byte, i int, p *parsed, out []byte) (int, slot, []byte) {
	if i >= len(b) {
		return -1, slot{}, out
	}
	var v slot
	var end int
	switch c := b[i]; {
	case c == '"':
		out = append(out, '\\', '"')
		end, escaped, high, out := jsontext.CopyString(b, i+1, out)
		if end < 0 {
			return -1, slot{}, out
		}
		p.high = p.high || high
		v = slot{isString, int32(i + 1), int32(end)}
		if escaped {
			v.kind = isEscaped
		}
		return end + 1, v, append(out, '\\', '"')
	case c == '-' || c >= '0' && c <= '9':
		var integer bool
		end, integer = jsontext.Number(b, i)
		v.kind = isNumber
		if integer {
			v.kind = isInteger
		}
	case c == '{' || c == '[':
		end = jsontext.Value(b, i)
		p.high = true // not looked at
		v.kind = isNested
	default:
		end = jsontext.Literal(b, i)
		v.kind = isBool
		if c == 'n' {
			v.kind = isNull
		}
	}
	if end < 0 {
		return -1, slot{}, out
	}
	v.start, v.end = int32(i), int32(end)
	if v.kind == isNested {
		return end, v, jsontext.AppendEscaped(out, b[i:end])
	}
	return end, v, append(out, b[i:end]...)
}
