package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// providerTable is how the compiled AWS provider differs from the official one, as the generator of its mapping found.
func providerTable(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "local", "provider", "mapping.json"))
	if err != nil {
		return "", err
	}
	var mapping struct {
		Resources, Functions map[string]any
		Unserved             []string
	}
	if err := json.Unmarshal(text, &mapping); err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b,
		"Of %d kinds and functions these properties of the SDK are not served:\n\n| of | property |\n|---|---|\n",
		len(mapping.Resources)+len(mapping.Functions))
	for _, name := range mapping.Unserved {
		where, property, _ := strings.Cut(name, " ")
		fmt.Fprintf(&b, "| `%s` | `%s` |\n", where, property)
	}
	return b.String(), nil
}
