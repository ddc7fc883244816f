package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"dataplatform/contracts"
	"dataplatform/internal/program"
	"dataplatform/platform"
)

const (
	readme  = "README.md"
	picture = "docs/architecture.svg"
)

// generate returns every generated file by its path.
func generate(root string) (map[string][]byte, error) {
	rec, err := program.Record(root, "dev")
	if err != nil {
		return nil, err
	}
	g, err := newGraph(rec)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(root, readme))
	if err != nil {
		return nil, err
	}
	datasets, err := datasetTable()
	if err != nil {
		return nil, err
	}
	for name, table := range map[string]string{
		"datasets": datasets, "outputs": outputTable(), "reasons": reasonTable(),
	} {
		if text, err = fill(text, name, table); err != nil {
			return nil, err
		}
	}
	return map[string][]byte{readme: text, picture: []byte(g.svg())}, nil
}

// fill puts a table between `<!-- name -->` and `<!-- /name -->`.
func fill(text []byte, name, table string) ([]byte, error) {
	start, end := []byte("<!-- "+name+" -->\n"), []byte("<!-- /"+name+" -->")
	from, to := bytes.Index(text, start), bytes.Index(text, end)
	if from < 0 || to < from {
		return nil, fmt.Errorf("%s has no markers for %s", readme, name)
	}
	from += len(start)
	return bytes.Join([][]byte{text[:from], []byte(table), text[to:]}, nil), nil
}

func datasetTable() (string, error) {
	set, err := contracts.Load()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("| contract | what | stored as | queryable within |\n|---|---|---|---|\n")
	for _, c := range set.All() {
		fmt.Fprintf(&b, "| `%s` %s | %s | %s | %s |\n", c.ID, c.Version, c.Description, c.Format, c.SLA.Latency)
	}
	return b.String(), nil
}

func reasonTable() string {
	var b strings.Builder
	b.WriteString("| reason | meaning |\n|---|---|\n")
	for _, reason := range contracts.Reasons() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", reason.Code, reason.Meaning)
	}
	return b.String()
}

func outputTable() string {
	var b strings.Builder
	b.WriteString("| output | kind |\n|---|---|\n")
	outputs := reflect.TypeFor[platform.Outputs]()
	for i := range outputs.NumField() {
		kind := "text"
		if name := outputs.Field(i).Type.Name(); strings.HasSuffix(name, "Map") {
			kind = "by name"
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", outputs.Field(i).Tag.Get("json"), kind)
	}
	return b.String()
}

// makeTarget is a target as the README names it.
var makeTarget = regexp.MustCompile("`make ([a-z-]+)")
