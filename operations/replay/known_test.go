package replay

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The ledger knows a file by what is in it, also one whose gzip landing refused before it took padding.
func TestAPaddedFileIsKnownByItsContent(t *testing.T) {
	content := []byte("a,b\n1,2\n")
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, err := writer.Write(content)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	digest := sha256.Sum256(content)
	l := newLake(t)
	l.known = map[string]bool{hex.EncodeToString(digest[:]): true}
	for name, file := range map[string][]byte{
		"plain": content, "gzip": packed.Bytes(), "padded": append(bytes.Clone(packed.Bytes()), make([]byte, 512)...),
	} {
		known, err := l.quarantine().known(t.Context(), "sales", file)
		require.NoError(t, err)
		assert.True(t, known, name)
	}
	known, err := l.quarantine().known(t.Context(), "sales", []byte("a,b\n3,4\n"))
	require.NoError(t, err)
	assert.False(t, known)
}
