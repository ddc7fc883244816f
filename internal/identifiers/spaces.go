package identifiers

import "strings"

// What is no part of a text at its ends. The jobs have the same in glue-scripts/dataplatform/transforms/white_space.py, which the test of this
// package writes.
const (
	// whiteSpace is Unicode's White_Space.
	whiteSpace = "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
	// unseen are signs without a width, which come with copied cells and joined files: hyphens and joiners that do not show, marks of
	// direction, byte order marks. Within what names something they are no part of it either.
	unseen = "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)

// Trim takes white space and unseen signs off both ends of a text.
func Trim(text string) string { return strings.Trim(text, whiteSpace+unseen) }
