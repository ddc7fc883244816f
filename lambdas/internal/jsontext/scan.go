package jsontext

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special has the high bit set of the first byte of the word that is a quote, a backslash or a control character; bits
// of later bytes mean nothing.
func special(word uint64) uint64 {
	quote := word ^ ones*'"'
	slash := word ^ ones*'\\'
	return (((quote - ones) &^ quote) | ((slash - ones) &^ slash) | ((word - ones*0x20) &^ word)) & highs
}

// Space returns the position of the first byte at or after i that is not JSON white space.
func Space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// String scans a string whose opening quote is at i-1. It returns the position of the closing quote, or -1 when the
// string is not well formed. escaped says that it holds escapes, high that it holds or is closely followed by bytes
// above 0x7F, which are not checked for being UTF-8.
func String(b []byte, i int) (end int, escaped, high bool) {
	var seen uint64
	for {
		if i+8 <= len(b) {
			word := binary.LittleEndian.Uint64(b[i:])
			stop := special(word)
			seen |= word
			if stop == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(stop) >> 3
		} else {
			for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
				seen |= uint64(b[i])
				i++
			}
			if i == len(b) {
				return -1, escaped, false
			}
		}
		switch b[i] {
		case '"':
			return i, escaped, seen&highs != 0
		case '\\':
			size := escapeSize(b, i)
			if size == 0 {
				return -1, escaped, false
			}
			escaped = true
			i += size
		default:
			return -1, escaped, false
		}
	}
}

// CopyString scans like String and appends the inside of the string to out, escaped once more.
func CopyString(b []byte, i int, out []byte) (end int, escaped, high bool, grown []byte) {
	var seen uint64
	for {
		if cap(out)-len(out) < 16 {
			out = slices.Grow(out, len(out)+64)
		}
		if i+8 <= len(b) {
			word := binary.LittleEndian.Uint64(b[i:])
			stop := special(word)
			seen |= word
			at := len(out)
			out = out[:at+8]
			binary.LittleEndian.PutUint64(out[at:], word)
			if stop == 0 {
				i += 8
				continue
			}
			n := bits.TrailingZeros64(stop) >> 3
			out = out[:at+n]
			i += n
		} else {
			for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
				seen |= uint64(b[i])
				out = append(out, b[i])
				i++
			}
			if i == len(b) {
				return -1, escaped, false, out
			}
		}
		switch b[i] {
		case '"':
			return i, escaped, seen&highs != 0, out
		case '\\':
			size := escapeSize(b, i)
			if size == 0 {
				return -1, escaped, false, out
			}
			escaped = true
			out = AppendEscaped(out, b[i:i+size])
			i += size
		default:
			return -1, escaped, false, out
		}
	}
}

// escapeSize is the length of the escape at i, 0 when it is not one.
func escapeSize(b []byte, i int) int {
	if i+1 >= len(b) {
		return 0
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(b, i+2); ok {
			return 6
		}
	}
	return 0
}

func hex4(b []byte, i int) (rune, bool) {
	if i+4 > len(b) {
		return 0, false
	}
	var value rune
	for _, c := range b[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		value = value<<4 | rune(c)
	}
	return value, true
}

// AppendUnescaped appends the text of the inside of a well formed JSON string. Surrogates without their other half
// become U+FFFD, as in encoding/json.
func AppendUnescaped(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			dst = append(dst, s[i])
			i++
			continue
		}
		switch c := s[i+1]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r, _ := hex4(s, i+2)
			i += 6
			if utf16.IsSurrogate(r) {
				pair := rune(utf8.RuneError)
				if i+1 < len(s) && s[i] == '\\' && s[i+1] == 'u' {
					if low, ok := hex4(s, i+2); ok {
						pair = utf16.DecodeRune(r, low)
					}
				}
				if pair != utf8.RuneError {
					i += 6
				}
				r = pair
			}
			dst = utf8.AppendRune(dst, r)
			continue
		default:
			dst = append(dst, c)
		}
		i += 2
	}
	return dst
}

// Number returns the end of the number that begins at i, or -1. integer says that it has neither fraction nor exponent.
func Number(b []byte, i int) (end int, integer bool) {
	integer = true
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i >= len(b):
		return -1, false
	case b[i] == '0':
		i++
	case b[i] >= '1' && b[i] <= '9':
		i = digits(b, i)
	default:
		return -1, false
	}
	if i < len(b) && b[i] == '.' {
		integer = false
		start := i + 1
		if i = digits(b, start); i == start {
			return -1, false
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		integer = false
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		start := i
		if i = digits(b, start); i == start {
			return -1, false
		}
	}
	return i, integer
}

func digits(b []byte, i int) int {
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i
}

// Literal returns the end of true, false or null at i, or -1.
func Literal(b []byte, i int) int {
	for _, word := range [...]string{"true", "false", "null"} {
		if len(b)-i >= len(word) && string(b[i:i+len(word)]) == word {
			return i + len(word)
		}
	}
	return -1
}

// Value returns the end of the JSON value that begins at i, or -1 when it is not well formed. It may be of any depth:
// one deep value must not take those beside it along.
func Value(b []byte, i int) int {
	var room [64]byte
	open := room[:0] // the brackets that have to come, the next one last
	for i >= 0 && i < len(b) {
		switch c := b[i]; {
		case c == '{' || c == '[':
			closing := c + 2
			if i = Space(b, i+1); i < len(b) && b[i] == closing {
				i++
				break
			}
			open = append(open, closing)
			i = member(b, i, closing)
			continue
		case c == '"':
			end, _, _ := String(b, i+1)
			if end < 0 {
				return -1
			}
			i = end + 1
		case c == '-' || c >= '0' && c <= '9':
			i, _ = Number(b, i)
		default:
			i = Literal(b, i)
		}
		if i < 0 {
			return -1
		}
		next := i
		for len(open) > 0 {
			if next = Space(b, i); next >= len(b) || b[next] != open[len(open)-1] {
				break
			}
			open = open[:len(open)-1]
			i = next + 1
		}
		if len(open) == 0 {
			return i
		}
		if next >= len(b) || b[next] != ',' {
			return -1
		}
		i = member(b, Space(b, next+1), open[len(open)-1])
	}
	return -1
}

// member returns where the value of the member at i begins, or -1: in an object its name stands before it.
func member(b []byte, i int, closing byte) int {
	if closing == ']' {
		return i
	}
	if i >= len(b) || b[i] != '"' {
		return -1
	}
	end, _, _ := String(b, i+1)
	if end < 0 {
		return -1
	}
	if i = Space(b, end+1); i >= len(b) || b[i] != ':' {
		return -1
	}
	return Space(b, i+1)
}
