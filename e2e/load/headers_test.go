package load

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
)

// A line of an earlier version's file says what it says in the new form with nothing in the new column.
func TestALineIsTheSameUnderBothHeaders(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS("../../contracts")))
	path := filepath.Join(folder, "raw", "sales.odcs.yaml")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	const first = "      - name: InvoiceNo\n"
	changed := strings.NewReplacer("version: 1.0.1", "version: 1.1.0", first,
		"      - name: Channel\n        logicalType: string\n        physicalType: string\n        description: Where.\n        classification: internal\n"+first).Replace(
		string(text),
	)
	require.NoError(t, os.WriteFile(path, []byte(changed), 0o600))
	set, err := contracts.LoadFS(os.DirFS(folder))
	require.NoError(t, err)
	sales, _ := set.Get("raw.sales")

	header, line := strings.Join(salesHeader, ","), "1,A,mug,6,2025-06-02 09:00:00,2.55,17850,France"
	old := Lines(sales, []byte(header+"\n"+line+"\n1,A\n"))
	later := Lines(sales, []byte("Channel,"+header+"\n,"+line+"\nweb,"+line+"\n"))
	require.Len(t, old, 2)
	require.Len(t, later, 2)
	assert.Equal(t, old[0].Key, later[0].Key)
	assert.NotEqual(t, old[0].Key, later[1].Key)
	assert.Len(t, Lines(sales, []byte("Other,"+header+"\n,"+line+"\n")), 1,
		"of no version: a file that cannot be taken apart")
}
