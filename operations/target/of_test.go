package target

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"dataplatform/internal/running"
	"dataplatform/platform/outputs"
)

func TestOfWhatRunsHere(t *testing.T) {
	root := t.TempDir()
	_, _, err := Of(t.Context(), root, "")
	require.ErrorIs(t, err, running.ErrNotRunning)

	want := outputs.Outputs{Region: "eu-west-1", Buckets: map[string]string{"raw": "shop-raw"}}
	require.NoError(t, running.Save(root, running.Record{Endpoint: "http://127.0.0.1:4566", Foreign: true, Outputs: want}))
	found, configuration, err := Of(t.Context(), root, "")
	require.NoError(t, err)
	require.Equal(t, want, found)
	require.Equal(t, "http://127.0.0.1:4566", *configuration.BaseEndpoint)
	require.Equal(t, "eu-west-1", configuration.Region)
}

func TestOfAStackOnAWS(t *testing.T) {
	file := filepath.Join(t.TempDir(), "outputs.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"region": "eu-central-1", "buckets": {"raw": "shop-raw"}}`), 0o644))
	found, configuration, err := Of(t.Context(), t.TempDir(), file)
	require.NoError(t, err)
	require.Equal(t, "shop-raw", found.Buckets["raw"])
	require.Nil(t, configuration.BaseEndpoint)
	require.Equal(t, "eu-central-1", configuration.Region)

	require.NoError(t, os.WriteFile(file, []byte("region: eu-central-1"), 0o644))
	_, _, err = Of(t.Context(), t.TempDir(), file)
	require.ErrorContains(t, err, file)
	_, _, err = Of(t.Context(), t.TempDir(), file+".none")
	require.ErrorIs(t, err, os.ErrNotExist)
}
