package inspect

import "github.com/gabriel-vasile/mimetype"

// structure tells JSON and CSV from other texts, one character after the other: whatever a text holds, it takes the
// same memory.
type structure struct {
	json   jsonScanner
	tables []csvScanner
}

func newStructure() *structure {
	return &structure{tables: []csvScanner{{separator: ','}, {separator: ';'}, {separator: '\t'}}}
}

func (s *structure) rune(r rune) {
	s.json.rune(r)
	for i := range s.tables {
		s.tables[i].rune(r)
	}
}

// types are the kind and the media type of the text that ends here. Its head, in UTF-8, shows what else than JSON and a
// table it is.
func (s *structure) types(head []byte) (kind, mediaType string) {
	detected := mimetype.Detect(head)
	if s.json.end() {
		switch {
		case s.json.values > 1:
			return TextJSON, "application/x-ndjson"
		case within(detected, "application/json"):
			return TextJSON, named(detected)
		default:
			return TextJSON, "application/json"
		}
	}
	if drawing(head) {
		return TextPlain, "image/svg+xml"
	}
	switch found := named(detected); {
	case within(detected, "application/json"), found == "application/x-ndjson", found == "text/csv",
		found == "text/tab-separated-values":
		// The head alone looks like it.
	case found != "text/plain" && within(detected, "text/plain"):
		return TextPlain, found
	}
	for i := range s.tables {
		if s.tables[i].end() {
			return TextCSV, "text/csv"
		}
	}
	return TextPlain, "text/plain"
}

// csvScanner checks that a text is a table (RFC 4180): at least two records, at least two fields, equally many in all,
// none without a name in the first. Empty lines are passed over; a quote within a field that began without one is a
// character, an inch for example.
type csvScanner struct {
	separator rune
	broken    bool
	state     csvState
	fields    int // of the record so far, the current one not counted
	width     int // of the first record
	records   int
	unnamed   bool // the current field is empty
	begun     bool // the record has a character
}

type csvState byte

const (
	fieldStart csvState = iota
	inPlain
	inQuotes
	afterQuote // a quote inside quotes: the end of the field, or half of a quote in it
)

func (c *csvScanner) rune(r rune) {
	if c.broken {
		return
	}
	if c.state == inQuotes {
		if r == '"' {
			c.state = afterQuote
		} else {
			c.unnamed = false
		}
		return
	}
	switch {
	case r == c.separator:
		c.endField()
		c.begun = true
	case r == '\n' || r == '\r':
		c.endRecord()
	case r == '"' && c.state == fieldStart:
		c.state, c.begun, c.unnamed = inQuotes, true, true
	case r == '"' && c.state == afterQuote:
		c.state, c.unnamed = inQuotes, false
	case c.state == afterQuote:
		c.broken = true
	default:
		if c.state == fieldStart {
			c.state, c.begun = inPlain, true
		}
	}
}

func (c *csvScanner) endField() {
	empty := c.state == fieldStart || c.state == afterQuote && c.unnamed
	if c.records == 0 && empty {
		c.broken = true
	}
	c.fields++
	c.state = fieldStart
}

func (c *csvScanner) endRecord() {
	if !c.begun {
		return
	}
	c.endField()
	if c.records == 0 {
		c.width = c.fields
	}
	c.broken = c.broken || c.width < 2 || c.fields != c.width
	c.records++
	c.fields, c.begun = 0, false
}

func (c *csvScanner) end() bool {
	if c.state == inQuotes {
		return false
	}
	if !c.broken {
		c.endRecord()
	}
	return !c.broken && c.records >= 2
}
