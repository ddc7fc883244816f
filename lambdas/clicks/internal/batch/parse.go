package batch

import "dataplatform/lambdas/internal/jsontext"

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
	order   []int  // fields in the order the previous events had them
}

// parse takes the object at i apart and returns its end, or -1 when it is not well formed JSON. Of a repeated field the last
// value counts, as in encoding/json.
func (s *schema) parse(b []byte, i int, p *parsed) int {
	clear(p.slots)
	p.content = b
	p.extra, p.high = false, false
	if i = jsontext.Space(b, i+1); i < len(b) && b[i] == '}' {
		return i + 1
	}
	for position := 0; ; position++ {
		if i >= len(b) || b[i] != '"' {
			return -1
		}
		at := s.key(b, i+1, position, p)
		var keyEnd int
		if at >= 0 {
			keyEnd = i + 1 + len(s.fields[at].name)
		} else if at, keyEnd = s.findKey(b, i+1, position, p); keyEnd < 0 {
			return -1
		}
		if i = keyEnd + 1; i < len(b) && b[i] != ':' {
			i = jsontext.Space(b, i)
		}
		if i >= len(b) || b[i] != ':' {
			return -1
		}
		i = jsontext.Space(b, i+1)
		var v slot
		if i, v = scanValue(b, i, p); i < 0 {
			return -1
		}
		if at >= 0 {
			p.slots[at] = v
		}
		if i = jsontext.Space(b, i); i >= len(b) {
			return -1
		}
		switch b[i] {
		case '}':
			return i + 1
		case ',':
			i = jsontext.Space(b, i+1)
		default:
			return -1
		}
	}
}

// key tries the field that the previous event had at this position.
func (s *schema) key(b []byte, i, position int, p *parsed) int {
	if position >= len(p.order) {
		return -1
	}
	at := p.order[position]
	name := s.fields[at].name
	if end := i + len(name); end < len(b) && b[end] == '"' && string(b[i:end]) == name {
		return at
	}
	return -1
}

// findKey looks the key up, and returns -1 for a field that the contract does not have; keyEnd is -1 when it is not a string.
func (s *schema) findKey(b []byte, i, position int, p *parsed) (at, keyEnd int) {
	end, escaped, high := jsontext.String(b, i)
	if end < 0 {
		return -1, -1
	}
	p.high = p.high || high
	key := b[i:end]
	if escaped {
		key = jsontext.AppendUnescaped(nil, key)
	}
	if at, known := s.byName[string(key)]; known {
		p.expect(position, at)
		return at, end
	}
	if !p.extra {
		p.extra, p.unknown = true, string(key)
	}
	return -1, end
}

// expect remembers that a field came at a position, for the next event.
func (p *parsed) expect(position, at int) {
	for len(p.order) <= position {
		p.order = append(p.order, at)
	}
	p.order[position] = at
}

func scanValue(b []byte, i int, p *parsed) (int, slot) {
	if i >= len(b) {
		return -1, slot{}
	}
	switch c := b[i]; {
	case c == '"':
		end, escaped, high := jsontext.String(b, i+1)
		if end < 0 {
			return -1, slot{}
		}
		p.high = p.high || high
		k := isString
		if escaped {
			k = isEscaped
		}
		return end + 1, slot{k, int32(i + 1), int32(end)}
	case c == '-' || c >= '0' && c <= '9':
		end, integer := jsontext.Number(b, i)
		k := isNumber
		if integer {
			k = isInteger
		}
		return end, slot{k, int32(i), int32(end)}
	case c == '{' || c == '[':
		end := jsontext.Value(b, i)
		p.high = true // not looked at
		return end, slot{isNested, int32(i), int32(end)}
	default:
		end := jsontext.Literal(b, i)
		k := isBool
		if c == 'n' {
			k = isNull
		}
		return end, slot{k, int32(i), int32(end)}
	}
}
