// Package registered is what a stack registers, in plain Go, for programs that link no engine: cmd/registered prints
// it.
package registered

import "strings"

// Resource is one registration.
type Resource struct {
	Type   string         `json:"type"`
	Name   string         `json:"name"`
	Inputs map[string]any `json:"inputs"`
}

// Value is the input at a path such as target.arn: bool, float64, string, []any, map[string]any; nil when it is not
// set.
func (r Resource) Value(path string) any {
	var value any = r.Inputs
	for _, step := range strings.Split(path, ".") {
		object, _ := value.(map[string]any)
		value = object[step]
	}
	return value
}
