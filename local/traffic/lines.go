package traffic

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// keySeparator joins the fields of a line before they are hashed; no field of a text file holds it.
const keySeparator = "\x1f"

// LineKey identifies what a line says: SHA-256 over its fields, trimmed, in header order.
func LineKey(fields []string) string {
	trimmed := make([]string, len(fields))
	for i, field := range fields {
		trimmed[i] = strings.TrimSpace(field)
	}
	sum := sha256.Sum256([]byte(strings.Join(trimmed, keySeparator)))
	return hex.EncodeToString(sum[:])
}

// Digest names a file by its content.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Lines takes a CSV file apart as the platform should: one entry a data record,
// or one with line 0 where the file as a whole cannot be used.
func Lines(dataset string, header []string, content []byte) []Line {
	digest := Digest(content)
	whole := []Line{{Dataset: dataset, Identity: digest + ":0"}}
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\ufeff"))))
	reader.FieldsPerRecord = -1
	first, err := reader.Read()
	if err != nil || !slices.Equal(first, header) {
		return whole
	}
	var lines []Line
	for number := 1; ; number++ {
		fields, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return whole
		}
		lines = append(lines, Line{Dataset: dataset, Identity: fmt.Sprintf("%s:%d", digest, number), Key: LineKey(fields)})
	}
	if len(lines) == 0 {
		return whole
	}
	return lines
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

// endOfLastHour is when a file of the reference source arrives: the end of its last event hour.
func endOfLastHour(content []byte, column int) (time.Time, error) {
	reader := csv.NewReader(bytes.NewReader(content))
	reader.FieldsPerRecord, reader.LazyQuotes = -1, true
	rows, err := reader.ReadAll()
	if err != nil {
		return time.Time{}, err
	}
	var last time.Time
	for _, row := range rows {
		if len(row) <= column {
			continue
		}
		if at, err := time.ParseInLocation(invoiceTime, row[column], london); err == nil && at.After(last) {
			last = at
		}
	}
	if last.IsZero() {
		return time.Time{}, errors.New("no line has a time that can be read")
	}
	return last.UTC().Truncate(time.Hour).Add(time.Hour), nil
}
