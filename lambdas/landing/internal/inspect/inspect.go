// Package inspect checks the files that sources send, as a stream: memory does not grow with the file. What it accepts,
// every reader of the raw layer can take apart into the same records.
package inspect

import (
	"bytes"
	"fmt"
	"time"
	"unicode/utf8"

	"dataplatform/contracts"
)

// Formats of a file's content. It is detected from the content, never from the name: the same content under another
// name is the same file.
const (
	CSV  = "csv"
	JSON = "json"
)

// What a worker bears that reads the file: it holds a few records at a time, and a JSON document whole.
const (
	maxRecord   = 1 << 20 // bytes of one record
	maxDocument = 64 << 20
)

// Fault is why a file is refused.
type Fault struct {
	Reason string // of contracts.Reasons
	Detail string
}

// Bad says that there is a fault.
func (f Fault) Bad() bool { return f.Reason != "" }

func tooLong(record int) Fault {
	return Fault{contracts.ReasonEventTooLarge, fmt.Sprintf("record %d is longer than %d bytes", record, maxRecord)}
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// checker looks at the records of one format. Both methods keep the first fault they find.
type checker interface {
	write(b []byte)
	end() (records int, fault Fault)
	spread() bool // whether readers by lines cannot take the records apart
	source() Source
}

// Source says whose columns a CSV file has.
type Source struct {
	Header  contracts.Header // the dataset's own, in one of its versions
	Mapping string           // or another source
	Columns []string         // all that the file has, in order
}

// Ended is the fault of a file of the source that arrives then: its header may have had its time.
func (s Source) Ended(arrival time.Time) Fault {
	if !s.Header.Ended(arrival) {
		return Fault{}
	}
	return Fault{contracts.ReasonWrongHeader,
		fmt.Sprintf("the header is that of version %s, which is not taken any more", s.Header.Version)}
}

// Content is an io.Writer that checks the uncompressed content of a file.
type Content struct {
	contract *contracts.Contract
	format   string
	records  checker
	head     []byte // what came before the format was known: a byte order mark and white space
	tail     []byte // the bytes of a rune that is cut by the end of a chunk
	badText  bool
	size     int64
}

// New makes a check of one file of the dataset.
func New(contract *contracts.Contract) *Content { return &Content{contract: contract} }

// Write takes the next bytes. It never fails.
func (c *Content) Write(b []byte) (int, error) {
	c.size += int64(len(b))
	c.text(b)
	if c.records != nil {
		c.records.write(b)
		return len(b), nil
	}
	c.head = append(c.head, b...)
	c.sniff(false)
	return len(b), nil
}

// maxHead bounds how much white space may precede the first record.
const maxHead = 4096

// sniff decides on the format once there is something to go by.
func (c *Content) sniff(last bool) {
	content := bytes.TrimPrefix(c.head, byteOrderMark)
	blank := bytes.TrimLeft(content, " \t\r\n")
	if len(blank) == 0 && len(content) < maxHead || len(c.head) < len(byteOrderMark) && !last {
		return
	}
	if len(blank) > 0 && (blank[0] == '{' || blank[0] == '[') {
		c.format, c.records = JSON, newJSON(blank[0] == '[', len(content) < len(c.head))
	} else {
		c.format, c.records = CSV, newCSV(c.contract)
	}
	c.records.write(content)
	c.head = nil
}

// text checks that the bytes continue valid UTF-8.
func (c *Content) text(b []byte) {
	if c.badText {
		return
	}
	if len(c.tail) > 0 {
		for len(b) > 0 && !utf8.FullRune(c.tail) {
			c.tail = append(c.tail, b[0])
			b = b[1:]
		}
		if !utf8.FullRune(c.tail) {
			return
		}
		c.badText = !utf8.Valid(c.tail)
		c.tail = c.tail[:0]
	}
	cut := len(b)
	for back := 1; back < utf8.UTFMax && back <= len(b); back++ {
		if utf8.RuneStart(b[len(b)-back]) {
			if !utf8.FullRune(b[len(b)-back:]) {
				cut = len(b) - back
			}
			break
		}
	}
	c.tail = append(c.tail, b[cut:]...)
	c.badText = c.badText || !utf8.Valid(b[:cut])
}

// Result is what a file turned out to be.
type Result struct {
	Format  string
	Records int  // good or bad, as every reader has to count them; 0 with a fault
	Spread  bool // records are no lines: an array's, or some that hold line ends
	Source
	Fault Fault
}

// End says what the content is, now that all of it was written.
func (c *Content) End() Result {
	format, records, fault := c.classify()
	if fault.Bad() {
		records = 0
	}
	found := Result{Format: format, Records: records, Fault: fault}
	if !fault.Bad() {
		found.Spread = c.records.spread()
		found.Source = c.records.source()
	}
	return found
}

func (c *Content) classify() (format string, records int, fault Fault) {
	if c.records == nil {
		c.sniff(true)
	}
	switch {
	case c.size == 0:
		return "", 0, Fault{contracts.ReasonEmptyFile, "the file is empty"}
	case c.badText || len(c.tail) > 0:
		return "", 0, Fault{contracts.ReasonInvalidUTF8, "the file is not valid UTF-8"}
	case c.records == nil:
		return "", 0, Fault{contracts.ReasonEmptyFile, "the file holds nothing but white space"}
	}
	if c.format == CSV && c.contract.Format != contracts.FormatCSV {
		return "", 0, Fault{contracts.ReasonUndecodable,
			fmt.Sprintf("the file is not JSON, as %s must be", c.contract.ID)}
	}
	records, fault = c.records.end()
	switch {
	case fault.Bad():
	case records == 0:
		fault = Fault{contracts.ReasonEmptyFile, "the file holds no records"}
	case c.format == JSON && c.size > maxDocument:
		fault = Fault{contracts.ReasonFileTooLarge,
			fmt.Sprintf("the JSON has %d bytes, %d are allowed", c.size, maxDocument)}
	}
	return c.format, records, fault
}
