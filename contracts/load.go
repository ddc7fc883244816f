package contracts

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed */*.odcs.yaml mappings released/raw.*/*.odcs.yaml
var embedded embed.FS

const suffix = ".odcs.yaml"

// Set is every contract of the platform, valid and consistent with one another.
type Set struct {
	contracts []*Contract // by id
	bundle    []byte
	hash      string
}

var (
	load             = sync.OnceValues(func() (*Set, error) { return loadFS(embedded, false) })
	loadWithFeatures = sync.OnceValues(func() (*Set, error) { return LoadFS(embedded) })
)

// Load reads the contracts of every platform that are built into the program. The error joins every problem of every
// file, each with the file, the path inside it and what is allowed.
func Load() (*Set, error) { return load() }

// LoadWithFeatures reads, beside those of Load, the contracts of the features layer and of what is computed from it:
// those that only a platform with recommendations has.
func LoadWithFeatures() (*Set, error) { return loadWithFeatures() }

// LoadFS reads contracts from <layer>/<dataset>.odcs.yaml below the root of fsys, and the headers of earlier versions
// of CSV files from released/.
func LoadFS(fsys fs.FS) (*Set, error) { return loadFS(fsys, true) }

func loadFS(fsys fs.FS, features bool) (*Set, error) {
	files, err := fs.Glob(fsys, "*/*"+suffix)
	if err != nil {
		return nil, fmt.Errorf("contracts: %w", err)
	}
	if len(files) == 0 {
		return nil, errors.New("contracts: no <layer>/<dataset>" + suffix + " file found")
	}
	slices.Sort(files)
	var errs []error
	set := &Set{}
	problemsOf := map[string]*problems{}
	for _, file := range files {
		content, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("contracts: %w", err)
		}
		p := &problems{file: "contracts/" + file}
		layer, dataset := path.Dir(file), strings.TrimSuffix(path.Base(file), suffix)
		contract := parse(p, content, layer, dataset)
		problemsOf[contract.ID] = p
		set.contracts = append(set.contracts, contract)
	}
	slices.SortFunc(set.contracts, func(a, b *Contract) int { return strings.Compare(a.ID, b.ID) })
	if !features {
		all := &Set{contracts: set.contracts}
		set.contracts = slices.DeleteFunc(slices.Clone(set.contracts), all.needsFeatures)
	}
	set.resolve()
	if err := set.releasedHeaders(fsys, problemsOf); err != nil {
		return nil, err
	}
	wrong, err := set.loadMappings(fsys)
	if err != nil {
		return nil, err
	}
	errs = append(errs, wrong...)
	for _, c := range set.contracts {
		p := problemsOf[c.ID]
		set.validate(p, c)
		errs = append(errs, p.errs...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return set, set.seal()
}

// parse turns one file into a contract. It always returns one, as complete as the file allows, so that the checks
// across contracts do not report follow-on errors for the files that depend on a broken one.
func parse(p *problems, content []byte, layer, dataset string) *Contract {
	contract := &Contract{ID: layer + "." + dataset, Layer: layer, Dataset: dataset, text: content}
	if !slices.Contains(layers, layer) {
		p.add("", "the folder %q is not a layer; allowed: %s", layer, strings.Join(layers, ", "))
		return contract
	}
	var doc document
	if !p.read(content, &doc, "a contract starts with apiVersion and kind") {
		return contract
	}
	doc.fill(p, contract)
	return contract
}

// All returns every contract, by id.
func (s *Set) All() []*Contract { return slices.Clone(s.contracts) }

// Get returns the contract with that id, such as "processed.clicks".
func (s *Set) Get(id string) (*Contract, bool) {
	for _, c := range s.contracts {
		if c.ID == id {
			return c, true
		}
	}
	return nil, false
}

// Layer returns the contracts of one layer, by id.
func (s *Set) Layer(layer string) []*Contract {
	var out []*Contract
	for _, c := range s.contracts {
		if c.Layer == layer {
			out = append(out, c)
		}
	}
	return out
}

// Layers are those that have contracts, in the order data flows.
func (s *Set) Layers() []string {
	return slices.DeleteFunc(slices.Clone(layers), func(layer string) bool { return len(s.Layer(layer)) == 0 })
}

// Datasets are the datasets that sources send, by name: everything raw that the platform does not write itself.
func (s *Set) Datasets() []string {
	var names []string
	for _, c := range s.Layer(LayerRaw) {
		if c.Source != SourcePlatform && c.Source != SourceBeside {
			names = append(names, c.Dataset)
		}
	}
	return names
}
