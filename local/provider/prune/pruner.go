package main

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Files of the provider that name every service.
const (
	servicesFile = "internal/provider/service_packages_gen.go"
	clientsFile  = "internal/conns/awsclient_gen.go"
	servicesDir  = "internal/service"
	entryPackage = "xpprovider"
)

// pruner collects the files to copy, by path inside the module.
type pruner struct {
	module string
	files  map[string][]byte
}

func (p *pruner) prune(kinds string) error {
	services, err := p.services(kinds)
	if err != nil {
		return err
	}
	if err := p.read("go.mod"); err != nil {
		return err
	}
	if err := p.follow(entryPackage, services); err != nil {
		return err
	}
	return p.keepClients()
}

// services finds the service packages that implement the kinds.
func (p *pruner) services(kinds string) (map[string]bool, error) {
	wanted := map[string]bool{}
	for scan := bufio.NewScanner(strings.NewReader(kinds)); scan.Scan(); {
		if name, _, ok := strings.Cut(scan.Text(), " aws:"); ok {
			wanted[name] = true
		}
	}
	files, err := filepath.Glob(filepath.Join(p.module, servicesDir, "*", "*.go"))
	if err != nil {
		return nil, err
	}
	services := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, match := range implemented.FindAllSubmatch(text, -1) {
			if wanted[string(match[1])] {
				services[filepath.Base(filepath.Dir(file))] = true
				delete(wanted, string(match[1]))
			}
		}
	}
	if len(wanted) > 0 {
		return nil, fmt.Errorf("the provider implements none of %v", wanted)
	}
	return services, nil
}

// implemented matches what stands at the implementation of a kind: the
// annotation that the provider's own generators read, or its type name.
var implemented = regexp.MustCompile(`(?:@(?:SDK|Framework)(?:Resource|DataSource)\(|TypeName = )"(aws_[a-z0-9_]+)"`)

// follow reads a package and, in turn, those of the module that it imports.
// The list of services is shortened before it is followed.
func (p *pruner) follow(entry string, services map[string]bool) error {
	seen := map[string]bool{entry: true}
	for open := []string{entry}; len(open) > 0; open = open[1:] {
		names, err := p.readFolder(open[0])
		if err != nil {
			return err
		}
		for _, name := range names {
			if name == servicesFile {
				if p.files[name], err = keepServices(p.files[name], services); err != nil {
					return err
				}
			}
			imports, err := importsOf(name, p.files[name])
			if err != nil {
				return err
			}
			for _, path := range imports {
				folder, ours := strings.CutPrefix(path, upstream+"/")
				if ours && !seen[folder] {
					seen[folder] = true
					open = append(open, folder)
				}
			}
		}
	}
	return nil
}

// readFolder reads a package with the files it may embed and returns the names
// of its Go files.
func (p *pruner) readFolder(folder string) ([]string, error) {
	var goFiles []string
	root := filepath.Join(p.module, folder)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(p.module, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if inner, err := filepath.Glob(filepath.Join(path, "*.go")); err != nil || path != root && len(inner) > 0 ||
				entry.Name() == "testdata" {
				return fs.SkipDir // another package, which has to be imported to be copied
			}
			return nil
		}
		if strings.HasSuffix(name, "_test.go") {
			return nil
		}
		if strings.HasSuffix(name, ".go") {
			goFiles = append(goFiles, name)
		}
		return p.read(name)
	})
	return goFiles, err
}

func (p *pruner) read(name string) error {
	content, err := os.ReadFile(filepath.Join(p.module, name))
	p.files[filepath.ToSlash(name)] = content
	return err
}

func importsOf(name string, text []byte) ([]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, spec := range file.Imports {
		paths = append(paths, strings.Trim(spec.Path.Value, `"`))
	}
	return paths, nil
}

// keepServices shortens the list of services.
func keepServices(text []byte, services map[string]bool) ([]byte, error) {
	return edit(text, func(file *ast.File, drop func(ast.Node)) {
		ast.Inspect(file, func(node ast.Node) bool {
			list, ok := node.(*ast.CompositeLit)
			if !ok {
				return true
			}
			for _, element := range list.Elts {
				if call, ok := element.(*ast.CallExpr); ok && !services[packageOf(call.Fun)] {
					drop(element)
				}
			}
			return false
		})
	})
}

var clientCall = regexp.MustCompile(`\.(\w+Client)\(`)

// keepClients removes the constructors of clients that nothing calls.
func (p *pruner) keepClients() error {
	called := map[string]bool{}
	for name, text := range p.files {
		if name == clientsFile || !strings.HasSuffix(name, ".go") {
			continue
		}
		for _, match := range clientCall.FindAllSubmatch(text, -1) {
			called[string(match[1])] = true
		}
	}
	var err error
	p.files[clientsFile], err = edit(p.files[clientsFile], func(file *ast.File, drop func(ast.Node)) {
		for _, decl := range file.Decls {
			if function, ok := decl.(*ast.FuncDecl); ok && !called[function.Name.Name] {
				drop(function)
			}
		}
	})
	return err
}

// packageOf returns x of an expression x.f.
func packageOf(e ast.Expr) string {
	if selector, ok := e.(*ast.SelectorExpr); ok {
		if name, ok := selector.X.(*ast.Ident); ok {
			return name.Name
		}
	}
	return ""
}
