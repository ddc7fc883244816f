package tidy

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// codeWord is a word that can only be a name of code: it has a capital within.
var codeWord = regexp.MustCompile(`^[A-Za-z]*[a-z][A-Z][A-Za-z0-9]*$`)

// products are AWS's names that look like those of code.
var products = []string{"CloudFormation", "CloudTrail", "CloudWatch", "DynamoDB", "EventBridge", "QuickSight",
	"SageMaker"}

// stale are the comments of a file that begin with a name of code, and stand above something of another.
func stale(t *testing.T, file, text string) []string {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ParseComments|parser.SkipObjectResolution)
	require.NoError(t, err)
	var found []string
	check := func(doc *ast.CommentGroup, names ...*ast.Ident) {
		if doc == nil || len(names) == 0 {
			return
		}
		first, _, _ := strings.Cut(strings.TrimSpace(doc.Text()), " ")
		if first = strings.TrimRight(first, ":,."); !codeWord.MatchString(first) || slices.Contains(products, first) {
			return
		}
		for _, name := range names {
			if name.Name == first {
				return
			}
		}
		found = append(found, fmt.Sprintf("%s begins with %s", names[0].Name, first))
	}
	ast.Inspect(parsed, func(node ast.Node) bool {
		switch v := node.(type) {
		case *ast.FuncDecl:
			check(v.Doc, v.Name)
		case *ast.GenDecl:
			if len(v.Specs) == 1 {
				if spec, ok := v.Specs[0].(*ast.TypeSpec); ok {
					check(v.Doc, spec.Name)
				}
				if spec, ok := v.Specs[0].(*ast.ValueSpec); ok {
					check(v.Doc, spec.Names...)
				}
			}
		case *ast.TypeSpec:
			check(v.Doc, v.Name)
		case *ast.ValueSpec:
			check(v.Doc, v.Names...)
		case *ast.Field:
			check(v.Doc, v.Names...)
		}
		return true
	})
	return found
}

// TestCommentsNameWhatTheyAreAbout: a rename that forgets the comment leaves a name that is nowhere.
func TestCommentsNameWhatTheyAreAbout(t *testing.T) {
	for _, file := range tracked(t, "*.go") {
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		assert.Empty(t, stale(t, file, string(text)), file)
	}
	assert.Equal(t, []string{"newLifecycle begins with newAgeing"},
		stale(t, "a.go", "package a\n\n// newAgeing makes it.\nfunc newLifecycle() {}\n"))
	assert.Empty(t, stale(t, "a.go",
		"package a\n\n// newLifecycle makes it.\nfunc newLifecycle() {}\n\n// Rules are more.\nvar other int\n"))
}
