package batch

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
	"unsafe"

	"dataplatform/contracts"
	"dataplatform/lambdas/internal/jsontext"
)

// fault is why an event is refused.
type rejection struct {
	reason string // of contracts.Reasons
	detail string
}

func (f rejection) set() bool { return f.reason != "" }

// value is a checked and cleaned field.
type value struct {
	present bool
	text    []byte  // strings; enums in the contract's spelling
	int     int64   // integers; timestamps in microseconds
	float   float64 // numbers
}

// check holds an event against the contract and cleans its values: strings are trimmed, enums take the contract's
// spelling, blank is absent. The first fault counts: an unsupported version, an unknown field, then the fields in the
// contract's order.
func (s *schema) check(b []byte, p *parsed, values []value, scratch []byte) ([]byte, rejection) {
	if rejected := s.unsupported(b, p); rejected.set() {
		return scratch, rejected
	}
	if p.extra {
		return scratch, rejection{contracts.ReasonUnknownField,
			fmt.Sprintf("field %q is not in the contract", p.unknown)}
	}
	for i := range s.fields {
		f, at, v := &s.fields[i], p.slots[i], &values[i]
		v.present = false
		if at.kind == absent || at.kind == isNull {
			if f.required {
				return scratch, rejection{contracts.ReasonMissingField, "field " + f.name + " is required"}
			}
			continue
		}
		raw := b[at.start:at.end]
		var rejected rejection
		switch f.kind {
		case kindString:
			switch at.kind {
			case isString:
			case isEscaped:
				start := len(scratch)
				scratch = jsontext.AppendUnescaped(scratch, raw)
				raw = scratch[start:len(scratch):len(scratch)]
			default:
				return scratch, f.wrongType("a string")
			}
			rejected = f.checkString(trim(raw), v)
		case kindTimestamp:
			if at.kind != isString && at.kind != isEscaped {
				return scratch, f.wrongType("a string holding an RFC 3339 time")
			}
			rejected = f.checkTime(trim(raw), at.kind, v)
		case kindInteger:
			rejected = f.checkInteger(raw, at.kind, v)
		case kindNumber:
			rejected = f.checkNumber(raw, at.kind, v)
		}
		if rejected.set() {
			return scratch, rejected
		}
	}
	return scratch, rejection{}
}

// unsupported refuses an event that declares another major version than the contract's: its fields may have any name
// and meaning, so what is wrong with them says nothing. What is no version is left to the field's own check.
func (s *schema) unsupported(b []byte, p *parsed) rejection {
	if s.version < 0 {
		return rejection{}
	}
	at := p.slots[s.version]
	if at.kind != isString && at.kind != isEscaped {
		return rejection{}
	}
	text := b[at.start:at.end]
	if at.kind == isEscaped {
		text = jsontext.AppendUnescaped(nil, text)
	}
	if text = trim(text); bytes.HasPrefix(text, s.major) || !s.fields[s.version].pattern.Match(text) {
		return rejection{}
	}
	return rejection{contracts.ReasonUnsupportedVersion,
		fmt.Sprintf("the event declares version %s, supported are %sx", text, s.major)}
}

func (f *field) wrongType(want string) rejection {
	return rejection{contracts.ReasonWrongType, "field " + f.name + " is not " + want}
}

func (f *field) invalid(why string) rejection {
	return rejection{contracts.ReasonInvalidValue, "field " + f.name + " " + why}
}

func (f *field) checkString(s []byte, v *value) rejection {
	if len(s) == 0 {
		if f.required {
			return rejection{contracts.ReasonMissingField, "field " + f.name + " is required but blank"}
		}
		return rejection{}
	}
	if f.enum != nil {
		spelled, ok := f.enumValue(s)
		if !ok {
			return f.invalid("is not one of its allowed values")
		}
		v.present, v.text = true, unsafe.Slice(unsafe.StringData(spelled), len(spelled)) // only read
		return rejection{}
	}
	if f.maxLen >= 0 && len(s) > f.maxLen && utf8.RuneCount(s) > f.maxLen {
		return f.invalid(fmt.Sprintf("is longer than %d characters", f.maxLen))
	}
	if len(s) < f.minLen*utf8.UTFMax && utf8.RuneCount(s) < f.minLen {
		return f.invalid(fmt.Sprintf("is shorter than %d characters", f.minLen))
	}
	if f.pattern != nil && !bytes.Equal(s, f.matched) { // most senders repeat one value
		if !f.pattern.Match(s) {
			return f.invalid("does not match its pattern")
		}
		f.matched = append(f.matched[:0], s...)
	}
	v.present, v.text = true, s
	return rejection{}
}

func (f *field) checkTime(s []byte, k slotKind, v *value) rejection {
	if k == isEscaped {
		s = trim(jsontext.AppendUnescaped(nil, s))
	}
	if len(s) == 0 {
		if f.required {
			return rejection{contracts.ReasonMissingField, "field " + f.name + " is required but blank"}
		}
		return rejection{}
	}
	micros, ok := microseconds(s)
	if !ok {
		return f.invalid("is not an RFC 3339 time")
	}
	v.present, v.int = true, micros
	return rejection{}
}

// checkInteger accepts what JSON Schema calls an integer: 3, and 3.0 and 3e0 too.
func (f *field) checkInteger(raw []byte, k slotKind, v *value) rejection {
	whole, fits := true, true
	switch k {
	case isInteger:
		v.int, fits = parseInt(raw)
	case isNumber:
		v.int, whole, fits = wholeNumber(raw)
	default:
		whole = false
	}
	if !whole {
		return f.wrongType("an integer")
	}
	if !fits {
		return f.invalid("is outside the range of 64 bit integers")
	}
	if f.outside(float64(v.int)) {
		return f.invalid("is out of range")
	}
	v.present = true
	return rejection{}
}

func (f *field) checkNumber(raw []byte, k slotKind, v *value) rejection {
	if k != isInteger && k != isNumber {
		return f.wrongType("a number")
	}
	x, ok := parseFloat(raw)
	if !ok || x == 0 && !isZero(raw) {
		return f.invalid("is outside the range of 64 bit numbers")
	}
	if f.outside(x) {
		return f.invalid("is out of range")
	}
	v.present, v.float = true, x
	return rejection{}
}

func (f *field) outside(x float64) bool {
	return f.hasMin && x < f.minimum || f.hasMax && x > f.maximum
}

func parseInt(s []byte) (int64, bool) {
	if len(s) > 18 {
		n, err := strconv.ParseInt(string(s), 10, 64)
		return n, err == nil
	}
	negative := s[0] == '-'
	if negative {
		s = s[1:]
	}
	var n int64
	for _, c := range s {
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// parseFloat reads a short decimal exactly: both the digits and the power of ten are exact floats, so their quotient is
// the nearest one. Anything longer, or with an exponent, goes to strconv.
func parseFloat(s []byte) (float64, bool) {
	var digits int64
	fraction := -1
	if len(s) <= 16 && s[0] != '-' {
		for _, c := range s {
			switch {
			case c == '.':
				fraction = 0
				continue
			case c > '9':
				return slowFloat(s)
			}
			digits = digits*10 + int64(c-'0')
			if fraction >= 0 {
				fraction++
			}
		}
		if digits < 1<<53 {
			return float64(digits) / powers[max(fraction, 0)], true
		}
	}
	return slowFloat(s)
}

func slowFloat(s []byte) (float64, bool) {
	x, err := strconv.ParseFloat(string(s), 64)
	return x, err == nil
}
