package inspect

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"dataplatform/contracts"
)

// maxHeader bounds the header line in bytes.
const maxHeader = 64 << 10

// maxColumns is how many columns a file of any source may have.
const maxColumns = 1000

type csvState uint8

const (
	fieldStart csvState = iota
	unquoted
	quoted
	quoteSeen  // a quote inside a quoted field: its end, or the first half of a doubled one
	returnSeen // a carriage return after the closing quote: the line must end
)

// csvCheck accepts what encoding/csv accepts without LazyQuotes: quotes only around whole fields, doubled inside. It
// keeps the header line and nothing else; encoding/csv would hold the rest of the file once a quote is not closed. A
// row without any value, as spreadsheets write for one that was emptied or only formatted, is no record.
type csvCheck struct {
	contract *contracts.Contract
	from     Source
	state    csvState
	field    []byte   // of the header
	fields   []string // of the header
	inHeader bool
	long     bool // the header is longer than maxHeader
	line     int
	isSpread bool   // a record has a line end within, so readers by lines cannot take it apart
	returned bool   // the last byte was a carriage return
	blank    bool   // no value in the record yet
	letter   []byte // what there is of one of several bytes that may be white space
	records  int
	place    int64 // bytes seen
	start    int64 // where the record begins
	fault    Fault
}

func newCSV(contract *contracts.Contract) *csvCheck {
	return &csvCheck{contract: contract, inHeader: true, line: 1, blank: true}
}

func (c *csvCheck) write(b []byte) {
	for len(b) > 0 && !c.fault.Bad() {
		// Most bytes belong to unquoted fields: skip to the next one that means something.
		if c.state == unquoted && !c.inHeader && !c.blank {
			i := bytes.IndexAny(b, ",\"\r\n")
			if i != 0 {
				c.isSpread, c.returned = c.isSpread || c.returned, false
			}
			if i < 0 {
				c.place += int64(len(b))
				return
			}
			c.place += int64(i)
			b = b[i:]
		}
		c.step(b[0])
		c.place++
		b = b[1:]
	}
}

func (c *csvCheck) step(b byte) {
	if !c.inHeader {
		end := b == '\n' || b == '\r'
		c.isSpread = c.isSpread || c.returned && b != '\n' || c.state == quoted && end
		c.returned = b == '\r'
	}
	switch c.state {
	case quoted:
		if b == '"' {
			c.state = quoteSeen
			return
		}
		if b == '\n' {
			c.line++
		}
		c.see(b)
		c.keep(b)
		return
	case quoteSeen:
		switch b {
		case '"':
			c.state, c.blank = quoted, false
			c.keep(b)
			return
		case '\r':
			c.state = returnSeen
			return
		case ',', '\n':
		default:
			c.broken("text follows a closing quote")
			return
		}
	case returnSeen:
		if b != '\n' {
			c.broken("text follows a closing quote")
			return
		}
	case fieldStart:
		if b == '"' {
			c.state = quoted
			return
		}
	case unquoted:
		if b == '"' {
			c.broken("a quote stands inside a field that is not quoted")
			return
		}
	}
	switch b {
	case ',':
		c.endField()
		c.state = fieldStart
	case '\n':
		c.endRecord()
		c.line++
	default: // a carriage return, too: of a line's end, or part of the field
		c.state = unquoted
		c.see(b)
		c.keep(b)
	}
}

// see notes a byte of a value, if it is one: white space is none.
func (c *csvCheck) see(b byte) {
	if !c.blank {
		return
	}
	c.letter = append(c.letter, b)
	if utf8.FullRune(c.letter) {
		letter, _ := utf8.DecodeRune(c.letter)
		c.blank = unicode.IsSpace(letter)
		c.letter = c.letter[:0]
	}
}

func (c *csvCheck) keep(b byte) {
	if !c.inHeader {
		return
	}
	if len(c.field) >= maxHeader {
		c.long = true
		return
	}
	c.field = append(c.field, b)
}

func (c *csvCheck) endField() {
	if c.inHeader && len(c.fields) <= maxColumns {
		c.fields = append(c.fields, string(c.field))
	}
	c.field = c.field[:0]
}

func (c *csvCheck) endRecord() {
	c.state = fieldStart
	if c.inHeader {
		c.field = bytes.TrimSuffix(c.field, []byte("\r"))
		c.endField()
		c.inHeader = false
		c.checkHeader()
	} else {
		if !c.blank || len(c.letter) > 0 {
			c.records++
		}
		if c.place-c.start > maxRecord {
			c.fault = tooLong(c.records)
		}
	}
	c.blank, c.letter = true, c.letter[:0]
	c.start = c.place + 1
}

func (c *csvCheck) checkHeader() {
	known := !c.long && len(c.fields) <= maxColumns
	c.from.Columns = c.fields
	headers := c.contract.Headers()
	if at := slices.IndexFunc(headers,
		func(h contracts.Header) bool { return slices.Equal(c.fields, h.Columns) }); known && at >= 0 {
		c.from.Header = headers[at]
		return
	}
	if mapping, of := c.contract.MappingOf(c.fields); known && of {
		c.from.Mapping = mapping.Source
		return
	}
	detail := fmt.Sprintf("the header is not %q, nor an earlier version's, and of no other source", headers[0].Columns)
	// The header itself is not said: of a file without one it is a line, which may name somebody.
	if separator := contracts.Separator(strings.Join(c.fields, ",")); separator != ',' {
		detail += fmt.Sprintf("; the file is separated by %q; landing takes ','", separator)
	}
	c.fault = Fault{contracts.ReasonWrongHeader, detail}
}

func (c *csvCheck) broken(why string) {
	reason := Fault{contracts.ReasonBrokenQuotes, fmt.Sprintf("line %d: %s", c.line, why)}
	if c.inHeader {
		reason = Fault{contracts.ReasonWrongHeader, "the header's quotes are broken"}
	}
	c.fault = reason
}

func (c *csvCheck) end() (int, Fault) {
	if c.fault.Bad() {
		return 0, c.fault
	}
	if c.state == quoted {
		c.broken("a quote is never closed")
		return 0, c.fault
	}
	c.endRecord()
	return c.records, c.fault
}

func (c *csvCheck) spread() bool { return c.isSpread }

func (c *csvCheck) source() Source { return c.from }
