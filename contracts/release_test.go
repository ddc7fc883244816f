package contracts

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The gate itself: every contract's version is released, unchanged since, and named for how much it changed.
func TestContractsAreReleased(t *testing.T) {
	require.NoError(t, CheckReleases(real(t), os.DirFS("released")))
}

// released are the released versions of the model, as files that a test can change.
func released(t *testing.T) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	dir := os.DirFS("released")
	paths, err := fs.Glob(dir, "*/*"+suffix)
	require.NoError(t, err)
	for _, path := range paths {
		if !slices.Contains(modelFiles, strings.Replace(filepath.Dir(path), ".", "/", 1)) {
			continue
		}
		content, err := fs.ReadFile(dir, path)
		require.NoError(t, err)
		out[path] = &fstest.MapFile{Data: content}
	}
	return out
}

func TestReleaseGate(t *testing.T) {
	widen := edit{processedSales, "physicalType: int\n        description: Pieces",
		"physicalType: bigint\n        description: Pieces"}
	text := edit{processedSales, "description: Pieces; negative for returned goods.", "description: Pieces."}
	column := edit{processedSales, "      - name: is_weekend\n", newColumn("") + "      - name: is_weekend\n"}
	version := func(v string) edit { return edit{processedSales, "version: 5.0.0", "version: " + v} }
	const missing = "contracts/released/processed.sales/%s.odcs.yaml is missing; go run ./cmd/release-contracts writes it"
	tests := map[string]struct {
		edits []edit
		want  string
	}{
		"break without a version": {[]edit{widen},
			"contracts/processed/sales.odcs.yaml: version 5.0.0 is released and differs from contracts/released/processed.sales/5.0.0.odcs.yaml; " +
				"needs version 6.0.0 or later: quantity: type widened (integer int -> integer bigint), breaks readers"},
		"break with a minor version": {[]edit{widen, version("5.1.0")},
			"contracts/processed/sales.odcs.yaml: version 5.1.0 after 5.0.0: " +
				"needs version 6.0.0 or later: quantity: type widened (integer int -> integer bigint), breaks readers"},
		"break with a major version": {[]edit{widen, version("6.0.0")}, strings.Replace(missing, "%s", "6.0.0", 1)},
		"addition with a patch version": {[]edit{column, version("5.0.1")},
			"contracts/processed/sales.odcs.yaml: version 5.0.1 after 5.0.0: needs version 5.1.0 or later: note: optional column added"},
		"addition with a minor version": {[]edit{column, version("5.1.0")}, strings.Replace(missing, "%s", "5.1.0", 1)},
		"text without a version": {[]edit{text},
			"contracts/processed/sales.odcs.yaml: version 5.0.0 is released and differs from contracts/released/processed.sales/5.0.0.odcs.yaml; " +
				"needs version 5.0.1 or later: only texts changed"},
		"text with a patch version": {[]edit{text, version("5.0.1")}, strings.Replace(missing, "%s", "5.0.1", 1)},
		"older version": {[]edit{version("1.9.0")},
			"contracts/processed/sales.odcs.yaml: version 1.9.0 is older than the released 5.0.0"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			set, err := LoadFS(files(t, test.edits...))
			require.NoError(t, err)
			assert.Equal(t, []string{test.want}, lines(CheckReleases(set, released(t))))
		})
	}
}

func TestReleasesFollowOneAnother(t *testing.T) {
	snapshots := released(t)
	old := snapshots["processed.sales/5.0.0.odcs.yaml"].Data
	narrowed := strings.NewReplacer("version: 5.0.0", "version: 5.0.1", "[sale, return, adjustment, fee, void]",
		"[sale]").Replace(string(old))
	snapshots["processed.sales/5.0.1.odcs.yaml"] = &fstest.MapFile{Data: []byte(narrowed)}
	set, err := LoadFS(files(t, edit{processedSales, "version: 5.0.0", "version: 7.0.0"}))
	require.NoError(t, err)
	err = CheckReleases(set, snapshots)
	assert.ErrorContains(t, err,
		"contracts/processed/sales.odcs.yaml: version 5.0.1 after 5.0.0: needs version 6.0.0 or later: "+
			"line_type: enum value removed (return -> none), breaks readers")
}

func TestReleasesOfAGoneContract(t *testing.T) {
	snapshots := released(t)
	snapshots["curated.old/1.0.0.odcs.yaml"] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(
		string(snapshots["curated.sessions/1.0.0.odcs.yaml"].Data), "sessions", "old"))}
	assert.EqualError(t, CheckReleases(model(t), snapshots),
		"contracts/released/curated.old has releases but the contract is gone; a dataset is removed by removing its releases too")
}

func TestReleasesUnderAWrongName(t *testing.T) {
	snapshots := released(t)
	snapshots["curated.sessions/1.2.0.odcs.yaml"] = snapshots["curated.sessions/1.0.0.odcs.yaml"]
	assert.ErrorContains(t, CheckReleases(model(t), snapshots),
		"contracts/released/curated.sessions/1.2.0.odcs.yaml: does not hold version 1.2.0 of curated.sessions")
}

func TestPlanReleases(t *testing.T) {
	set, err := LoadFS(files(t,
		edit{processedSales, "      - name: is_weekend\n", newColumn("") + "      - name: is_weekend\n"},
		edit{processedSales, "version: 5.0.0", "version: 5.1.0"}))
	require.NoError(t, err)
	plan, err := PlanReleases(set, released(t), nil)
	require.NoError(t, err)
	require.Len(t, plan.Write, 1)
	assert.Equal(t, "processed.sales/5.1.0.odcs.yaml", plan.Write[0].Path)
	assert.Equal(t, []Change{{Path: "note", Kind: ColumnAdded}}, plan.Write[0].Changes)
	assert.Contains(t, string(plan.Write[0].Content), "version: 5.1.0")

	first, err := PlanReleases(model(t), fstest.MapFS{}, nil)
	require.NoError(t, err)
	assert.Len(t, first.Write, len(model(t).All()), "without a history every contract is released")
}

// What the main branch has was deployed, and stays; what only a branch has may still be corrected.
func TestReleasesAreComparedWithTheMainBranch(t *testing.T) {
	const id = "processed.sales/"
	text := func(version, description string) []byte {
		return []byte(strings.NewReplacer("version: 5.0.0", "version: "+version,
			"Pieces; negative for returned goods.", description).Replace(string(released(t)[id+"5.0.0"+suffix].Data)))
	}
	with := func(versions map[string]string) fstest.MapFS {
		out := released(t)
		for version, description := range versions {
			out[id+version+suffix] = &fstest.MapFile{Data: text(version, description)}
		}
		return out
	}
	for name, test := range map[string]struct {
		version, description string // of the contract
		here, merged         fstest.MapFS
		write, remove        []string
		want                 string
	}{
		"nothing new": {"5.0.0", "Pieces; negative for returned goods.", with(nil), with(nil), nil, nil, ""},
		"a correction before the merge": {"5.0.1", "Pieces.", with(map[string]string{"5.0.1": "Peices."}), with(nil),
			[]string{"5.0.1"}, nil, ""},
		"a correction after it": {"5.0.1", "Pieces.", with(map[string]string{"5.0.1": "Peices."}),
			with(map[string]string{"5.0.1": "Peices."}), nil, nil, "version 5.0.1 is released and differs"},
		"a lower number before the merge": {"5.0.1", "Pieces.", with(map[string]string{"6.0.0": "Pieces."}), with(nil),
			[]string{"5.0.1"}, []string{"6.0.0"}, ""},
		"a second version before the merge": {"5.0.2", "Pieces!", with(map[string]string{"5.0.1": "Pieces."}),
			with(nil), []string{"5.0.2"}, nil, ""},
		"both sides edited and released": {"5.0.1", "Pieces.", with(map[string]string{"5.0.1": "Pieces."}),
			with(map[string]string{"5.0.1": "Items."}), nil, nil,
			id + "5.0.1.odcs.yaml differs from the main branch's: a version that is merged stays as it is"},
		"main went on": {"5.0.1", "Pieces.", with(nil), with(map[string]string{"5.0.1": "Items."}), nil, nil,
			id + "5.0.1.odcs.yaml is on the main branch and not here: merge that first"},
		"main went on with what is not changed here": {"5.0.0", "Pieces; negative for returned goods.", with(nil),
			with(map[string]string{"5.0.1": "Items."}), nil, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := files(t)
			fsys[processedSales] = &fstest.MapFile{Data: text(test.version, test.description)}
			set, err := LoadFS(fsys)
			require.NoError(t, err)
			plan, err := PlanReleases(set, test.here, test.merged)
			if test.want != "" {
				require.ErrorContains(t, err, test.want)
				return
			}
			require.NoError(t, err)
			var write []string
			for _, snapshot := range plan.Write {
				write = append(write, snapshot.Contract.Version)
			}
			assert.Equal(t, test.write, write)
			var remove []string
			for _, version := range test.remove {
				remove = append(remove, id+version+suffix)
			}
			assert.Equal(t, remove, plan.Remove)
		})
	}
}

func TestHistory(t *testing.T) {
	files := released(t)
	const id = "processed.sales"
	first := files[id+"/5.0.0"+suffix].Data
	next := strings.Replace(string(first), "version: 5.0.0", "version: 5.1.0", 1)
	next = strings.Replace(next, "      - name: is_weekend\n", newColumn("")+"      - name: is_weekend\n", 1)
	files[id+"/5.1.0"+suffix] = &fstest.MapFile{Data: []byte(next)}
	history, err := History(files)
	require.NoError(t, err)
	require.Len(t, history[id], 7)
	assert.Equal(t, Release{Version: "1.0.0"}, history[id][0])
	assert.Equal(t, "5.1.0", history[id][6].Version)
	require.Len(t, history[id][6].Changes, 1)
	assert.Equal(t, "note: optional column added", history[id][6].Changes[0].String())
	files[id+"/5.1.0"+suffix] = &fstest.MapFile{Data: first}
	_, err = History(files)
	assert.ErrorContains(t, err, "does not hold version 5.1.0")
}
