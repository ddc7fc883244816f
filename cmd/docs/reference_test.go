package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shownBy is a command that shows a fault: a package or a file of tests, and the test in it.
var shownBy = regexp.MustCompile("\\| `(go test \\./|pytest )(\\S+) -(?:run|k) (\\w+)` \\|")

func TestCommandsThatShowFaultsNameTests(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "reference", "bugs-found.md"))
	require.NoError(t, err)
	rows := strings.Count(string(text), "\n| 20")
	commands := shownBy.FindAllStringSubmatch(string(text), -1)
	require.NotZero(t, rows)
	require.Len(t, commands, rows, "each fault has its command")
	for _, command := range commands {
		files, declaration := []string{filepath.Join(root, command[2])}, "def "+command[3]+"("
		if strings.HasPrefix(command[1], "go") {
			declaration = "func " + command[3] + "(t *testing.T)"
			files, err = filepath.Glob(filepath.Join(root, command[2], "*_test.go"))
			require.NoError(t, err)
		}
		found := false
		for _, file := range files {
			source, err := os.ReadFile(file)
			if assert.NoError(t, err) {
				found = found || strings.Contains(string(source), declaration)
			}
		}
		assert.True(t, found, "%s has no %s", command[2], command[3])
	}
}

// TestRenovateNamesWhatExists: a rule for what is not there is a rule for nothing.
func TestRenovateNamesWhatExists(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "renovate.json"))
	require.NoError(t, err)
	var config struct {
		PackageRules []struct{ MatchFileNames, MatchPackageNames []string }
	}
	require.NoError(t, json.Unmarshal(text, &config))
	require.NotEmpty(t, config.PackageRules)
	var pinned strings.Builder
	for _, file := range []string{"go.mod", "local/requirements.txt", "local/ml-requirements.txt"} {
		content, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		pinned.Write(content)
	}
	for _, rule := range config.PackageRules {
		for _, name := range rule.MatchFileNames {
			_, err := os.Stat(filepath.Join(root, name))
			assert.NoError(t, err)
		}
		for _, name := range rule.MatchPackageNames {
			assert.Contains(t, pinned.String(), strings.TrimSuffix(name, "**"))
		}
	}
}
