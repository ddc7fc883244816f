package identifiers

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the jobs' table of white space anew")

const scripts = "../../glue-scripts"

func TestNormalForms(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(scripts, "tests/cases/identifiers.json"))
	require.NoError(t, err)
	var cases []struct{ Text, Normal, Customer string }
	require.NoError(t, json.Unmarshal(content, &cases))
	for _, one := range cases {
		assert.Equal(t, one.Normal, Normal(one.Text), "%q", one.Text)
		assert.Equal(t, one.Customer, Customer(one.Text), "%q", one.Text)
		assert.Equal(t, one.Normal, Normal(one.Normal), "%q: the normal form of a normal form", one.Text)
	}
}

func TestTheJobsTrimAlike(t *testing.T) {
	path := filepath.Join(scripts, "dataplatform/transforms/white_space.py")
	want := fmt.Sprintf(`"""What is no part of a text at its ends.

Written by `+"`go test ./internal/identifiers -run TestTheJobsTrimAlike -update`"+`, from the table of that package.
"""

WHITE_SPACE = (
%s)
UNSEEN = (
%s)
`, literal(whiteSpace), literal(unseen))
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, want, string(got), "-update writes it anew")
}

func TestWhiteSpaceIsThatOfUnicode(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.Is(unicode.White_Space, r) != strings.ContainsRune(whiteSpace, r) {
			t.Errorf("U+%04X", r)
		}
	}
}

// literal writes text for Python, a dozen signs a line.
func literal(text string) string {
	var lines strings.Builder
	runes := []rune(text)
	for start := 0; start < len(runes); start += 12 {
		lines.WriteString(`    "`)
		for _, r := range runes[start:min(start+12, len(runes))] {
			fmt.Fprintf(&lines, `\u%04x`, r)
		}
		lines.WriteString("\"\n")
	}
	return lines.String()
}
