package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
)

var namedTest = regexp.MustCompile("`((?:Test[A-Z]|test_)\\w+)`")

// TestTheThreatModelIsTrue: its tables of personal and pseudonymous data are those of the contracts, and the tests that
// it names are there.
func TestTheThreatModelIsTrue(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, "docs", "reference", "threat-model.md"))
	require.NoError(t, err)
	text := string(content)
	set, err := contracts.LoadWithFeatures()
	require.NoError(t, err)
	for _, c := range set.All() {
		rows := 0
		for _, classification := range []string{contracts.PersonalData, contracts.Pseudonymous} {
			var named []string
			for _, column := range c.Columns {
				if column.Classification == classification {
					named = append(named, "`"+column.Name+"`")
				}
			}
			if len(named) > 0 {
				rows++
				row := "| `" + c.ID + "` | " + strings.Join(named, ", ") + " |"
				assert.True(t, strings.Contains(text, row), "the table of %s lacks: %s", classification, row)
			}
		}
		assert.Equal(t, rows, strings.Count(text, "| `"+c.ID+"` |"), "rows of "+c.ID)
	}
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
