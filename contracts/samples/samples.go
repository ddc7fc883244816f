// Package samples holds small files of datasets, good and bad lines, and what has to come of them: a demo sends them,
// so that nobody has to bring files of a dataset that somebody else has added.
//
// They lie at <dataset>/<name>.csv (or .json, also gzipped), beside <dataset>/expected.yaml.
package samples

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

//go:embed *
var embedded embed.FS

const expectedFile = "expected.yaml"

// Expected is what the lines of a dataset's samples become, in the order that the files' names have.
type Expected struct {
	Processed   int            `yaml:"processed"`
	Duplicates  int            `yaml:"duplicates"`
	Quarantined map[string]int `yaml:"quarantined"` // by reason
}

// Received is how many lines there are.
func (e Expected) Received() int {
	sum := e.Processed + e.Duplicates
	for _, count := range e.Quarantined {
		sum += count
	}
	return sum
}

// Set is the samples of one dataset.
type Set struct {
	Files    map[string][]byte // by name
	Expected Expected
}

// All are the samples by dataset.
func All() (map[string]Set, error) { return read(embedded) }

func read(fsys fs.FS) (map[string]Set, error) {
	paths, err := fs.Glob(fsys, "*/*")
	if err != nil {
		return nil, err
	}
	all := map[string]Set{}
	for _, path := range paths {
		content, err := fs.ReadFile(fsys, path)
		if err != nil {
			return nil, fmt.Errorf("contracts/samples: %w", err)
		}
		dataset, name, _ := strings.Cut(path, "/")
		set := all[dataset]
		if set.Files == nil {
			set.Files = map[string][]byte{}
		}
		set.Files[name] = content
		all[dataset] = set
	}
	var errs []error
	for _, dataset := range slices.Sorted(maps.Keys(all)) {
		set := all[dataset]
		errs = append(errs, set.expect(dataset))
		all[dataset] = set
	}
	return all, errors.Join(errs...)
}

// expect takes what is expected from among the files. There has to be something good and something bad to see.
func (s *Set) expect(dataset string) error {
	at := "contracts/samples/" + dataset + "/" + expectedFile
	decoder := yaml.NewDecoder(bytes.NewReader(s.Files[expectedFile]))
	decoder.KnownFields(true)
	if err := decoder.Decode(&s.Expected); err != nil {
		return fmt.Errorf("%s: it says how many lines are processed and duplicates, and by reason quarantined: %w", at,
			err)
	}
	delete(s.Files, expectedFile)
	switch {
	case len(s.Files) == 0:
		return fmt.Errorf("%s: there are no files beside it", at)
	case s.Expected.Processed == 0:
		return fmt.Errorf("%s: no line is processed", at)
	case len(s.Expected.Quarantined) == 0:
		return fmt.Errorf("%s: no line is quarantined; a bad one shows what becomes of those", at)
	}
	return nil
}
