package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var namedTest = regexp.MustCompile("`((?:Test[A-Z]|test_)\\w+)`")

// TestTheThreatModelIsTrue: the tests that it names are there.
func TestTheThreatModelIsTrue(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, "docs", "reference", "threat-model.md"))
	require.NoError(t, err)
	text := string(content)
	names := namedTest.FindAllStringSubmatch(text, -1)
	require.Greater(t, len(names), 10)
	var sources strings.Builder
	for _, file := range strings.Fields(output(t, "git", "ls-files", "*_test.go", "test_*.py", "**/test_*.py")) {
		source, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		sources.Write(source)
	}
	for _, name := range names {
		assert.Contains(t, sources.String(), " "+name[1]+"(", "no such test")
	}
}
