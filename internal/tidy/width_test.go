package tidy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	columns    = 120
	tabColumns = 4
)

// literal is a text on one line, or a name that is longer than half of one, as those of generated packages are.
var literal = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`|'[^']*'|[A-Za-z0-9_.]{60,}")

// wide are the lines of a file that no screen holds. What is wide for one long text, or lies in a text of several
// lines, is not among them.
func wide(text string) []string {
	var found []string
	raw := false // in a text between backquotes
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		longest := 0
		for _, one := range literal.FindAllString(line, -1) {
			longest = max(longest, utf8.RuneCountInString(one))
		}
		within := raw
		if strings.Count(literal.ReplaceAllString(line, ""), "`")%2 == 1 {
			raw = !raw
		}
		width := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", strings.Repeat(" ", tabColumns)))
		if strings.HasPrefix(line, "//\t") {
			continue // what is laid out in a comment
		}
		if width > columns && width-longest+len(`"…"`) > columns-columns/3 && !within && !raw {
			found = append(found, line)
		}
	}
	return found
}

func TestLinesAreNarrow(t *testing.T) {
	for _, file := range tracked(t, "*.go") {
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		assert.Empty(t, wide(string(text)), "%s: want at most %d columns", file, columns)
	}
	assert.Len(t, wide("\t"+strings.Repeat("a, ", 39)+"\n"), 1)
	assert.Empty(t, wide(`x := "`+strings.Repeat("a", columns)+"\"\n"), "one long text")
	assert.Empty(t, wide(strings.Repeat("a", columns)+"\n"))
}
