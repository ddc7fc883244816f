package load

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"dataplatform/contracts"
	"dataplatform/internal/identifiers"
)

// keySeparator joins the fields of a line before they are hashed; a line with one in a field is no good, and has no
// key.
const keySeparator = "\x1f"

// LineKey identifies what a line says, whatever writing its values come in: SHA-256 over its fields in header order,
// trimmed, identifiers in their normal form, numbers without zeros at their ends and codes in upper case.
func LineKey(fields []string) string {
	said := make([]string, len(fields))
	for i, field := range fields {
		said[i] = value(identifiers.Trim(field))
	}
	sum := sha256.Sum256([]byte(strings.Join(said, keySeparator)))
	return hex.EncodeToString(sum[:])
}

var (
	decimal = regexp.MustCompile(`^-?[0-9]+[.][0-9]+$`)
	code    = regexp.MustCompile(`^[0-9A-Za-z-]*[0-9][0-9A-Za-z-]*$`)
)

func value(text string) string {
	if !strings.ContainsAny(text, " \t\r\n") { // prose
		text = identifiers.Normal(text)
	}
	switch {
	case decimal.MatchString(text):
		return strings.TrimRight(strings.TrimRight(text, "0"), ".")
	case code.MatchString(text):
		return strings.ToUpper(text)
	}
	return text
}

// Digest names a file by its content.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Lines takes a file apart as the platform should: one entry a data record, or one with line 0 where the file as a
// whole cannot be used.
func Lines(contract *contracts.Contract, content []byte) []Line {
	digest := Digest(content)
	var lines []Line
	for i, fields := range recordsOf(contract, content) {
		line := Line{Dataset: contract.Dataset, Identity: fmt.Sprintf("%s:%d", digest, i+1)}
		if fields != nil && !strings.Contains(strings.Join(fields, ""), keySeparator) {
			line.Key = LineKey(fields)
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return []Line{{Dataset: contract.Dataset, Identity: digest + ":0"}}
	}
	return lines
}

// recordsOf are the fields of each data record of a file of either format, in the order of the contract's columns, nil
// of one that is no object. A row without a value is no record.
func recordsOf(contract *contracts.Contract, content []byte) [][]string {
	headers := contract.Headers()
	own := headers[0].Columns
	if !utf8.Valid(content) { // of another encoding, whose letters nobody can tell
		return nil
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	if text := bytes.TrimSpace(content); len(text) > 0 && (text[0] == '[' || text[0] == '{') {
		var rows [][]string
		for _, record := range jsonRecords(text) {
			rows = append(rows, jsonFields(own, record))
		}
		return rows
	}
	rows, err := csvRecords(content)
	rows = slices.DeleteFunc(rows, func(row []string) bool { return identifiers.Trim(strings.Join(row, "")) == "" })
	if err != nil || len(rows) == 0 {
		return nil
	}
	at := slices.IndexFunc(headers, func(h contracts.Header) bool { return slices.Equal(rows[0], h.Columns) })
	if at < 0 {
		return nil
	}
	if at > 0 {
		for i, row := range rows[1:] {
			rows[i+1] = renamed(contract, headers[at].Columns, row)
		}
	}
	return rows[1:]
}

// renamed are the fields of a line with an earlier version's columns, as the contract's.
func renamed(contract *contracts.Contract, columns, row []string) []string {
	if len(row) != len(columns) {
		return row
	}
	fields := make([]string, len(contract.Columns))
	for i, column := range contract.Columns {
		for _, name := range append([]string{column.Name}, column.Formerly...) {
			if at := slices.Index(columns, name); at >= 0 {
				fields[i] = row[at]
				break
			}
		}
	}
	return fields
}

// london is the zone of the reference source's times.
var london = mustLoad("Europe/London")

func mustLoad(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the zone database is compiled in, see zone.go
	}
	return zone
}

// invoiceTime is the layout of InvoiceDate.
const invoiceTime = "2006-01-02 15:04:05"

// endOfLastHour is when a file of the reference source arrives: the end of its last event hour, none where no time can
// be read. Hours after the given time are typing errors: no file has arrived in them, and landing refuses one that says
// so.
func endOfLastHour(contract *contracts.Contract, content []byte, column int, now time.Time) time.Time {
	var last time.Time
	for _, row := range recordsOf(contract, content) {
		if len(row) <= column {
			continue
		}
		at, err := time.ParseInLocation(invoiceTime, strings.TrimSpace(row[column]), london)
		if err == nil && at.After(last) && !at.After(now) {
			last = at
		}
	}
	if last.IsZero() {
		return last
	}
	return last.UTC().Truncate(time.Hour).Add(time.Hour)
}
