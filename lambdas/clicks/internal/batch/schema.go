package batch

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"dataplatform/contracts"
)

// kind is what a field of the event holds.
type kind uint8

const (
	kindString kind = iota
	kindInteger
	kindNumber
	kindTimestamp
)

var kinds = map[string]kind{
	"string": kindString, "integer": kindInteger, "number": kindNumber, "timestamp": kindTimestamp,
}

// field is one field of the event, compiled from the contract.
type field struct {
	name     string
	escaped  []byte // the name in quotes, inside a JSON string
	kind     kind
	required bool
	enum     []string
	pattern  *regexp.Regexp
	matched  []byte // the last value that matched it
	minLen   int
	maxLen   int // -1 when there is no limit
	hasMin   bool
	hasMax   bool
	minimum  float64
	maximum  float64
}

// ids are the texts that are kept as they are, for rows are known and joined by them, or that nothing is kept of.
var ids = []string{"event_id", "visitor_id", "user_id", "url", "referrer", "ip"}

// typedByVisitors is the text that telephone numbers are looked for in: programs write other numbers of many digits.
const typedByVisitors = "search_term"

// schema is the compiled contract of the event.
type schema struct {
	fields []field
	byName map[string]int
	// free are the texts that a sender may put anything into, and that are nobody's id; typed those that visitors type.
	free, typed []int
	major       []byte // what a supported schema_version starts with
	// Positions of fields the function knows by name; -1 for an optional one that the contract does not have.
	eventID, eventTime, url, referrer, userAgent, ip, method, version int
}

func compile(columns []contracts.Column, major int) (*schema, error) {
	s := &schema{byName: map[string]int{}, major: fmt.Appendf(nil, "%d.", major)}
	for _, column := range columns {
		k, ok := kinds[column.Logical]
		if !ok {
			return nil, fmt.Errorf(
				"field %s: logical type %q cannot be validated; allowed: string, integer, number, timestamp",
				column.Name, column.Logical,
			)
		}
		f := field{
			name: column.Name, escaped: []byte(`\"` + column.Name + `\"`), kind: k, required: column.Required,
			enum: column.Enum, maxLen: -1,
		}
		if column.Pattern != "" {
			pattern, err := regexp.Compile(column.Pattern)
			if err != nil {
				return nil, fmt.Errorf("field %s: %w", column.Name, err)
			}
			f.pattern = pattern
		}
		if column.MinLength != nil {
			f.minLen = *column.MinLength
		}
		if column.MaxLength != nil {
			f.maxLen = *column.MaxLength
		}
		if column.Minimum != nil {
			f.hasMin, f.minimum = true, *column.Minimum
		}
		if column.Maximum != nil {
			f.hasMax, f.maximum = true, *column.Maximum
		}
		if k == kindString && f.enum == nil && f.pattern == nil && !slices.Contains(ids, f.name) {
			into := &s.free
			if f.name == typedByVisitors {
				into = &s.typed
			}
			*into = append(*into, len(s.fields))
		}
		s.byName[column.Name] = len(s.fields)
		s.fields = append(s.fields, f)
	}
	return s, s.locate()
}

// locate finds the fields that columns are derived from.
func (s *schema) locate() error {
	for _, known := range []struct {
		name     string
		kind     kind
		required bool
		at       *int
	}{
		{"event_id", kindString, true, &s.eventID},
		{"event_time", kindTimestamp, true, &s.eventTime},
		{"url", kindString, false, &s.url},
		{"referrer", kindString, false, &s.referrer},
		{"user_agent", kindString, false, &s.userAgent},
		{"ip", kindString, false, &s.ip},
		{"http_method", kindString, false, &s.method},
		{"schema_version", kindString, false, &s.version},
	} {
		i, ok := s.byName[known.name]
		if !ok {
			i = -1
		}
		*known.at = i
		if known.required && (!ok || !s.fields[i].required) {
			return fmt.Errorf("the event needs a required field %s", known.name)
		}
		if ok && s.fields[i].kind != known.kind {
			return fmt.Errorf("field %s has another type than the function expects", known.name)
		}
	}
	if s.version >= 0 && s.fields[s.version].pattern == nil {
		return errors.New("field schema_version needs a pattern: it tells a version from what is none")
	}
	return nil
}

// enumValue returns the contract's spelling of a value, in whatever case it was sent.
func (f *field) enumValue(text []byte) (string, bool) {
	for _, value := range f.enum {
		if len(value) == len(text) && (value == string(text) || strings.EqualFold(value, string(text))) {
			return value, true
		}
	}
	return "", false
}
