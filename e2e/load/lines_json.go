package load

import (
	"bytes"
	"encoding/json"
	"strings"
)

// jsonRecords takes one JSON array, or a JSON value a line, apart; nothing where it is neither.
func jsonRecords(text []byte) []json.RawMessage {
	if text[0] == '[' {
		var elements []json.RawMessage
		if err := json.Unmarshal(text, &elements); err != nil {
			return nil
		}
		return elements
	}
	var values []json.RawMessage
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			values = append(values, line)
		}
	}
	return values
}

// jsonFields are the fields of a record in header order, numbers as they are written; nothing where it is no object.
func jsonFields(header []string, record json.RawMessage) []string {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(record, &object); err != nil || object == nil {
		return nil
	}
	fields := make([]string, len(header))
	for i, name := range header {
		if err := json.Unmarshal(object[name], &fields[i]); err != nil { // no text
			fields[i] = strings.TrimSpace(string(object[name]))
		}
	}
	return fields
}

// jsonArray writes rows as objects of one array, a nil one as null, and a number as one where all of it is digits.
func jsonArray(header []string, rows [][]string) []byte {
	elements := make([]any, len(rows))
	for i, row := range rows {
		if row == nil {
			continue
		}
		object := map[string]any{}
		for column, name := range header {
			object[name] = row[column]
			if strings.Trim(row[column], "0123456789") == "" && row[column] != "" {
				object[name] = json.Number(row[column])
			}
		}
		elements[i] = object
	}
	text, err := json.Marshal(elements)
	if err != nil {
		panic(err) // made of texts and digits
	}
	return text
}
