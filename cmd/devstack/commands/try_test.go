package commands

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTryRefusesWhatNoSourceDrops(t *testing.T) {
	for _, dataset := range []string{"clicks", "quarantine", "nothing"} {
		err := try(t.Context(), dataset, []string{"a.csv"}, 1, &bytes.Buffer{}, &bytes.Buffer{})
		assert.ErrorContains(t, err, `is no dataset that sources drop files for`, dataset)
	}
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
	files, err := examine(t.Context(), t.TempDir(), "products", []string{good, bad}, &bytes.Buffer{})
	require.NoError(t, err)
	require.Len(t, files, 2)
	assert.Equal(t, []any{"good.csv.gz", "csv", 1, ""},
		[]any{files[0].Name, files[0].Format, files[0].Records, files[0].Reason})
	assert.Equal(t, []string{"ProductID", "Title", "Category", "Price", "Currency", "UpdatedAt"}, files[0].Columns)
	assert.Equal(t, "wrong_header", files[1].Reason)
}
