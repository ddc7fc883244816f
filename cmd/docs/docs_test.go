package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/platform/preview"
)

const root = "../.."

func TestDocsAreWhatTheProgramSays(t *testing.T) {
	files, err := generate(root)
	require.NoError(t, err)
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), "%s is not what `make docs` writes", name)
	}
}

func TestReadmeNamesWhatExists(t *testing.T) { namesWhatExists(t, readme) }

func TestContributingNamesWhatExists(t *testing.T) { namesWhatExists(t, contributing) }

// namesWhatExists looks at the make targets, links and commands of a page in the root.
func namesWhatExists(t *testing.T, page string) {
	text, err := os.ReadFile(filepath.Join(root, page))
	require.NoError(t, err)
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	require.NoError(t, err)
	targets := makeTarget.FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, targets)
	for _, target := range targets {
		assert.Contains(t, string(makefile), "\n"+target[1]+":", "%s names make %s", page, target[1])
	}
	for _, link := range regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(string(text), -1) {
		if strings.HasPrefix(link[1], "https://") {
			continue
		}
		_, err := os.Stat(filepath.Join(root, link[1]))
		assert.NoError(t, err, "%s links %s", page, link[1])
	}
	for _, command := range regexp.MustCompile("go run ./cmd/([a-z-]+)(?: ([a-z]+))?").FindAllStringSubmatch(string(text), -1) {
		main, err := os.ReadFile(filepath.Join(root, "cmd", command[1], "main.go"))
		require.NoError(t, err)
		if command[2] != "" {
			assert.Contains(t, string(main), `{Name: "`+command[2]+`",`, "%s names the command %s", page, command[2])
		}
	}
}

func TestThePictureShowsEveryPipeline(t *testing.T) {
	rec, err := preview.Record(root, "dev")
	require.NoError(t, err)
	g, err := newGraph(rec)
	require.NoError(t, err)
	for _, want := range []edge{{"clickstream", "raw"}, {"clickstream", "processed"}, {"landing", "raw"}, {"sales-hourly", "sales-pipeline"}, {"sales-pipeline", "sales-process"}, {"sales-process", "processed"}} {
		assert.Contains(t, g.edges, want)
	}
}
