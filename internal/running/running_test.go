package running

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"dataplatform/platform/outputs"
)

func TestWhatRunsIsFound(t *testing.T) {
	root := t.TempDir()
	_, err := Read(root)
	require.ErrorIs(t, err, ErrNotRunning)

	want := Record{Endpoint: "http://127.0.0.1:4566", StateDir: filepath.Join(root,
		"state"), Foreign: true, Outputs: outputs.Outputs{Region: "eu-west-1"}}
	require.NoError(t, Save(root, want))
	got, err := Read(root)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.NoError(t, Forget(root))
	require.NoError(t, Forget(root), "twice is no mistake")
}

// TestAnotherProgramWithTheEmulatorsNumber is not the platform: its record and files go.
func TestAnotherProgramWithTheEmulatorsNumber(t *testing.T) {
	root := t.TempDir()
	state := filepath.Join(root, "state")
	require.NoError(t, os.Mkdir(state, 0o755))
	require.NoError(t, Save(root, Record{PID: os.Getpid(), StateDir: state}))
	_, err := Read(root)
	require.ErrorIs(t, err, ErrNotRunning)
	require.NoDirExists(t, state)
	require.NoFileExists(t, filepath.Join(root, RecordFile))
}
