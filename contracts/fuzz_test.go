package contracts

import (
	"encoding/json"
	"testing"
	"testing/fstest"
)

// FuzzLoad replaces one of a dataset's two files with anything: the loader never panics, and whatever it accepts can be
// derived from. The files are large for the engine, so it needs -fuzzminimizetime 10x to get anywhere.
func FuzzLoad(f *testing.F) {
	paths := []string{"raw/clicks.odcs.yaml", "processed/clicks.odcs.yaml"}
	base := fstest.MapFS{}
	for i, path := range paths {
		content, err := embedded.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		base[path] = &fstest.MapFile{Data: content}
		f.Add(i == 0, content)
	}
	f.Add(true, []byte("a: &a [*a]"))
	f.Add(true, []byte("schema: [{properties: [{name: x, logicalTypeOptions: {minimum: [1]}}]}]"))
	f.Fuzz(func(t *testing.T, raw bool, content []byte) {
		fsys := fstest.MapFS{paths[0]: base[paths[0]], paths[1]: base[paths[1]]}
		if raw {
			fsys[paths[0]] = &fstest.MapFile{Data: content}
		} else {
			fsys[paths[1]] = &fstest.MapFile{Data: content}
		}
		set, err := LoadFS(fsys)
		if err != nil {
			return
		}
		for _, c := range set.All() {
			if _, err := c.JSONSchema(); err != nil {
				t.Fatal(err)
			}
			if !json.Valid(c.SparkSchema()) {
				t.Fatalf("%s: Spark schema is not JSON", c.ID)
			}
			c.TableParameters(Since{})
			c.GlueColumns()
			if changes := Compare(c, c); len(changes) > 0 {
				t.Fatalf("%s differs from itself: %v", c.ID, changes)
			}
		}
	})
}
