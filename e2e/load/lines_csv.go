package load

import (
	"bytes"
	"errors"
)

// errQuotes is of text whose quotes do not enclose whole fields.
var errQuotes = errors.New("quotes that do not enclose a field")

// csvRecords takes CSV apart, blank lines left out. Unlike encoding/csv it keeps what is within quotes as it is: that
// makes a line feed of a carriage return and a line feed, and so another text of what the source wrote.
func csvRecords(text []byte) ([][]string, error) {
	var records [][]string
	for len(text) > 0 {
		if line, rest, _ := bytes.Cut(text, []byte("\n")); len(line) == 0 || string(line) == "\r" {
			text = rest
			continue
		}
		var record []string
		for more := true; more; {
			field, rest, err := csvField(text)
			if err != nil {
				return nil, err
			}
			record = append(record, field)
			more = len(rest) > 0 && rest[0] == ','
			text = rest[min(1, len(rest)):] // without the comma or line feed
		}
		records = append(records, record)
	}
	return records, nil
}

// csvField returns the field that text begins with and what comes after it, from a comma or line feed on.
func csvField(text []byte) (string, []byte, error) {
	if len(text) == 0 || text[0] != '"' {
		end := bytes.IndexAny(text, ",\n")
		if end < 0 {
			end = len(text)
		}
		field := text[:end]
		if bytes.IndexByte(field, '"') >= 0 {
			return "", nil, errQuotes
		}
		if end == len(text) || text[end] == '\n' {
			field = bytes.TrimSuffix(field, []byte("\r"))
		}
		return string(field), text[end:], nil
	}
	var field []byte
	for text = text[1:]; ; {
		end := bytes.IndexByte(text, '"')
		if end < 0 {
			return "", nil, errQuotes
		}
		field, text = append(field, text[:end]...), text[end+1:]
		if len(text) == 0 || text[0] != '"' {
			break
		}
		field, text = append(field, '"'), text[1:]
	}
	text = bytes.TrimPrefix(text, []byte("\r"))
	if len(text) > 0 && text[0] != ',' && text[0] != '\n' {
		return "", nil, errQuotes
	}
	return string(field), text, nil
}
