package tidy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEveryPythonPackageHasItsHash: what is installed is what was looked at, by make and by workflows, too.
func TestEveryPythonPackageHasItsHash(t *testing.T) {
	root := filepath.Join("..", "..")
	listed := func(patterns ...string) []string {
		list := exec.Command("git", append([]string{"ls-files", "--"}, patterns...)...)
		list.Dir = root
		out, err := list.Output()
		require.NoError(t, err)
		return strings.Fields(string(out))
	}
	pins := listed("*requirements.txt")
	require.Greater(t, len(pins), 3)
	for _, file := range pins {
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		for _, one := range strings.Split(strings.ReplaceAll(string(text), "\\\n", ""), "\n") {
			if one = strings.TrimSpace(one); one != "" && !strings.HasPrefix(one, "#") {
				assert.Contains(t, one, "==", file)
				assert.Contains(t, one, " --hash=sha256:", "%s: %s", file, one)
			}
		}
	}
	for _, file := range listed("Makefile", ".github/workflows/*.yml", ".ci/run") {
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		for _, line := range strings.Split(string(text), "\n") {
			if strings.Contains(line, "pip install") {
				assert.Contains(t, line, "--require-hashes", file)
			}
			if strings.Contains(line, "pip-audit ") {
				assert.Contains(t, line, "--strict", "%s: what nobody could say anything of passes as audited", file)
			}
		}
	}
}
