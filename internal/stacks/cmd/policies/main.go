// Command policies prints every policy document that the project's stacks make, as one JSON array, for linters. Run it from the repository's
// root.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"dataplatform/internal/stacks"
	"dataplatform/platform/guardrails"
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
	names, err := stacks.Names(root)
	if err != nil {
		return err
	}
	all := []held{}
	for _, stack := range names {
		rec, err := stacks.Record(root, stack)
		if err != nil {
			return err
		}
		for _, r := range rec.All() {
			documents, err := guardrails.Documents(r)
			if err != nil {
				return fmt.Errorf("stack %s: %w", stack, err)
			}
			for _, property := range slices.Sorted(maps.Keys(documents)) {
				all = append(all, held{Stack: stack, Type: r.Type, Name: r.Name, Property: property, Document: documents[property]})
			}
		}
	}
	return json.NewEncoder(out).Encode(all)
}
