package commands

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
)

func TestTryRefusesWhatNoSourceDrops(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	files := dropped(set)
	require.Subset(t, files, []string{"customers", "products", "sales"})
	for _, dataset := range []string{"clicks", "quarantine", "nothing"} {
		err := try(t.Context(), dataset, []string{"a.csv"}, 1, &bytes.Buffer{}, &bytes.Buffer{})
		assert.ErrorContains(t, err,
			"is no dataset that sources drop files for; those are: "+strings.Join(files, ", "), dataset)
	}
}

func TestTryTakesPatterns(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a.csv", "b.csv", "c[1].csv"} {
		require.NoError(t, os.WriteFile(name, nil, 0o600))
	}
	names, err := matched([]string{"c[1].csv", "?.csv"})
	require.NoError(t, err)
	assert.Equal(t, []string{"c[1].csv", "a.csv", "b.csv"}, names)
	_, err = matched([]string{"a.csv", "*.json"})
	assert.ErrorContains(t, err, "there is no file *.json")
}

func TestTryShowsHeadersThatAreRefused(t *testing.T) {
	t.Chdir("../../..")
	path := filepath.Join(t.TempDir(), "bad.csv")
	require.NoError(t, os.WriteFile(path, []byte("ProductID;Title\r\n1;MUG\r\n"), 0o600))
	set, err := contracts.Load()
	require.NoError(t, err)
	raw, ok := set.Get("raw.products")
	require.True(t, ok)
	var out bytes.Buffer
	_, err = land(t.Context(), t.TempDir(), raw, []string{path}, &out, &bytes.Buffer{})
	require.ErrorContains(t, err, "landing takes none of the files")
	header := "ProductID,Title,Category,Price,Currency,UpdatedAt"
	assert.Equal(t, `bad.csv is refused as a whole: wrong_header: the header is not ["`+
		strings.ReplaceAll(header, ",", `" "`)+`"], nor an earlier version's, and of no other source; `+
		"the file is separated by ';'; landing takes ','\n"+
		"  found:    ProductID;Title\n  expected: "+header+" ("+raw.Headers()[0].Version+")\n", out.String())
}

func TestFilesAreTakenAsLandingTakesThem(t *testing.T) {
	t.Chdir("../../..")
	folder := t.TempDir()
	var zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	_, err := zip.Write([]byte("ProductID,Title,Category,Price,Currency,UpdatedAt\n1,MUG,,,,2025-01-01T00:00:00Z\n"))
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	zipped.Write(make([]byte, 512)) // as tapes and blocks are padded
	good, bad := filepath.Join(folder, "good.csv.gz"), filepath.Join(folder, "bad.csv")
	require.NoError(t, os.WriteFile(good, zipped.Bytes(), 0o600))
	require.NoError(t, os.WriteFile(bad, []byte("A,B\n1,2\n"), 0o600))
	files, err := examine(t.Context(), t.TempDir(), "products", []string{good, bad}, time.Now(), &bytes.Buffer{})
	require.NoError(t, err)
	require.Len(t, files, 2)
	assert.Equal(t, []any{"good.csv.gz", "csv", 1, ""},
		[]any{files[0].Name, files[0].Format, files[0].Records, files[0].Reason})
	assert.Equal(t, []string{"ProductID", "Title", "Category", "Price", "Currency", "UpdatedAt"}, files[0].Columns)
	assert.Equal(t, "wrong_header", files[1].Reason)
}
