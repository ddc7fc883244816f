package contracts

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// files returns a copy of the real contracts, with each file edited by replacing text, which must be there exactly once.
func files(t *testing.T, edits ...edit) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	paths, err := fs.Glob(embedded, "*/*"+suffix)
	require.NoError(t, err)
	for _, path := range paths {
		content, err := embedded.ReadFile(path)
		require.NoError(t, err)
		out[path] = &fstest.MapFile{Data: content}
	}
	for _, e := range edits {
		content := string(out[e.file].Data)
		require.Equal(t, 1, strings.Count(content, e.old), "%s must hold %q once", e.file, e.old)
		out[e.file] = &fstest.MapFile{Data: []byte(strings.Replace(content, e.old, e.new, 1))}
	}
	return out
}

type edit struct{ file, old, new string }

func real(t *testing.T) *Set {
	t.Helper()
	set, err := Load()
	require.NoError(t, err)
	return set
}

func get(t *testing.T, set *Set, id string) *Contract {
	t.Helper()
	c, ok := set.Get(id)
	require.True(t, ok, "contract %s", id)
	return c
}

// lines splits a joined error into its problems.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}
