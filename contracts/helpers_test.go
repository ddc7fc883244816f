package contracts

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// modelFiles are the contracts that tests count and edit. Datasets that are added later are not among them, so no test
// changes with them.
var modelFiles = []string{
	"curated/product_funnel_hourly", "curated/products_current", "curated/sales_hourly", "curated/sessions",
	"processed/clicks", "processed/products", "processed/sales", "raw/clicks", "raw/products",
	"raw/quarantine", "raw/sales",
}

// files returns a copy of the model, with each file edited by replacing text, which must be there exactly once.
func files(t *testing.T, edits ...edit) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	for _, name := range modelFiles {
		content, err := embedded.ReadFile(name + suffix)
		require.NoError(t, err)
		out[name+suffix] = &fstest.MapFile{Data: content}
	}
	for _, e := range edits {
		content := string(out[e.file].Data)
		require.Equal(t, 1, strings.Count(content, e.old), "%s must hold %q once", e.file, e.old)
		out[e.file] = &fstest.MapFile{Data: []byte(strings.Replace(content, e.old, e.new, 1))}
	}
	return out
}

type edit struct{ file, old, new string }

// model is the set of the files that tests count.
func model(t *testing.T) *Set {
	t.Helper()
	set, err := LoadFS(files(t))
	require.NoError(t, err)
	return set
}

// real is every contract of the platform, those of features too.
func real(t *testing.T) *Set {
	t.Helper()
	set, err := LoadWithFeatures()
	require.NoError(t, err)
	return set
}

func get(t *testing.T, set *Set, id string) *Contract {
	t.Helper()
	c, ok := set.Get(id)
	require.True(t, ok, "contract %s", id)
	return c
}

// lines splits a joined error into its problems, without the lines of the files that they are in.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	problems := strings.Split(err.Error(), "\n")
	for i, problem := range problems {
		problems[i] = place.ReplaceAllString(problem, "$1: ")
	}
	return problems
}

var place = regexp.MustCompile(`^(contracts/[a-z_/.]+):\d+: `)
