package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Like writes a curated dataset beside another one, from its contract and its transform, and returns their paths and
// what is to be decided: for a shape that readers of the other one could not take.
func Like(root, name, id string) (paths, decisions []string, err error) {
	layer, dataset, _ := strings.Cut(id, ".")
	if !namePattern.MatchString(name) {
		return nil, nil, fmt.Errorf("%q is no name of a dataset; allowed: small letters, digits and _", name)
	}
	if layer != "curated" {
		return nil, nil, fmt.Errorf("%s is not curated: what a source sends has one processed table. Give the source another "+
			"name (--from FILE) and drop its files again, or add columns and end others", id)
	}
	contract, err := os.ReadFile(filepath.Join(root, "contracts", layer, dataset+".odcs.yaml"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("there is no %s", id)
	}
	if err != nil {
		return nil, nil, err
	}
	transforms := filepath.Join("glue-scripts", "dataplatform", "transforms", layer)
	transform, err := os.ReadFile(filepath.Join(root, transforms, dataset+".py"))
	if err != nil {
		return nil, nil, err
	}
	made := map[string][]byte{
		"contracts/" + layer + "/" + name + ".odcs.yaml":  []byte(renamed(string(contract), dataset, name)),
		filepath.ToSlash(transforms) + "/" + name + ".py": transform,
	}
	paths, err = write(root, made)
	return paths, []string{
		"what is other than in " + id + ": columns, types, key, partitions, in the contract and in the transform",
		"what readers are told: description, usage, limitations; and in " + id + " that it ends, and when",
	}, err
}

var (
	versionLine = regexp.MustCompile(`(?m)^version: .*$`)
	endedLines  = regexp.MustCompile(`(?m)^  - property: ended\n    value: .*\n`)
)

// renamed is a contract under another name, as its first version.
func renamed(contract, from, to string) string {
	contract = versionLine.ReplaceAllString(endedLines.ReplaceAllString(contract, ""), "version: 1.0.0")
	for _, line := range []string{"id: curated.%s\n", "\nname: %s\n", "\n  - name: %s\n"} {
		contract = strings.Replace(contract, fmt.Sprintf(line, from), fmt.Sprintf(line, to), 1)
	}
	return contract
}

// write writes files that are all new.
func write(root string, made map[string][]byte) (paths []string, err error) {
	for path := range made {
		if _, err := os.Stat(filepath.Join(root, path)); !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s is there already", path)
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		to := filepath.Join(root, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(to, made[path], 0o644); err != nil {
			return nil, err
		}
	}
	return paths, nil
}
