package samples

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
)

func TestEverySampleIsOfADatasetThatSourcesDropFilesFor(t *testing.T) {
	all, err := All()
	require.NoError(t, err)
	set, err := contracts.Load()
	require.NoError(t, err)
	for dataset := range all {
		contract, ok := set.Get(contracts.LayerRaw + "." + dataset)
		require.True(t, ok, dataset)
		assert.Equal(t, contracts.SourceLanding, contract.Source, dataset)
	}
}

// nothingFound says that nothing is found in the samples of each dataset, held against its raw contract.
func nothingFound[Found any](t *testing.T, search func(*contracts.Contract, Set) Found) {
	t.Helper()
	all, err := All()
	require.NoError(t, err)
	set, err := contracts.Load()
	require.NoError(t, err)
	for dataset, samples := range all {
		contract, ok := set.Get(contracts.LayerRaw + "." + dataset)
		require.True(t, ok, dataset)
		assert.Empty(t, search(contract, samples), dataset)
	}
}

// A header that is to have its time would fail every demo from that day on.
func TestSamplesOutliveTheirHeaders(t *testing.T) {
	nothingFound(t, ending)
}

// ending are the files with a header that its contract gives time until a day.
func ending(contract *contracts.Contract, samples Set) (found []string) {
	for name, content := range samples.Files {
		first, _, _ := strings.Cut(strings.TrimPrefix(string(content), "\ufeff"), "\n")
		for _, header := range contract.Headers() {
			same := strings.TrimSuffix(first, "\r") == strings.Join(header.Columns, ",")
			if same && !header.Until.IsZero() && !header.Ended(time.Unix(0, 0)) {
				found = append(found, name+" has the header of "+header.Version+", which ends")
			}
		}
	}
	return found
}

// What a demo would find, as far as it shows without a transform.
func TestSamplesHaveTheLinesThatAreExpected(t *testing.T) {
	nothingFound(t, unexpected)
}

// unexpected says which files landing refuses by their header when others have not all the lines that are expected.
func unexpected(contract *contracts.Contract, samples Set) string {
	lines, refused := 0, []string{}
	for _, name := range slices.Sorted(maps.Keys(samples.Files)) {
		if !strings.HasSuffix(name, ".csv") {
			return ""
		}
		reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(samples.Files[name], []byte("\ufeff"))))
		reader.FieldsPerRecord, reader.LazyQuotes = -1, true
		rows, err := reader.ReadAll()
		_, mapped := contract.MappingOf(slices.Concat(rows[:min(1, len(rows))]...))
		if own := slices.ContainsFunc(contract.Headers(), func(h contracts.Header) bool {
			return len(rows) > 0 && slices.Equal(h.Columns, rows[0]) && !h.Ended(time.Unix(0, 0))
		}); err != nil || !own && !mapped {
			refused = append(refused, name)
			continue
		}
		lines += len(rows) - 1
	}
	if lines == samples.Expected.Received() {
		return ""
	}
	return fmt.Sprintf("%s has %d lines, the files that landing takes have %d; of no version's and no mapping's header: %q",
		expectedFile, samples.Expected.Received(), lines, refused)
}

func TestLinesThatAreNotExpectedAreFound(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	contract, ok := set.Get("raw.products")
	require.True(t, ok)
	named := map[string]contracts.MappedField{"Title": {From: []string{"Name"}}}
	contract.Mappings = []contracts.Mapping{{Fields: named}}
	const own = "ProductID,Title,Category,Price,Currency,UpdatedAt\n1,MUG,,,,2025-01-01T00:00:00Z\n"
	for other, want := range map[string]string{
		"Name\nMUG\nCUP\n": "", "Label\nMUG\nCUP\n": `expected.yaml has 3 lines, the files that landing takes have 1; ` +
			`of no version's and no mapping's header: ["other.csv"]`,
		"Name\nMUG\n": "expected.yaml has 3 lines, the files that landing takes have 2; of no version's and no mapping's header: []",
	} {
		assert.Equal(t, want, unexpected(contract, Set{
			Files:    map[string][]byte{"own.csv": []byte(own), "other.csv": []byte(other)},
			Expected: Expected{Processed: 2, Quarantined: map[string]int{"wrong_type": 1}},
		}))
	}
}

func TestHeadersThatEndAreFound(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS("..")))
	path := filepath.Join(folder, "raw", "products.odcs.yaml")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	const of = "ProductID,Title,Category,Price,Currency,UpdatedAt\n1,MUG,,,,2025-01-01T00:00:00Z\n"
	for ends, want := range map[string][]string{
		"": nil, // already: such a sample shows what is refused
		"  - property: headersUntil\n    value: {1.0.1: 2999-03-01}\n": {"old.csv has the header of 1.0.0, which ends"},
	} {
		changed := strings.NewReplacer("version: 1.0.1", "version: 2.0.0", "name: Title\n", "name: Name\n",
			"  - property: source\n", ends+"  - property: source\n").Replace(string(text))
		require.NoError(t, os.WriteFile(path, []byte(changed), 0o600))
		set, err := contracts.LoadFS(os.DirFS(folder))
		require.NoError(t, err)
		contract, ok := set.Get("raw.products")
		require.True(t, ok)
		assert.Equal(t, want, ending(contract, Set{Files: map[string][]byte{
			"old.csv": []byte(of), "new.csv": []byte(strings.Replace(of, "Title", "Name", 1)),
		}}))
	}
}

func TestRead(t *testing.T) {
	good := "processed: 3\nduplicates: 1\nquarantined: {wrong_type: 2}\n"
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	all, err := read(fstest.MapFS{
		"samples.go": file(""), "stock/a.csv": file("A\n1\n"), "stock/b.json": file("[]"),
		"stock/expected.yaml": file(good),
	})
	require.NoError(t, err)
	assert.Equal(t, map[string]Set{"stock": {
		Files:    map[string][]byte{"a.csv": []byte("A\n1\n"), "b.json": []byte("[]")},
		Expected: Expected{Processed: 3, Duplicates: 1, Quarantined: map[string]int{"wrong_type": 2}},
	}}, all)
	assert.Equal(t, 6, all["stock"].Expected.Received())

	for name, test := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"nothing expected": {fstest.MapFS{"stock/a.csv": file("A\n1\n")}, "it says how many lines are processed"},
		"a key more": {fstest.MapFS{
			"stock/a.csv": file("A\n"), "stock/expected.yaml": file(good + "lost: 1\n"),
		}, "field lost not found"},
		"nothing but expected": {fstest.MapFS{"stock/expected.yaml": file(good)}, "there are no files beside it"},
		"nothing good": {fstest.MapFS{
			"stock/a.csv": file("A\n"), "stock/expected.yaml": file("quarantined: {wrong_type: 2}\n"),
		}, "no line is processed"},
		"nothing bad": {fstest.MapFS{"stock/a.csv": file("A\n"), "stock/expected.yaml": file("processed: 2\n")},
			"no line is quarantined"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(test.files)
			assert.ErrorContains(t, err, "contracts/samples/stock/expected.yaml: ")
			assert.ErrorContains(t, err, test.want)
		})
	}
}
