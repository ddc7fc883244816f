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
// control, several of which one program has: it takes twenty seconds to compile.
func TestSourceMutants(t *testing.T) {
	of := map[string]bool{}
	var groups [][]sourceMutant
	for _, m := range sourceMutants {
		last := len(groups) - 1
		switch {
		case testing.Short() && of[m.control.Name]:
		case testing.Short() && last >= 0 && len(groups[last]) < together:
			groups[last] = append(groups[last], m)
		default:
			groups = append(groups, []sourceMutant{m})
		}
		of[m.control.Name] = true
	}
	for _, group := range groups {
		var names []string
		for _, m := range group {
			names = append(names, m.control.Name)
		}
		slices.Sort(names)
		t.Run(strings.Join(names, ", "), func(t *testing.T) {
			assert.Equal(t, names, failedControls(t, group), "%+v", group)
		})
	}
}

// together is how many controls one program breaks with -short.
const together = 5

// failedControls compiles the tests with the mutants in their files' places and names the controls that fail.
func failedControls(t *testing.T, mutants []sourceMutant) []string {
	t.Helper()
	directory := t.TempDir()
	mutated := map[string]string{}
	for _, m := range mutants {
		file, err := filepath.Abs(filepath.Join(root, m.file))
		require.NoError(t, err)
		if _, again := mutated[file]; !again {
			mutated[file] = filepath.Join(directory, strings.ReplaceAll(m.file, "/", "."))
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(mutated[file], text, 0o644))
		}
		text, err := os.ReadFile(mutated[file])
		require.NoError(t, err)
		changed := bytes.Replace(text, []byte(m.old), []byte(m.new), 1)
		require.NotEqual(t, text, changed, "%s: another mutant took its place: %s", m.file, m.old)
		require.NoError(t, os.WriteFile(mutated[file], changed, 0o644))
	}
	overlay := filepath.Join(directory, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": mutated})
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
