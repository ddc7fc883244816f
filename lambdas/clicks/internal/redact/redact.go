// Package redact takes out of texts what names somebody: e-mail addresses and telephone numbers that visitors type, and
// that links carry. Raw has them as they were sent.
package redact

import "bytes"

// Mark stands for what was taken out. In an address it needs no escape.
const Mark = "(redacted)"

// A telephone number has so many digits.
const (
	fewestDigits = 9
	mostDigits   = 15
	// fewestBare are those of one that is written in groups and without a zero or a plus in front, as where a query
	// made a space of the plus.
	fewestBare = 10
)

// Emails returns the text without e-mail addresses: without each word that has an at sign within it, also one that is
// percent-encoded. The result points into text or scratch, which is returned grown.
func Emails(text, scratch []byte) (result, grown []byte) {
	if !mayHaveAt(text) {
		return text, scratch
	}
	start, copied := len(scratch), 0
	for at := 0; at < len(text); {
		end := at
		for end < len(text) && !separates[text[end]] {
			end++
		}
		if hasAt(text[at:end]) {
			scratch = append(append(scratch, text[copied:at]...), Mark...)
			copied = end
		}
		at = end + 1
	}
	if copied == 0 {
		return text, scratch
	}
	scratch = append(scratch, text[copied:]...)
	return scratch[start:len(scratch):len(scratch)], scratch
}

// Text returns the text without e-mail addresses and telephone numbers.
func Text(text, scratch []byte) (result, grown []byte) {
	text, scratch = Emails(text, scratch)
	if !mayHavePhone(text) {
		return text, scratch
	}
	return phones(text, scratch)
}

// Nothing says that neither is in a text, also once it is decoded.
func Nothing(text []byte) bool { return !mayHaveAt(text) && !mayHavePhone(text) }

func mayHavePhone(text []byte) bool {
	if len(text) < fewestDigits {
		return false
	}
	digits := 0
	for _, c := range text {
		if isDigit(c) {
			digits++
		}
	}
	return digits >= fewestDigits
}

// phones looks at each run of digits with at most two separators between them, and a plus in front or not.
func phones(text, scratch []byte) (result, grown []byte) {
	start, copied := len(scratch), 0
	for at := 0; at < len(text); {
		if !isDigit(text[at]) {
			at++
			continue
		}
		end, digits, groups := run(text, at)
		first := at
		plus := at > 0 && text[at-1] == '+'
		if plus {
			first--
		}
		alone := (first == 0 || !isWord(text[first-1])) && (end == len(text) || !isWord(text[end]))
		if alone && isPhone(text[at:end], digits, groups, plus) {
			scratch = append(append(scratch, text[copied:first]...), Mark...)
			copied = end
		}
		at = end
	}
	if copied == 0 {
		return text, scratch
	}
	scratch = append(scratch, text[copied:]...)
	return scratch[start:len(scratch):len(scratch)], scratch
}

// run is where the digits from at on end, how many there are, and in how many groups.
func run(text []byte, at int) (end, digits, groups int) {
	groups = 1
	for end = at; end < len(text); {
		if isDigit(text[end]) {
			digits++
			end++
			continue
		}
		next := end
		for next < len(text) && next < end+2 && bytes.IndexByte([]byte(" .-/()"), text[next]) >= 0 {
			next++
		}
		if next == end || next == len(text) || !isDigit(text[next]) {
			break
		}
		groups++
		end = next
	}
	return end, digits, groups
}

// isPhone distinguishes numbers that people are called by from those of campaigns, products and days.
func isPhone(number []byte, digits, groups int, plus bool) bool {
	if digits < fewestDigits || digits > mostDigits {
		return false
	}
	century := string(number[:2])
	day := !isDigit(number[4]) && (century == "19" || century == "20")
	return plus || number[0] == '0' || groups > 2 && digits >= fewestBare && !day
}

// WideAt is the at sign of East Asian keyboards.
var WideAt = []byte("＠")

// hasAt says whether a word has an at sign with something before and behind it.
func hasAt(word []byte) bool {
	for i := 1; i < len(word); i++ {
		size := 0
		switch {
		case word[i] == '@':
			size = 1
		case word[i] == '%':
			size = encodedAt(word[i:])
		case bytes.HasPrefix(word[i:], WideAt):
			size = len(WideAt)
		}
		if size > 0 && i+size < len(word) {
			return true
		}
	}
	return false
}

// encodedAt is the length of %40 that was encoded once or more often, 0 where there is none.
func encodedAt(word []byte) int {
	i := 1
	for bytes.HasPrefix(word[i:], []byte("25")) {
		i += 2
	}
	if bytes.HasPrefix(word[i:], []byte("40")) {
		return i + 2
	}
	return 0
}

// separates are the characters of no address, but between words, parameters or parts of a path.
var separates = func() (table [256]bool) {
	for c := range ' ' + 1 {
		table[c] = true
	}
	for _, c := range []byte(`/?&=#:;,<>()[]{}"'|\`) {
		table[c] = true
	}
	return table
}()

// mayHaveAt says whether a sign of which an at sign can be made is in the text.
func mayHaveAt(text []byte) bool {
	return bytes.IndexByte(text, '@') >= 0 || bytes.IndexByte(text, '%') >= 0 || bytes.IndexByte(text, WideAt[0]) >= 0
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
