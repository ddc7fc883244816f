package batch

import (
	"bytes"
	"strconv"
)

// maxDigits is how many digits the largest integer of 64 bits has.
const maxDigits = 19

// wholeNumber is the integer that a JSON number with a fraction or an exponent stands for. It is read exactly: rounded
// first, what is almost an integer would be taken for one, and what is almost nothing for none. fits is false when 64
// bits do not hold it.
func wholeNumber(s []byte) (n int64, whole, fits bool) {
	mantissa, exponent := scientific(s)
	before, after, _ := bytes.Cut(bytes.TrimPrefix(mantissa, []byte("-")), []byte("."))
	digits := bytes.Join([][]byte{before, after}, nil)
	significant := bytes.TrimRight(digits, "0")
	zeros := exponent - len(after) + len(digits) - len(significant)
	significant = bytes.TrimLeft(significant, "0")
	switch {
	case len(significant) == 0:
		return 0, true, true
	case zeros < 0:
		return 0, false, true
	case len(significant)+zeros > maxDigits:
		return 0, true, false
	}
	text := string(significant) + string(bytes.Repeat([]byte("0"), zeros))
	if mantissa[0] == '-' {
		text = "-" + text
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, true, err == nil
}

// isZero says that a JSON number is nothing, not just too little for a float to tell.
func isZero(s []byte) bool {
	mantissa, _ := scientific(s)
	return !bytes.ContainsAny(mantissa, "123456789")
}

// scientific parts a JSON number; an exponent that 32 bits do not hold is the nearest that they do.
func scientific(s []byte) (mantissa []byte, exponent int) {
	at := bytes.IndexAny(s, "eE")
	if at < 0 {
		return s, 0
	}
	// its only error is that there are too many digits, see jsontext.Number
	power, _ := strconv.ParseInt(string(s[at+1:]), 10, 32)
	return s[:at], int(power)
}
