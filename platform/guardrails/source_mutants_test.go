//go:build mutants

package guardrails

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSourceMutants runs the controls' tests against each changed program; with -short, against the first of each
// control.
func TestSourceMutants(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range sourceMutants {
		if testing.Short() && seen[m.control.Name] {
			continue
		}
		seen[m.control.Name] = true
		t.Run(m.control.Name+"/"+strings.ReplaceAll(m.file, "/", "."), func(t *testing.T) {
			failed := failedControls(t, m)
			assert.Equal(t, []string{m.control.Name}, failed, "%s: %s", m.file, m.new)
		})
	}
}

// failedControls compiles the tests with the mutant in the file's place and names the controls that fail.
func failedControls(t *testing.T, m sourceMutant) []string {
	t.Helper()
	file, err := filepath.Abs(filepath.Join(root, m.file))
	require.NoError(t, err)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	directory := t.TempDir()
	mutated, overlay := filepath.Join(directory, filepath.Base(m.file)), filepath.Join(directory, "overlay.json")
	require.NoError(t, os.WriteFile(mutated, bytes.Replace(text, []byte(m.old), []byte(m.new), 1), 0o644))
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {file: mutated}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(overlay, replace, 0o644))

	command := exec.Command("go", "test", "-json", "-vet=off", "-overlay", overlay, "-run", "^TestControls$", ".")
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("go test: %v", err)
	}
	require.NoError(t, built(output), complaints.String())
	return failures(t, output)
}

// failures are the controls among the failed tests of go test -json.
func failures(t *testing.T, output []byte) []string {
	t.Helper()
	slugs := map[string]string{}
	for _, control := range Controls() {
		slugs[strings.ReplaceAll(control.Name, " ", "_")] = control.Name
	}
	failed, ran := []string{}, 0
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var event struct{ Action, Test string }
		err := decoder.Decode(&event)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		control, ok := strings.CutPrefix(event.Test, "TestControls/")
		if !ok || strings.Contains(control, "/") {
			continue
		}
		switch event.Action {
		case "run":
			ran++
		case "fail":
			name, known := slugs[control]
			require.True(t, known, control)
			failed = append(failed, name)
		}
	}
	require.Equal(t, len(slugs), ran, "every control runs")
	slices.Sort(failed)
	return failed
}

// built tells a program that does not compile, which fails every test, from one that controls reject.
func built(output []byte) error {
	if bytes.Contains(output, []byte("[build failed]")) || bytes.Contains(output, []byte(`"Action":"build-fail"`)) {
		return errors.New("the mutant does not compile: " + string(output))
	}
	return nil
}
