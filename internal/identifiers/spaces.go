package identifiers

import (
	"strings"
	"unicode"
)

// What is no part of a text at its ends. The jobs have the same in glue-scripts/dataplatform/transforms/white_space.py,
// which the test of this package writes.
const (
	// whiteSpace is Unicode's White_Space.
	whiteSpace = "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
	// unseen are signs without a width, which come with copied cells and joined files: hyphens and joiners that do not
	// show, marks of direction, byte order marks. Within what names something they are no part of it either.
	unseen = "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)

// What looks like another sign, and is written for it by word processors and by the input methods of other scripts.
const (
	hyphens     = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63"
	apostrophes = "\u2018\u2019\u201a\u201b\u02bc"
	quotes      = "\u201c\u201d\u201e\u201f\u00ab\u00bb"
	// widths are how far the signs of full width, from ! to ~, lie from those of ASCII.
	widths = 0xfee0
)

// zeros are the zeros of the scripts that have decimal digits of their own; the other nine follow each.
var zeros = func() (found []rune) {
	for _, block := range unicode.Nd.R16 {
		for r := rune(block.Lo); r < rune(block.Hi); r += 10 {
			found = append(found, r)
		}
	}
	for _, block := range unicode.Nd.R32 {
		for r := rune(block.Lo); r < rune(block.Hi); r += 10 {
			found = append(found, r)
		}
	}
	return found[1:] // the first is 0 itself
}()

// plain is the sign of ASCII that another is read as, -1 where it is no part of an identifier.
func plain(r rune) rune {
	switch {
	case strings.ContainsRune(whiteSpace, r):
		return ' '
	case r <= unicode.MaxASCII:
		return r
	case strings.ContainsRune(unseen, r):
		return -1
	case strings.ContainsRune(hyphens, r):
		return '-'
	case strings.ContainsRune(apostrophes, r):
		return '\''
	case strings.ContainsRune(quotes, r):
		return '"'
	case r > widths+' ' && r <= widths+'~':
		return r - widths
	case unicode.Is(unicode.Nd, r):
		for _, zero := range zeros {
			if r >= zero && r < zero+10 {
				return '0' + r - zero
			}
		}
	}
	return r
}

// Trim takes white space and unseen signs off both ends of a text.
func Trim(text string) string { return strings.Trim(text, whiteSpace+unseen) }
