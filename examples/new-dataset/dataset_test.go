// Package newdataset adds a dataset to a copy of the repository and runs the
// platform with it. What adding takes is the folder files: contracts, one
// transform, one test, samples. The check fails when anything else would have to change.
package newdataset

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dataplatform/e2e/report"
	"dataplatform/internal/figures"
	"dataplatform/local/toolchain"
)

const (
	switchedOn = "DATAPLATFORM_SELFCHECK"
	root       = "../.."
)

func TestMain(m *testing.M) {
	if os.Getenv(switchedOn) != "1" {
		fmt.Printf(
			"this test deploys the platform and takes minutes; %s=1 go test -count=1 -timeout 30m ./examples/new-dataset runs it\n",
			switchedOn,
		)
		return
	}
	os.Exit(m.Run())
}

func TestADatasetIsAddedByContractsATransformAndATest(t *testing.T) {
	scratch, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	copyRepository(t, scratch)
	require.NoError(t, os.CopyFS(scratch, os.DirFS("files")),
		"everything that is added is a new file: CopyFS overwrites none")

	run(t, scratch, nil, "go", "run", "./cmd/release-contracts")
	secondVersion(t, scratch)
	run(t, scratch, nil, "go", "run", "./cmd/release-contracts")
	run(t, scratch, nil, "go", "test", "./contracts/...", "./platform/...", "./e2e/demo")
	cache, err := toolchain.DefaultCache()
	require.NoError(t, err)
	setup := toolchain.Setup{Root: scratch, Cache: cache, Log: os.Stderr}
	tools, err := setup.Ensure(t.Context(), toolchain.Python, toolchain.Jars)
	require.NoError(t, err)
	run(t, scratch, nil, "go", "run", "./cmd/build") // the tests of the jobs read the contracts as they are packed
	run(t, scratch, nil, tools.Python, "-m", "ruff", "check", "glue-scripts")
	run(t, scratch, []string{"DATAPLATFORM_JARS=" + tools.Jars}, tools.Python, "-m", "pytest", "-q",
		"glue-scripts/tests/test_stock.py")
	run(t, scratch, nil, "go", "run", "./cmd/devstack", "demo", "--events", "2000", "--rate", "0", "--lines", "300",
		"--photos", "5")

	text, err := os.ReadFile(filepath.Join(scratch, "build", "report.json"))
	require.NoError(t, err)
	var account report.Report
	require.NoError(t, json.Unmarshal(text, &account))
	require.Equal(t, figures.Counts{
		Received: 33, Processed: 28, Duplicates: 3, Quarantined: 2,
		Reasons: map[string]int{"missing_field": 1, "wrong_type": 1},
	}, account.Datasets["stock"])
	require.Empty(t, account.Problems)
}

// secondVersion changes what the warehouses send: a column before the others. Files of both headers arrive in one hour,
// and a line of the first one comes again in the new form.
func secondVersion(t *testing.T, scratch string) {
	t.Helper()
	const first = "      - name: Product\n"
	edit(t, scratch, "contracts/raw/stock.odcs.yaml", "version: 1.0.0", "version: 1.1.0", first,
		"      - name: Device\n        logicalType: string\n        physicalType: string\n        description: What counted.\n        classification: internal\n"+first)
	edit(t, scratch, "contracts/samples/stock/expected.yaml", "processed: 27", "processed: 28",
		"duplicates: 2", "duplicates: 3")
	later := "Device,Product,Site,CountedAt,OnHand\n,20002,Leeds,2025-06-02T06:01:00Z,151\nscanner,20017,Leeds,2025-06-02T06:50:00Z,88\n"
	require.NoError(t,
		os.WriteFile(filepath.Join(scratch, "contracts", "samples", "stock", "later.csv"), []byte(later), 0o644))
}

// edit replaces texts of a file, each of which is there once.
func edit(t *testing.T, scratch, path string, replace ...string) {
	t.Helper()
	path = filepath.Join(scratch, filepath.FromSlash(path))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := 0; i < len(replace); i += 2 {
		require.Equal(t, 1, strings.Count(string(text), replace[i]), replace[i])
		text = []byte(strings.Replace(string(text), replace[i], replace[i+1], 1))
	}
	require.NoError(t, os.WriteFile(path, text, 0o644))
}

// copyRepository copies what git tracks, and what it would, but this example.
func copyRepository(t *testing.T, to string) {
	t.Helper()
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	names, err := list.Output()
	require.NoError(t, err)
	for _, name := range strings.Split(strings.TrimRight(string(names), "\x00"), "\x00") {
		if strings.HasPrefix(name, "examples/new-dataset/") {
			continue
		}
		content, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) { // deleted, and not committed yet
			continue
		}
		require.NoError(t, err)
		info, err := os.Stat(filepath.Join(root, name))
		require.NoError(t, err)
		path := filepath.Join(to, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, content, info.Mode()&fs.ModePerm))
	}
}

func run(t *testing.T, dir string, env []string, argv ...string) {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &said, &said
	require.NoError(t, cmd.Run(), "%s\n%s", strings.Join(argv, " "), &said)
}
