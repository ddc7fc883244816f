package tidy

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	nothing = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// broken are the links of a page, text of the file at path, that lead nowhere; those to other sites are not tried.
func broken(t *testing.T, path, text string) []string {
	var found []string
	for _, match := range link.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
		to, err := url.Parse(match[1])
		require.NoError(t, err, path)
		if to.Scheme != "" {
			continue
		}
		target, page := path, text
		if to.Path != "" {
			target = filepath.Join(filepath.Dir(path), to.Path)
			if _, err := os.Stat(target); err != nil {
				found = append(found, match[1])
				continue
			}
		}
		if to.Fragment == "" {
			continue
		}
		if target != path {
			other, err := os.ReadFile(target)
			require.NoError(t, err)
			page = string(other)
		}
		if !anchors(page)[to.Fragment] {
			found = append(found, match[1])
		}
	}
	return found
}

// anchors are the headings of a page as GitHub links them.
func anchors(page string) map[string]bool {
	found := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(page, -1) {
		name := strings.ToLower(nothing.ReplaceAllString(strings.ReplaceAll(match[1], "`", ""), ""))
		found[strings.ReplaceAll(name, " ", "-")] = true
	}
	return found
}

func TestLinksLeadSomewhere(t *testing.T) {
	for _, file := range tracked(t, "*.md") {
		path := filepath.Join(root, file)
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Empty(t, broken(t, path, string(text)), file)
	}
	page := filepath.Join(root, "README.md")
	assert.Equal(t, []string{"gone.md", "#gone", "CONTRIBUTING.md#gone"},
		broken(t, page,
			"# Here\n[a](gone.md) [b](#gone) [c](CONTRIBUTING.md#gone) [d](#here) [e](docs) [f](https://example.org/gone) `[g](gone)`"))
}
