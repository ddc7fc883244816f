package pulumitest

import (
	"encoding/json"
	"testing"

	"dataplatform/internal/graph"
)

// Resource is a recorded resource, for tests.
type Resource struct{ graph.Resource }

func wrapped(all []graph.Resource) []Resource {
	resources := make([]Resource, 0, len(all))
	for _, r := range all {
		resources = append(resources, Resource{r})
	}
	return resources
}

// WaitsFor says whether r depends on other, explicitly or through an input.
func (r Resource) WaitsFor(other Resource) bool { return r.Resource.WaitsFor(other.Resource) }

// String returns the text at path; the test fails when there is none.
func (r Resource) String(t testing.TB, path string) string {
	t.Helper()
	text, ok := r.Value(path).(string)
	if !ok {
		t.Fatalf("%s %q: %s is %v, want text", r.Type, r.Name, path, r.Value(path))
	}
	return text
}

// Number returns the number at path; the test fails when there is none.
func (r Resource) Number(t testing.TB, path string) float64 {
	t.Helper()
	number, ok := r.Value(path).(float64)
	if !ok {
		t.Fatalf("%s %q: %s is %v, want a number", r.Type, r.Name, path, r.Value(path))
	}
	return number
}

// DecodeJSON parses the JSON text at path, for example a policy, into target.
func (r Resource) DecodeJSON(t testing.TB, path string, target any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.String(t, path)), target); err != nil {
		t.Fatalf("%s %q: %s is not JSON: %v", r.Type, r.Name, path, err)
	}
}
