package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a header is worth goes by the day, as landing goes by it; a file that is asked about without one has its time.
func TestAHeaderThatHasHadItsTimeIsRefused(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS("../../../../contracts")))
	contract := filepath.Join(folder, "raw", "products.odcs.yaml")
	text, err := os.ReadFile(contract)
	require.NoError(t, err)
	changed := strings.NewReplacer("version: 1.0.1", "version: 2.0.0", "name: Title\n", "name: Name\n",
		"  - property: source\n", "  - property: headersUntil\n    value: {1.0.1: 2026-03-01}\n  - property: source\n")
	require.NoError(t, os.WriteFile(contract, []byte(changed.Replace(string(text))), 0o600))
	file := filepath.Join(t.TempDir(), "old.csv")
	require.NoError(t, os.WriteFile(file,
		[]byte("ProductID,Title,Category,Price,Currency,UpdatedAt\n1,MUG,,,,2025-01-01T00:00:00Z\n"), 0o600))
	for arrival, reason := range map[string]string{
		"": "", "2026-02-28T23:59:59Z": "", "2026-03-01T00:00:00Z": "wrong_header",
	} {
		var out bytes.Buffer
		require.NoError(t, run(folder, arrival, []string{"products", file}, &out))
		assert.Contains(t, out.String(), `"reason":"`+reason+`"`, arrival)
	}
	assert.ErrorContains(t, run(folder, "yesterday", []string{"products", file}, &bytes.Buffer{}), "cannot parse")
}
