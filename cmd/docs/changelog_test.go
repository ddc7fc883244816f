package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
)

func TestTheChangelogHasEveryContractThatChanged(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	require.NoError(t, err)
	set, err := contracts.LoadWithFeatures()
	require.NoError(t, err)
	for _, c := range set.All() {
		if c.Version == "1.0.0" {
			continue
		}
		line := regexp.MustCompile("(?m)^- .*`" + regexp.QuoteMeta(c.ID) + "`[^:]* " + regexp.QuoteMeta(c.Version) +
			":")
		assert.Regexp(t, line, string(text), "%s %s is in no entry", c.ID, c.Version)
	}
}

func output(t *testing.T, name string, args ...string) string {
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir = root
	text, err := command.Output()
	require.NoError(t, err)
	return string(text)
}
