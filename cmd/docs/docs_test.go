package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/platform/preview"
)

const (
	root         = "../.."
	contributing = "CONTRIBUTING.md"
)

func TestDocsAreWhatTheProgramSays(t *testing.T) {
	files, err := generate(root)
	require.NoError(t, err)
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		// Not the pages themselves, which fill a screen many times.
		if line, written, stands := firstDifference(string(want), string(got)); line > 0 {
			t.Errorf("%s is not what `make docs` writes: it would write line %d as\n\t%s\nwhere now is\n\t%s", name,
				line, written, stands)
		}
	}
}

// firstDifference is the number of the first line in which two texts differ, 0 where none does, and that line in each,
// cut to what a screen shows.
func firstDifference(a, b string) (line int, inA, inB string) {
	const most = 200
	if a == b {
		return 0, "", ""
	}
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	same := 0
	for same < min(len(as), len(bs)) && as[same] == bs[same] {
		same++
	}
	show := func(lines []string) string {
		if same == len(lines) {
			return "(the end)"
		}
		return lines[same][:min(len(lines[same]), most)]
	}
	return same + 1, show(as), show(bs)
}

func TestTheFirstDifferenceIsFound(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		line int
		want [2]string
	}{
		{"a\nb\n", "a\nb\n", 0, [2]string{"", ""}},
		{"a\nb\n", "a\nc\n", 2, [2]string{"b", "c"}},
		{"a\nb", "a", 2, [2]string{"b", "(the end)"}},
	} {
		line, inA, inB := firstDifference(tt.a, tt.b)
		assert.Equal(t, tt.line, line)
		assert.Equal(t, tt.want, [2]string{inA, inB})
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
	for _, command := range regexp.MustCompile("go run ./cmd/([a-z-]+)").FindAllStringSubmatch(string(text), -1) {
		assert.FileExists(t, filepath.Join(root, "cmd", command[1], "main.go"), page)
	}
}

// typed is a command of one of the programs, in a line of Markdown, of a program's text or of a Makefile.
var typed = regexp.MustCompile("(?:^|[`\"' ]|\\./cmd/)(dataplatform|devstack) ([a-z]+(?: [^`\"|;\\\\\n]*)?)")

// TestCommandsThatAreNamedExist looks at every command that a page, a message or a script names, with its flags.
func TestCommandsThatAreNamedExist(t *testing.T) {
	known := map[string]*cobra.Command{}
	for _, program := range programs() {
		known[program.Name()] = program
	}
	named := 0
	for _, file := range strings.Fields(output(t, "git", "ls-files", "*.md", "*.go", "*.py", "*.yaml", "*.yml",
		"Makefile", ".ci/run")) {
		if file == "CHANGELOG.md" || strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		for _, found := range typed.FindAllStringSubmatch(string(text), -1) {
			words := strings.Fields(found[2])
			command, _, err := known[found[1]].Find(words[:1])
			if err != nil || command == known[found[1]] {
				// Prose, such as "dataplatform package"; what is typed has a command, a flag or an argument after it.
				assert.NotRegexp(t, `\./cmd/`, found[0], "%s names the command %s", file, found[0])
				continue
			}
			named++
			for _, word := range words[1:] {
				if name, is := strings.CutPrefix(word, "--"); is && name != "" && name != "help" {
					name = strings.TrimRight(strings.SplitN(name, "=", 2)[0], ",.:)")
					assert.NotNil(t, command.Flags().Lookup(name), "%s names %s, which has no --%s", file, found[0],
						name)
				}
			}
		}
	}
	assert.Greater(t, named, 40)
}

func TestThePictureShowsEveryPipeline(t *testing.T) {
	rec, err := preview.Record(root, "dev")
	require.NoError(t, err)
	g, err := newGraph(rec)
	require.NoError(t, err)
	for _, want := range []edge{{"clickstream", "raw"}, {"clickstream", "processed"}, {"landing", "raw"},
		{"sales-hourly", "sales-pipeline"}, {"sales-pipeline", "sales-process"}, {"sales-process", "processed"}} {
		assert.Contains(t, g.edges, want)
	}
}
