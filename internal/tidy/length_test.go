package tidy

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	fileLines     = 400
	functionLines = 100
)

// tables are tests that are mostly tables, which may be longer than other files.
var tables = []string{
	"components/flow_test.go",
	"cost/cost_test.go",
	"lambdas/assets/handler_test.go",
	"lambdas/assets/internal/inspect/variants_test.go",
	"lambdas/clicks/internal/batch/batch_test.go",
	"lambdas/landing/handler_test.go",
	"operations/doctor/doctor_test.go",
	"operations/replay/quarantine_test.go",
	"operations/status/status_test.go",
	"platform/invariants_test.go",
	"policies/principals_test.go",
}

func tooLong(text string) bool { return strings.Count(text, "\n") > fileLines }

func TestFilesAreShort(t *testing.T) {
	long := map[string]bool{}
	for _, table := range tables {
		assert.True(t, strings.HasSuffix(table, "_test.go"), "%s is no test", table)
		long[table] = false
	}
	for _, file := range tracked(t, "*.go", "*.py") {
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		if _, listed := long[file]; listed {
			long[file] = strings.Count(string(text), "\n") > fileLines*3/4
			continue
		}
		assert.False(t, tooLong(string(text)), "%s has %d lines, more than %d: part it by what it is about", file,
			strings.Count(string(text), "\n"), fileLines)
	}
	for file, needed := range long {
		assert.True(t, needed, "%s is short now: take it off the list", file)
	}
	assert.True(t, tooLong(strings.Repeat("\n", fileLines+1)))
	assert.False(t, tooLong(strings.Repeat("\n", fileLines)))
}

// longFunctions are those of a file that no screen holds.
func longFunctions(t *testing.T, file, text string) []string {
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, text, parser.SkipObjectResolution)
	require.NoError(t, err)
	var found []string
	for _, declaration := range parsed.Decls {
		if function, ok := declaration.(*ast.FuncDecl); ok {
			if lines := files.Position(function.End()).Line - files.Position(function.Pos()).Line + 1; lines >
				functionLines {
				found = append(found, fmt.Sprintf("%s has %d lines", function.Name.Name, lines))
			}
		}
	}
	return found
}

// TestFunctionsAreShort: those of tests apart, whose length is mostly tables.
func TestFunctionsAreShort(t *testing.T) {
	for _, file := range tracked(t, "*.go") {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		assert.Empty(t, longFunctions(t, file, string(text)), "%s: want at most %d", file, functionLines)
	}
	body := func(lines int) string {
		return "package a\n\nfunc f() {\n" + strings.Repeat("\tprintln()\n", lines-2) + "}\n"
	}
	assert.Equal(t, []string{fmt.Sprintf("f has %d lines", functionLines+1)},
		longFunctions(t, "a.go", body(functionLines+1)))
	assert.Empty(t, longFunctions(t, "a.go", body(functionLines)))
}
