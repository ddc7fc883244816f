package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strings"
)

// edit removes the nodes that choose drops from a Go file, each with the comma
// after it, and then the imports that nothing uses any more.
func edit(text []byte, choose func(file *ast.File, drop func(ast.Node))) ([]byte, error) {
	text, err := without(text, choose)
	if err != nil {
		return nil, err
	}
	return without(text, func(file *ast.File, drop func(ast.Node)) {
		used := map[string]bool{}
		ast.Inspect(file, func(node ast.Node) bool {
			if selector, ok := node.(*ast.SelectorExpr); ok {
				used[packageOf(selector)] = true
			}
			return true
		})
		for _, spec := range file.Imports {
			if !used[importedAs(spec)] {
				drop(spec)
			}
		}
	})
}

func without(text []byte, choose func(file *ast.File, drop func(ast.Node))) ([]byte, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	type span struct{ from, to int }
	var spans []span
	choose(file, func(node ast.Node) {
		s := span{files.Position(node.Pos()).Offset, files.Position(node.End()).Offset}
		if s.to < len(text) && text[s.to] == ',' {
			s.to++
		}
		spans = append(spans, s)
	})
	slices.SortFunc(spans, func(a, b span) int { return b.from - a.from })
	for _, s := range spans { // from the end, so that offsets stay true
		text = slices.Delete(text, s.from, s.to)
	}
	return text, nil
}

// importedAs is the name a file uses an import by. Where the last element of
// the path is a version, it is the one before.
func importedAs(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	whole := strings.Trim(spec.Path.Value, `"`)
	name := path.Base(whole)
	if len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" {
		name = path.Base(path.Dir(whole))
	}
	return name
}
