package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/cli/clitest"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"dataplatform": main}) }

func TestAsTyped(t *testing.T) { clitest.Scripts(t, "../..") }

// TestStaysSmall: with the engine's SDK it would be 90 MB, with a template of cobra's 41, and start as much later.
func TestStaysSmall(t *testing.T) {
	file := filepath.Join(t.TempDir(), "dataplatform")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-s -w", "-o", file, ".").CombinedOutput()
	require.NoError(t, err, string(out))
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Less(t, info.Size(), int64(25e6))
}
