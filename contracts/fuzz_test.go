package contracts

import (
	"encoding/json"
	"io/fs"
	"testing"
	"testing/fstest"
)

// FuzzLoad feeds one file of the set with anything: the loader never panics, and what it accepts can be derived from.
func FuzzLoad(f *testing.F) {
	paths, err := fs.Glob(embedded, "*/*"+suffix)
	if err != nil {
		f.Fatal(err)
	}
	base := fstest.MapFS{}
	for _, path := range paths {
		content, err := embedded.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		base[path] = &fstest.MapFile{Data: content}
		f.Add(uint8(len(base)-1), content)
	}
	f.Add(uint8(0), []byte("a: &a [*a]"))
	f.Add(uint8(0), []byte("schema: [{properties: [{name: x, logicalTypeOptions: {minimum: [1]}}]}]"))
	f.Fuzz(func(t *testing.T, which uint8, content []byte) {
		fsys := fstest.MapFS{}
		for path, file := range base {
			fsys[path] = file
		}
		fsys[paths[int(which)%len(paths)]] = &fstest.MapFile{Data: content}
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
			c.TableParameters()
			c.GlueColumns()
			if changes := Compare(c, c); len(changes) > 0 {
				t.Fatalf("%s differs from itself: %v", c.ID, changes)
			}
		}
	})
}
