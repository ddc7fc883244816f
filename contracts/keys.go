package contracts

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// problems collects everything wrong with one file, so that one run shows it all.
type problems struct {
	file string
	root *yaml.Node // the file's mapping, once it is read
	errs []error
}

// add records what is wrong at a path inside the file; the message says what is allowed.
func (p *problems) add(path, format string, args ...any) {
	line := 0
	if p.root != nil && path != "" {
		line = lineOf(p.root, path)
	}
	p.addAt(line, path, format, args...)
}

// addAt records what is wrong at a line of the file, 0 for the whole.
func (p *problems) addAt(line int, path, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if path != "" {
		message = path + ": " + message
	}
	file := p.file
	if line > 0 {
		file = fmt.Sprintf("%s:%d", file, line)
	}
	p.errs = append(p.errs, errors.New(file+": "+message))
}

// oneOf records a problem unless value is one of allowed.
func (p *problems) oneOf(path, value string, allowed ...string) bool {
	if slices.Contains(allowed, value) {
		return true
	}
	p.add(path, "%q is not allowed; allowed: %s", value, strings.Join(allowed, ", "))
	return false
}

// needed records a problem when value is blank.
func (p *problems) needed(path, value string) {
	if strings.TrimSpace(value) == "" {
		p.add(path, "is required")
	}
}

var nodeType = reflect.TypeFor[yaml.Node]()

// checkKeys refuses keys that the type does not have, naming the path and the keys it has. yaml.v3's KnownFields does
// the same check but names neither, and reports Go type names to people who write YAML.
func checkKeys(p *problems, node *yaml.Node, typ reflect.Type, path string) {
	if typ == nodeType {
		return
	}
	switch {
	case typ.Kind() == reflect.Pointer:
		checkKeys(p, node, typ.Elem(), path)
	case typ.Kind() == reflect.Slice && node.Kind == yaml.SequenceNode:
		for i, item := range node.Content {
			checkKeys(p, item, typ.Elem(), fmt.Sprintf("%s[%d]", path, i))
		}
	case typ.Kind() == reflect.Map && node.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			checkKeys(p, node.Content[i+1], typ.Elem(), join(path, node.Content[i].Value))
		}
	case typ.Kind() == reflect.Struct && node.Kind == yaml.MappingNode:
		fields := map[string]reflect.Type{}
		var names []string
		for i := range typ.NumField() {
			name := typ.Field(i).Tag.Get("yaml")
			fields[name] = typ.Field(i).Type
			if name != "-" {
				names = append(names, name)
			}
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			field, ok := fields[key.Value]
			if !ok {
				p.addAt(key.Line, path, "unknown key %q; allowed: %s", key.Value, strings.Join(names, ", "))
				continue
			}
			checkKeys(p, value, field, join(path, key.Value))
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
