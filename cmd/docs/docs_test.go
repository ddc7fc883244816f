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

func TestReadmeNamesWhatExists(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, readme))
	require.NoError(t, err)
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	require.NoError(t, err)
	targets := makeTarget.FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, targets)
	for _, target := range targets {
		assert.Contains(t, string(makefile), "\n"+target[1]+":", "the README names make %s", target[1])
	}
	for _, link := range regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(string(text), -1) {
		if strings.HasPrefix(link[1], "https://") {
			continue
		}
		_, err := os.Stat(filepath.Join(root, link[1]))
		assert.NoError(t, err, "the README links %s", link[1])
	}
	for _, command := range regexp.MustCompile("go run ./cmd/(dataplatform|devstack) ([a-z]+)").FindAllStringSubmatch(string(text), -1) {
		main, err := os.ReadFile(filepath.Join(root, "cmd", command[1], "main.go"))
		require.NoError(t, err)
		assert.Contains(t, string(main), `{Name: "`+command[2]+`",`, "the README names the command %s", command[2])
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
