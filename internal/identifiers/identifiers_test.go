package identifiers

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
		assert.Equal(t, one.Customer, Customer(one.Customer), "%q: the normal form of a normal form", one.Text)
	}
}

func TestTheJobsTrimAlike(t *testing.T) {
	path := filepath.Join(scripts, "dataplatform/transforms/white_space.py")
	want := fmt.Sprintf(`"""What is no part of a text at its ends, and what looks like other signs.

Written by `+"`go test ./internal/identifiers -run TestTheJobsTrimAlike -update`"+`, from the table of that package.
"""

WHITE_SPACE = %s
UNSEEN = %s
# Signs that are read as others: hyphens, apostrophes, quotes, the zeros of scripts with decimal digits of their own.
HYPHENS = %s
APOSTROPHES = %s
QUOTES = %s
ZEROS = %s
`, literal(whiteSpace), literal(unseen), literal(hyphens), literal(apostrophes), literal(quotes),
		literal(string(zeros)))
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, want, string(got), "-update writes it anew")
}

func TestDigitsAreThoseOfUnicode(t *testing.T) {
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if digit := plain(r); unicode.Is(unicode.Nd, r) != (digit >= '0' && digit <= '9') {
			t.Errorf("U+%04X is %q", r, digit)
		}
	}
}

func TestWhiteSpaceIsThatOfUnicode(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.Is(unicode.White_Space, r) != strings.ContainsRune(whiteSpace, r) {
			t.Errorf("U+%04X", r)
		}
	}
}

// literal writes text for Python, a few signs a line.
func literal(text string) string {
	const most = 10
	runes := []rune(text)
	if len(runes) <= most {
		return quoted(runes)
	}
	lines := "("
	for some := range slices.Chunk(runes, most) {
		lines += "\n    " + quoted(some)
	}
	return lines + "\n)"
}

func quoted(runes []rune) string {
	escaped := ""
	for _, r := range runes {
		if r <= 0xffff {
			escaped += fmt.Sprintf(`\u%04x`, r)
		} else {
			escaped += fmt.Sprintf(`\U%08x`, r)
		}
	}
	return `"` + escaped + `"`
}
