package policies

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Parse reads a document as IAM does, which takes a text for a list of one (IAM User Guide, "Grammar of the IAM JSON
// policy language"). What the platform never writes, such as NotAction, is an error.
func Parse(text string) (Document, error) {
	var read struct {
		Version   string          `json:"Version"`
		Statement json.RawMessage `json:"Statement"`
	}
	err := strictly([]byte(text), &read)
	if err != nil {
		return Document{}, fmt.Errorf("policy document: %w", err)
	}
	d := Document{Version: read.Version}
	if d.Statement, err = someOrOne[Statement](read.Statement); err != nil {
		return Document{}, fmt.Errorf("policy document: %w", err)
	}
	return d, nil
}

func strictly(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// someOrOne reads a list, or what stands for a list of one.
func someOrOne[T any](text []byte) ([]T, error) {
	if text = bytes.TrimSpace(text); len(text) > 0 && text[0] == '[' {
		var some []T
		err := strictly(text, &some)
		return some, err
	}
	one := make([]T, 1)
	err := strictly(text, &one[0])
	return one, err
}

type texts []string

// UnmarshalJSON reads texts, or one.
func (t *texts) UnmarshalJSON(text []byte) error {
	read, err := someOrOne[json.RawMessage](text)
	if err != nil {
		return err
	}
	for _, one := range read {
		var value string
		if err := json.Unmarshal(one, &value); err != nil {
			return err
		}
		*t = append(*t, value)
	}
	return nil
}

type principal map[string][]string

// UnmarshalJSON reads principals by their kind, or "*" for all.
func (p *principal) UnmarshalJSON(text []byte) error {
	*p = principal{}
	if strings.TrimSpace(string(text)) == `"*"` {
		(*p)["AWS"] = []string{"*"}
		return nil
	}
	var kinds map[string]texts
	if err := json.Unmarshal(text, &kinds); err != nil {
		return err
	}
	for kind, names := range kinds {
		(*p)[kind] = names
	}
	return nil
}

// UnmarshalJSON reads a statement.
func (s *Statement) UnmarshalJSON(text []byte) error {
	var read struct {
		Sid       string                      `json:"Sid"`
		Effect    Effect                      `json:"Effect"`
		Principal principal                   `json:"Principal"`
		Action    texts                       `json:"Action"`
		Resource  texts                       `json:"Resource"`
		Condition map[string]map[string]texts `json:"Condition"`
	}
	if err := strictly(text, &read); err != nil {
		return err
	}
	*s = Statement{
		Sid: read.Sid, Effect: read.Effect, Principal: read.Principal, Action: read.Action, Resource: read.Resource,
	}
	for operator, keys := range read.Condition {
		if s.Condition == nil {
			s.Condition = Condition{}
		}
		s.Condition[operator] = map[string][]string{}
		for key, values := range keys {
			s.Condition[operator][key] = values
		}
	}
	return nil
}
