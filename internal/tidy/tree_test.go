package tidy

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const contributing = "CONTRIBUTING.md"

// folderRow is a row of the page's table: a folder, what is in it, and what it imports.
var folderRow = regexp.MustCompile("(?m)^\\| `([a-z0-9-]+/)` \\| (.+) \\| (.+) \\|$")

// TestContributingListsTheFoldersAndWhatTheyImport: each folder at the top stands in the table, with the others that
// its Go code imports.
func TestContributingListsTheFoldersAndWhatTheyImport(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, contributing))
	require.NoError(t, err)
	imports := importedFolders(t)
	var listed []string
	for _, row := range folderRow.FindAllStringSubmatch(string(text), -1) {
		folder, said := row[1], row[3]
		listed = append(listed, folder)
		found, hasGo := imports[folder]
		want := "nothing"
		switch {
		case len(found) > 0:
			want = "`" + strings.Join(found, "` `") + "`"
		case !hasGo && said == "Python":
			python, err := filepath.Glob(filepath.Join(root, folder, "*", "*.py"))
			require.NoError(t, err)
			assert.NotEmpty(t, python, folder)
			want = "Python"
		}
		assert.Equal(t, want, said, "what %s imports", folder)
	}
	assert.Equal(t, folders(t), listed, "the folders of the repository, in order")
}

// folders are those at the top that git has, without hidden ones.
func folders(t *testing.T) []string {
	var found []string
	for _, file := range strings.Fields(output(t, "git", "ls-files")) {
		if folder, _, ok := strings.Cut(file, "/"); ok && !strings.HasPrefix(folder, ".") {
			found = append(found, folder+"/")
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// importedFolders are by folder with Go code the others that this code imports, tests apart.
func importedFolders(t *testing.T) map[string][]string {
	const module = "dataplatform/"
	found := map[string][]string{}
	for _, line := range strings.Split(strings.TrimSpace(output(t, "go", "list", "-f",
		`{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "./...")), "\n") {
		packages := strings.Fields(line)
		from, ok := strings.CutPrefix(packages[0], module)
		if !ok {
			continue // main.go
		}
		from, _, _ = strings.Cut(from, "/")
		from += "/"
		found[from] = append(found[from], from)
		for _, imported := range packages[1:] {
			if to, ok := strings.CutPrefix(imported, module); ok {
				to, _, _ = strings.Cut(to, "/")
				found[from] = append(found[from], to+"/")
			}
		}
	}
	for from, others := range found {
		slices.Sort(others)
		others = slices.Compact(others)
		found[from] = slices.DeleteFunc(others, func(folder string) bool { return folder == from })
	}
	return found
}
