// Package jsontext writes and scans JSON without reflection, for the paths where every event pays.
package jsontext

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

const hex = "0123456789abcdef"

// AppendString appends s as a JSON string. s must be valid UTF-8; only what JSON requires is escaped.
func AppendString[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	dst = AppendEscaped(dst, s)
	return append(dst, '"')
}

// AppendEscaped appends the inside of a JSON string. It copies eight bytes at a time and looks closer only at those
// that hold something to escape.
func AppendEscaped[T string | []byte](dst []byte, s T) []byte {
	dst = slices.Grow(dst, 2*len(s)+8)
	i := 0
	for i+8 <= len(s) {
		word := load(s, i)
		stop := special(word)
		at := len(dst)
		dst = dst[:at+8]
		binary.LittleEndian.PutUint64(dst[at:], word)
		if stop == 0 {
			i += 8
			continue
		}
		n := bits.TrailingZeros64(stop) >> 3
		dst = appendEscape(dst[:at+n], s[i+n])
		i += n + 1
		if cap(dst)-len(dst) < len(s)-i+8 { // many control characters
			dst = slices.Grow(dst, 2*(len(s)-i)+8)
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c >= 0x20 && c != '"' && c != '\\' {
			dst = append(dst, c)
		} else {
			dst = appendEscape(dst, c)
		}
	}
	return dst
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

func load[T string | []byte](s T, i int) uint64 {
	t := s[i : i+8]
	return uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 | uint64(t[4])<<32 | uint64(t[5])<<40 |
		uint64(t[6])<<48 | uint64(t[7])<<56
}
