package tidy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// tracked are the files that git has and that are there, by their patterns.
func tracked(t *testing.T, patterns ...string) []string {
	var found []string
	for _, file := range strings.Fields(output(t, "git", append([]string{"ls-files", "--"}, patterns...)...)) {
		if _, err := os.Stat(filepath.Join(root, file)); err == nil {
			found = append(found, file)
		}
	}
	require.NotEmpty(t, found)
	return found
}

func output(t *testing.T, name string, args ...string) string {
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir = root
	text, err := command.Output()
	require.NoError(t, err)
	return string(text)
}
