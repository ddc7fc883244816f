// Command policies prints every policy document that the project's stacks make, and one with everything on, as one JSON
// array, for linters. Run it from the repository's root.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"dataplatform/platform/guardrails"
	"dataplatform/platform/preview"
	"dataplatform/policies"
)

// held is a document and the place it is held in.
type held struct {
	Stack    string            `json:"stack"`
	Type     string            `json:"type"`
	Name     string            `json:"name"`
	Property string            `json:"property"`
	Document policies.Document `json:"document"`
}

func main() {
	if err := run(".", os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "policies:", err)
		os.Exit(1)
	}
}

func run(root string, out io.Writer) error {
	recorded, err := preview.RecordAll(root)
	if err != nil {
		return err
	}
	all := []held{}
	for _, r := range recorded {
		for _, resource := range r.Recorder.All() {
			documents, err := guardrails.Documents(resource)
			if err != nil {
				return fmt.Errorf("stack %s: %w", r.Stack, err)
			}
			for _, property := range slices.Sorted(maps.Keys(documents)) {
				all = append(all, held{
					Stack: r.Stack, Type: resource.Type, Name: resource.Name, Property: property,
					Document: documents[property],
				})
			}
		}
	}
	return json.NewEncoder(out).Encode(all)
}
