package generate

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// property is one field of an SDK struct, with its plain Go type.
type property struct{ name, kind string }

// declaration is what the SDK says of one kind.
type declaration struct {
	function bool
	// properties are all: a resource's state, a function's result and arguments.
	properties []property
	// inputs are the types of a resource's arguments by name.
	inputs map[string]string
}

// source reads structs from the SDK's packages as they are asked for.
type source struct {
	root     string
	packages map[string]map[string]*ast.StructType // by folder, then lower-case name
}

func newSource(root string) *source {
	return &source{root: root, packages: map[string]map[string]*ast.StructType{}}
}

// kind reads the structs of a token such as aws:s3/bucketV2:BucketV2 or
// aws:index/getRegion:getRegion.
func (s *source) kind(token string) (declaration, error) {
	parts := strings.Split(token, ":")
	if len(parts) != 3 || parts[0] != "aws" {
		return declaration{}, fmt.Errorf("%q is no token of the AWS SDK", token)
	}
	folder, _, _ := strings.Cut(parts[1], "/")
	if folder == "index" {
		folder = ""
	}
	name := parts[2]
	if subject, ok := strings.CutPrefix(name, "get"); ok {
		result, err := s.fields(folder, name+"Result")
		if err != nil { // of what is a resource, too
			name = "Lookup" + subject
			result, err = s.fields(folder, name+"Result")
		}
		if err != nil {
			return declaration{}, err
		}
		// A function without arguments has no such struct.
		arguments, _ := s.fields(folder, name+"Args")
		d := declaration{function: true}
		seen := map[string]bool{"id": true}
		for _, p := range append(result, arguments...) {
			if !seen[p.name] {
				seen[p.name] = true
				d.properties = append(d.properties, p)
			}
		}
		return d, nil
	}
	state, err := s.fields(folder, name+"State")
	if err != nil {
		return declaration{}, err
	}
	arguments, err := s.fields(folder, name+"Args")
	if err != nil {
		return declaration{}, err
	}
	d := declaration{properties: state, inputs: map[string]string{}}
	for _, p := range arguments {
		d.inputs[p.name] = p.kind
	}
	return d, nil
}

// object returns the fields of a nested type such as s3.BucketV2CorsRule.
func (s *source) object(kind string) ([]property, bool) {
	folder, name, qualified := strings.Cut(strings.TrimPrefix(kind, "*"), ".")
	if !qualified {
		return nil, false
	}
	if folder == "aws" {
		folder = ""
	}
	fields, err := s.fields(folder, name)
	return fields, err == nil
}

// fields returns the properties of a struct. Letter case is ignored: the SDK
// spells kmsArgs where the type is called KMS.
func (s *source) fields(folder, name string) ([]property, error) {
	structs, err := s.load(folder)
	if err != nil {
		return nil, err
	}
	found, ok := structs[strings.ToLower(name)]
	if !ok {
		return nil, fmt.Errorf("the SDK's package %q declares no %s", folder, name)
	}
	var out []property
	for _, field := range found.Fields.List {
		if field.Tag == nil {
			continue
		}
		tag := reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("pulumi")
		if tag == "" {
			continue
		}
		tagged, _, _ := strings.Cut(tag, ",")
		out = append(out, property{tagged, typeName(field.Type, folder)})
	}
	return out, nil
}

func (s *source) load(folder string) (map[string]*ast.StructType, error) {
	if structs, ok := s.packages[folder]; ok {
		return structs, nil
	}
	files, err := filepath.Glob(filepath.Join(s.root, folder, "*.go"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no Go files in %s: %w", filepath.Join(s.root, folder), os.ErrNotExist)
	}
	structs := map[string]*ast.StructType{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			declared, ok := node.(*ast.TypeSpec)
			if !ok {
				return true
			}
			structure, ok := declared.Type.(*ast.StructType)
			if !ok {
				return false
			}
			// FunctionArgs holds Inputs, functionArgs plain types: take the latter.
			key := strings.ToLower(declared.Name.Name)
			if structs[key] == nil || !ast.IsExported(declared.Name.Name) {
				structs[key] = structure
			}
			return false
		})
	}
	s.packages[folder] = structs
	return structs, nil
}

// typeName spells a type with its package: []s3.BucketV2CorsRule, *string, any.
func typeName(e ast.Expr, folder string) string {
	switch t := e.(type) {
	case *ast.StarExpr:
		return "*" + typeName(t.X, folder)
	case *ast.ArrayType:
		return "[]" + typeName(t.Elt, folder)
	case *ast.MapType:
		return "map[" + typeName(t.Key, folder) + "]" + typeName(t.Value, folder)
	case *ast.Ident:
		if ast.IsExported(t.Name) {
			if folder == "" {
				folder = "aws"
			}
			return folder + "." + t.Name
		}
		return t.Name
	case *ast.SelectorExpr:
		return typeName(t.X, "") + "." + t.Sel.Name
	case *ast.InterfaceType:
		return "any"
	}
	return fmt.Sprintf("%T", e)
}
