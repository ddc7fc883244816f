package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
)

func fits(*contracts.Set, []string, io.Writer) error { return nil }

func TestRunWritesWhatIsMissingOnce(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	r := release{dir: dir, held: fits, out: &out}
	require.NoError(t, r.run())
	set, err := contracts.LoadWithFeatures()
	require.NoError(t, err)
	clicks, ok := set.Get("raw.clicks")
	require.True(t, ok)
	assert.Contains(t, out.String(), "released "+filepath.Join(dir, "raw.clicks", clicks.Version+".odcs.yaml"))
	require.NoError(t, contracts.CheckReleases(set, os.DirFS(dir)))

	out.Reset()
	require.NoError(t, r.run())
	assert.Equal(t, "every contract's version is released\n", out.String())
}

// edited is a folder of releases of which one is not as its contract is.
func edited(t *testing.T) (dir, path string, content []byte) {
	t.Helper()
	dir = t.TempDir()
	require.NoError(t, (&release{dir: dir, held: fits, out: io.Discard}).run())
	set, err := contracts.LoadWithFeatures()
	require.NoError(t, err)
	sales, ok := set.Get("raw.sales")
	require.True(t, ok)
	path = filepath.Join(dir, "raw.sales", sales.Version+".odcs.yaml")
	content, err = os.ReadFile(path)
	require.NoError(t, err)
	content = bytes.Replace(content, []byte("name: UnitPrice"), []byte("name: Price"), 1)
	require.NoError(t, os.WriteFile(path, content, 0o644))
	return dir, path, content
}

func TestRunNeverRewritesWhatIsMerged(t *testing.T) {
	dir, path, before := edited(t)
	err := (&release{dir: dir, held: fits, out: io.Discard}).run()
	assert.ErrorContains(t, err, "is released and differs")
	err = (&release{dir: dir, merged: os.DirFS(dir), held: fits, out: io.Discard}).run()
	assert.ErrorContains(t, err, "is released and differs")
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, before, after)
}

func TestRunCorrectsWhatIsNotMerged(t *testing.T) {
	dir, path, _ := edited(t)
	r := release{dir: dir, merged: fstest.MapFS{}, held: fits, out: io.Discard, check: true}
	assert.ErrorContains(t, r.run(), "is missing; go run ./cmd/release-contracts writes it")
	r.check = false
	require.NoError(t, r.run())
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Contains(t, string(after), "name: UnitPrice")
}

func TestRunRefusesAMappingThatIsGone(t *testing.T) {
	merged := fstest.MapFS{"sales.shop.yaml": {Data: []byte("description: a shop's\n")}}
	err := (&release{dir: t.TempDir(), mappings: merged, held: fits, out: io.Discard}).run()
	assert.ErrorContains(t, err, "contracts/mappings/sales.shop.yaml: is gone")
}

func TestRunKeepsNothingThatDoesNotFit(t *testing.T) {
	dir := t.TempDir()
	var asked []string
	r := release{dir: dir, out: io.Discard, held: func(_ *contracts.Set, ids []string, _ io.Writer) error {
		asked = ids
		return errors.New("curated.sales_hourly: no column stok_code")
	}}
	assert.ErrorContains(t, r.run(), "no column stok_code")
	assert.Contains(t, asked, "curated.sales_hourly")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, entries)
}

func TestWhatTheMainBranchHas(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "released")
	_, branch, err := mainBranch(dir, "")
	require.NoError(t, err)
	assert.Empty(t, branch, "no folder")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "raw.a"), 0o755))
	_, branch, err = mainBranch(dir, "")
	require.NoError(t, err)
	assert.Empty(t, branch, "no repository")

	run := func(args ...string) {
		t.Helper()
		somebody := []string{"-C", root, "-c", "user.name=a", "-c", "user.email=a@example.org"}
		command := exec.Command("git", append(somebody, args...)...)
		said, err := command.CombinedOutput()
		require.NoError(t, err, "%s", said)
	}
	path := filepath.Join(dir, "raw.a", "1.0.0.odcs.yaml")
	run("init", "-q", "-b", "main")
	run("commit", "-q", "--allow-empty", "-m", "first")
	merged, branch, err := mainBranch(dir, "")
	require.NoError(t, err)
	assert.Equal(t, "main", branch)
	assert.Empty(t, merged, "it has no such folder")

	require.NoError(t, os.WriteFile(path, []byte("merged"), 0o644))
	run("add", ".")
	run("commit", "-q", "-m", "second")
	run("checkout", "-q", "-b", "mine")
	require.NoError(t, os.WriteFile(path, []byte("mine"), 0o644))
	run("commit", "-q", "-a", "-m", "third")
	merged, branch, err = mainBranch(dir, "")
	require.NoError(t, err)
	assert.Equal(t, "main", branch)
	assert.Equal(t, fstest.MapFS{"raw.a/1.0.0.odcs.yaml": {Data: []byte("merged")}}, merged)
	_, _, err = mainBranch(dir, "origin/release")
	assert.EqualError(t, err, "there is no branch origin/release here")
}
