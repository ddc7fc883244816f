package erasure

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// exported is a platform whose job leaves files below exports/<request>/.
type exported struct {
	fakeAWS
	files map[string]string
}

func (f *exported) GetObject(
	_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options),
) (*s3.GetObjectOutput, error) {
	_, request, _ := strings.Cut(f.started[0], " ")
	body, ok := f.files[strings.TrimPrefix(*in.Key, "exports/"+request+"/")]
	if !ok {
		return nil, errors.New("NoSuchKey")
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(body))}, nil
}

const shown = `{"request":"r","state":"done","places":{"assets":{"objects":1,"records":0,"asAWhole":1}},
	"tables":{"processed.sales":2},"files":["raw.sales.jsonl","assets/1-0-a.jpg"]}`

func TestAnExportIsFetchedIntoAFolder(t *testing.T) {
	t.Parallel()
	f := &exported{files: map[string]string{
		"manifest.json": shown, "raw.sales.jsonl": "{}\n", "assets/1-0-a.jpg": "a picture",
	}}
	folder := filepath.Join(t.TempDir(), "out")
	e := &Exporter{Objects: f, Runner: f, Bucket: "artifacts-1", StateMachineARN: "export-1"}
	manifest, err := e.Run(t.Context(), "12345.0", folder)
	require.NoError(t, err)
	require.NoError(t, manifest.Err())
	assert.JSONEq(t, `{"customer":"12345"}`, f.request)
	assert.True(t, strings.HasPrefix(f.key, "artifacts-1/exports/requests/"), f.key)
	for name, body := range f.files {
		content, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		assert.Equal(t, body, string(content))
		info, err := os.Stat(filepath.Join(folder, name))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "only its owner reads it")
	}
	var out bytes.Buffer
	require.NoError(t, manifest.Print(&out))
	assert.Contains(t, out.String(), "table processed.sales")
}

func TestAnExportLeavesItsFolderForNoName(t *testing.T) {
	t.Parallel()
	f := &exported{files: map[string]string{
		"manifest.json":   strings.ReplaceAll(shown, "assets/1-0-a.jpg", "../outside"),
		"raw.sales.jsonl": "", "../outside": "x",
	}}
	folder := filepath.Join(t.TempDir(), "out")
	e := &Exporter{Objects: f, Runner: f, Bucket: "artifacts-1", StateMachineARN: "export-1"}
	_, err := e.Run(t.Context(), "12345", folder)
	require.Error(t, err)
	assert.NoFileExists(t, filepath.Join(folder, "..", "outside"))
}

func TestAnExportThatMayNotBeAllIsAnError(t *testing.T) {
	t.Parallel()
	f := &exported{files: map[string]string{
		"manifest.json": `{"request":"r","state":"incomplete","waiting":["a"],"problems":[{"object":"b"}]}`,
	}}
	e := &Exporter{Objects: f, Runner: f, Bucket: "artifacts-1", StateMachineARN: "export-1"}
	manifest, err := e.Run(t.Context(), "12345", t.TempDir())
	require.NoError(t, err)
	require.ErrorContains(t, manifest.Err(), "1 objects wait for something, 1 could not be looked through")
	_, err = e.Run(t.Context(), "guest", t.TempDir())
	require.ErrorContains(t, err, "want the number of one customer")
}
