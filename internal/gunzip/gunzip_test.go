package gunzip

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReaderGoesOnBehindPadding(t *testing.T) {
	var file bytes.Buffer
	for _, text := range []string{"a,b\n", "1,2\n"} {
		zip := gzip.NewWriter(&file)
		_, err := zip.Write([]byte(text))
		require.NoError(t, err)
		require.NoError(t, zip.Close())
		file.WriteString("\x00\x00\r\n")
	}
	reader, err := NewReader(bufio.NewReader(&file))
	require.NoError(t, err)
	content, err := io.ReadAll(reader)
	require.NoError(t, err)
	assert.Equal(t, "a,b\n1,2\n", string(content))
	_, err = NewReader(bufio.NewReader(bytes.NewBufferString("a,b\n")))
	assert.Error(t, err)
}
