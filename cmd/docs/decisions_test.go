package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDecisionsHaveOneFormAndAnIndex(t *testing.T) {
	folder := filepath.Join(root, "docs", "decisions")
	index, err := os.ReadFile(filepath.Join(folder, "README.md"))
	require.NoError(t, err)
	pages, err := filepath.Glob(filepath.Join(folder, "[0-9]*.md"))
	require.NoError(t, err)
	require.NotEmpty(t, pages)
	form := regexp.MustCompile(`(?s)\A# ([^\n]+)\n\n(?:Superseded by \[[^\n]+\n\n)?Since (\d{4}-\d\d-\d\d)\.\n\n` +
		`## Context\n\n.+\n\n## Decision\n\n.+\n\n## Consequences\n\n.+\n\n## Where\n\n.+\n\z`)
	link := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		parts := form.FindStringSubmatch(string(text))
		if assert.NotNil(t, parts, "%s: want title, date, context, decision, consequences, where", page) {
			assert.Contains(t, string(index), "| ["+parts[1]+"]("+filepath.Base(page)+") | "+parts[2]+" |\n")
		}
		for _, target := range link.FindAllStringSubmatch(string(text), -1) {
			_, err := os.Stat(filepath.Join(folder, target[1]))
			assert.NoError(t, err, "%s links %s", page, target[1])
		}
	}
	assert.Len(t, regexp.MustCompile(`\]\(\d`).FindAllString(string(index), -1), len(pages), "what the index links")
}

func TestFirstIdeasLinkWhatExists(t *testing.T) {
	const page = "first-ideas.md"
	folder := filepath.Join(root, "docs", "decisions")
	text, err := os.ReadFile(filepath.Join(folder, page))
	require.NoError(t, err)
	links := regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, links)
	for _, target := range links {
		_, err := os.Stat(filepath.Join(folder, target[1]))
		assert.NoError(t, err, "%s links %s", page, target[1])
	}
}
