package tidy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// word is a line of words.tsv.
type word struct {
	pattern *regexp.Regexp
	better  string
	where   map[string]bool
	example string
	except  []string
}

func words(t *testing.T) []word {
	text, err := os.ReadFile("words.tsv")
	require.NoError(t, err)
	var all []word
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(line, "\t")
		require.True(t, len(columns) == 4 || len(columns) == 5, "want four or five columns: %s", line)
		w := word{
			pattern: regexp.MustCompile("(?i)" + columns[0]), better: columns[1], where: map[string]bool{},
			example: columns[3],
		}
		for _, where := range strings.Fields(columns[2]) {
			require.Contains(t, []string{"names", "comments", "docs"}, where)
			w.where[where] = true
		}
		if len(columns) == 5 {
			w.except = strings.Fields(columns[4])
		}
		all = append(all, w)
	}
	return all
}

// excepted says whether the word may stand in a file, of which the name or the whole path matches.
func (w word) excepted(t *testing.T, file string) bool {
	for _, pattern := range w.except {
		for _, name := range []string{file, path.Base(file)} {
			matches, err := path.Match(pattern, name)
			require.NoError(t, err)
			if matches {
				return true
			}
		}
	}
	return false
}

// parts are a file's texts by what they are: names, comments, docs.
type parts map[string][]string

func partsOf(t *testing.T, file, text string) parts {
	switch path.Ext(file) {
	case ".go":
		return ofGo(t, file, text)
	case ".py":
		return ofPython(text)
	default:
		return parts{"docs": {code.ReplaceAllString(text, "")}}
	}
}

var code = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")

func ofGo(t *testing.T, file, text string) parts {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ParseComments|parser.SkipObjectResolution)
	require.NoError(t, err)
	found := parts{}
	ast.Inspect(parsed, func(node ast.Node) bool {
		if name, ok := node.(*ast.Ident); ok {
			found["names"] = append(found["names"], name.Name)
		}
		return true
	})
	for _, group := range parsed.Comments {
		found["comments"] = append(found["comments"], group.Text())
	}
	return found
}

var (
	pythonToken = regexp.MustCompile(
		`(?s)"""(.*?)"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|#([^\n]*)|([A-Za-z_][A-Za-z_0-9]*)`,
	)
)

func ofPython(text string) parts {
	found := parts{}
	for _, match := range pythonToken.FindAllStringSubmatch(text, -1) {
		found["comments"] = append(found["comments"], match[1], match[2])
		found["names"] = append(found["names"], match[3])
	}
	return found
}

// old are the words in a file that have a better one.
func (w word) old(found parts) []string {
	var all []string
	for where := range w.where {
		for _, text := range found[where] {
			for _, hit := range w.pattern.FindAllString(text, -1) {
				if where == "names" {
					hit = text
				}
				all = append(all, hit)
			}
		}
	}
	return all
}

func TestOldWordsStayOut(t *testing.T) {
	all := words(t)
	used := map[string]bool{}
	for _, file := range tracked(t, "*.go", "*.py", "*.md") {
		if strings.HasPrefix(file, "internal/tidy/") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		found := partsOf(t, file, string(text))
		for _, w := range all {
			switch old := w.old(found); {
			case len(old) == 0:
			case w.excepted(t, file):
				used[w.pattern.String()] = true
			default:
				t.Errorf("%s: %q: say %s", file, old, w.better)
			}
		}
	}
	for _, w := range all {
		assert.True(t, len(w.except) == 0 || used[w.pattern.String()],
			"%s: no file needs its exception any more", w.pattern)
	}
}

func TestEachWordIsRefused(t *testing.T) {
	for _, w := range words(t) {
		for where := range w.where {
			files := map[string]string{
				"docs":     "a.md\n" + w.example,
				"comments": "a.go\n// Package a: " + w.example + "\npackage a",
				"names":    "a.go\npackage a\n\nvar " + w.example + " int",
			}
			name, text, _ := strings.Cut(files[where], "\n")
			if where == "names" && strings.Contains(w.example, " ") {
				text = strings.Replace(text, w.example, strings.Fields(w.example)[0], 1)
			}
			assert.NotEmpty(t, w.old(partsOf(t, name, text)), "%s in %s: %s", w.pattern, where, w.example)
		}
	}
}

func TestPartsOfPython(t *testing.T) {
	found := ofPython("def judge(rows):\n    \"\"\"Says it.\"\"\"\n    x = 'ageing' + \"spoil # no\"  # a comment\n")
	assert.Subset(t, found["comments"], []string{"Says it.", " a comment"})
	assert.Subset(t, found["names"], []string{"def", "judge", "rows", "x"})
	assert.NotContains(t, strings.Join(found["names"], " "), "spoil")
	assert.NotContains(t, strings.Join(found["comments"], " "), "spoil")
}
