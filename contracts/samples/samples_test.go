package samples

import (
	"testing"
	"testing/fstest"

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
