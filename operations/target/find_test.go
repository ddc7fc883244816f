package target

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"dataplatform/internal/running"
	"dataplatform/platform/outputs"
)

func TestFindsWhatRunsHere(t *testing.T) {
	root := t.TempDir()
	_, err := Options{}.Find(t.Context(), root)
	require.ErrorIs(t, err, running.ErrNotRunning)

	want := outputs.Outputs{Region: "eu-west-1", Buckets: map[string]string{"raw": "shop-raw"}}
	require.NoError(t, running.Save(root,
		running.Record{Endpoint: "http://127.0.0.1:4566", Foreign: true, Stack: "local", Outputs: want}))
	found, err := Options{}.Find(t.Context(), root)
	require.NoError(t, err)
	require.Equal(t, want, found.Outputs)
	require.Equal(t, []any{"local", true}, []any{found.Stack, found.Here})
	require.Equal(t, "http://127.0.0.1:4566", *found.AWS.BaseEndpoint)
	require.Equal(t, "eu-west-1", found.AWS.Region)
}

func TestFindsByAFileOfOutputs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "outputs.json")
	find := func(text string) (Target, error) {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return Options{File: file}.Find(t.Context(), t.TempDir())
	}
	found, err := find(`{"stack": "dev", "region": "eu-central-1", "buckets": {"raw": "shop-raw"}}`)
	require.NoError(t, err)
	require.Equal(t, "shop-raw", found.Outputs.Buckets["raw"])
	require.Equal(t, []any{"dev", false}, []any{found.Stack, found.Here})
	require.Nil(t, found.AWS.BaseEndpoint)
	require.Equal(t, "eu-central-1", found.AWS.Region)

	_, err = find("region: eu-central-1")
	require.ErrorContains(t, err, file)
	_, err = find("{}")
	require.ErrorContains(t, err, "of a stack that was deployed")
	_, err = Options{File: file + ".none"}.Find(t.Context(), t.TempDir())
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestAsksPulumi has a program of Pulumi's name that knows one stack.
func TestAsksPulumi(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	_, err := Options{Stack: "prod"}.Find(t.Context(), t.TempDir())
	require.ErrorContains(t, err, "give --outputs a file")

	script := `#!/bin/sh
[ "$*" = "stack output --json --stack prod" ] || { echo "error: no stack named '$5' found" >&2; exit 255; }
echo '{"region": "eu-west-1", "stream": "clicks-1"}'
`
	require.NoError(t, os.WriteFile(filepath.Join(bin, "pulumi"), []byte(script), 0o700))
	found, err := Options{Stack: "prod"}.Find(t.Context(), t.TempDir())
	require.NoError(t, err)
	require.Equal(t, []any{"prod", "clicks-1"}, []any{found.Stack, found.Outputs.Stream})
	_, err = Options{Stack: "dev"}.Find(t.Context(), t.TempDir())
	require.ErrorContains(t, err, "no stack named 'dev' found")
}
