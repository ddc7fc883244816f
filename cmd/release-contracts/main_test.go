package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
)

func TestRunWritesWhatIsMissingOnce(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	require.NoError(t, run(dir, &out))
	set, err := contracts.LoadWithFeatures()
	require.NoError(t, err)
	clicks, ok := set.Get("raw.clicks")
	require.True(t, ok)
	assert.Contains(t, out.String(), "released "+filepath.Join(dir, "raw.clicks", clicks.Version+".odcs.yaml"))
	require.NoError(t, contracts.CheckReleases(set, os.DirFS(dir)))

	out.Reset()
	require.NoError(t, run(dir, &out))
	assert.Equal(t, "every contract's version is released\n", out.String())
}

func TestRunNeverRewritesARelease(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, run(dir, &bytes.Buffer{}))
	set, err := contracts.LoadWithFeatures()
	require.NoError(t, err)
	sales, ok := set.Get("raw.sales")
	require.True(t, ok)
	path := filepath.Join(dir, "raw.sales", sales.Version+".odcs.yaml")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	changed := bytes.Replace(content, []byte("name: UnitPrice"), []byte("name: Price"), 1)
	require.NoError(t, os.WriteFile(path, changed, 0o644))
	assert.ErrorContains(t, run(dir, &bytes.Buffer{}), "version "+sales.Version+" is released and differs")
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, changed, after)
}
