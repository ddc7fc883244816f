package inspect

import (
	"bytes"
	"fmt"

	"dataplatform/contracts"
	"dataplatform/lambdas/internal/jsontext"
)

// jsonCheck accepts one JSON array, or NDJSON: one value a line. It cuts the stream at the commas of the array, or at
// the line ends, by strings and nesting alone, and has every piece validated as a whole.
type jsonCheck struct {
	array    bool
	opened   bool // the array's bracket was seen
	closed   bool // the array's closing bracket was seen
	comma    bool // the latest record of the array was followed by a comma
	inString bool
	escape   bool
	depth    int
	piece    []byte
	returned bool // the latest byte was a carriage return
	isSpread bool // readers by lines cannot take the records apart: a carriage return within one ends a line
	records  int
	fault    Fault
}

// newJSON makes a check; marked says that a byte order mark comes first, which is no JSON to readers by lines.
func newJSON(array, marked bool) *jsonCheck { return &jsonCheck{array: array, isSpread: marked} }

func (c *jsonCheck) write(b []byte) {
	for _, x := range b {
		if c.fault.Bad() {
			return
		}
		c.step(x)
	}
}

func (c *jsonCheck) step(x byte) {
	c.isSpread = c.isSpread || c.returned && x != '\n'
	c.returned = x == '\r'
	switch {
	case c.inString:
		switch {
		case c.escape:
			c.escape = false
		case x == '\\':
			c.escape = true
		case x == '"' || x == '\n': // a line end is not allowed in a string; the validation says so
			c.inString = false
		}
	case x == '"':
		c.inString = true
	case x == '{' || x == '[':
		if c.array && !c.opened {
			c.opened = true
			return
		}
		c.depth++
	case x == '}' || x == ']':
		if c.array && c.depth == 0 && x == ']' && !c.closed {
			c.closeArray()
			return
		}
		c.depth--
	case x == ',' && c.array && c.depth == 0 && !c.closed:
		c.comma = true
		c.record(false)
		return
	}
	if x == '\n' && !c.array {
		c.inString, c.escape, c.depth = false, false, 0
		c.record(true)
		return
	}
	if len(c.piece) >= maxRecord {
		c.fault = tooLong(c.records + 1)
		return
	}
	c.piece = append(c.piece, x)
}

// closeArray ends the array: a last record must stand before the bracket when there was a comma.
func (c *jsonCheck) closeArray() {
	c.closed = true
	c.record(!c.comma)
}

// record validates the collected piece; blank says that it may hold nothing.
func (c *jsonCheck) record(blank bool) {
	piece := bytes.Trim(c.piece, " \t\r\n")
	c.piece = c.piece[:0]
	if len(piece) == 0 && blank {
		return
	}
	if jsontext.Value(piece, 0) != len(piece) {
		c.fault = Fault{contracts.ReasonUndecodable, fmt.Sprintf("record %d is not JSON", c.records+1)}
		return
	}
	c.records++
}

func (c *jsonCheck) end() (int, Fault) {
	if c.fault.Bad() {
		return 0, c.fault
	}
	if c.array {
		if !c.closed || len(bytes.Trim(c.piece, " \t\r\n")) > 0 {
			return 0, Fault{contracts.ReasonUndecodable, "the array is not closed, or something follows it"}
		}
		return c.records, Fault{}
	}
	c.record(true)
	return c.records, c.fault
}

func (c *jsonCheck) spread() bool { return c.array || c.isSpread }

func (c *jsonCheck) source() Source { return Source{} }
