package contracts

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

var (
	indexed = regexp.MustCompile(`^(.*)\[(\d+)\]$`)
	// What yaml.v3 says of a value that a field does not take.
	mistyped = regexp.MustCompile("(?s)^line (\\d+): cannot unmarshal !!(\\w+)(?: `(.*)`)? into (.+)$")
	numbered = regexp.MustCompile(`(?s)^(?:yaml: )?(?:line \d+: )?(.*)$`)
)

// lineOf is the line in a file of what a path such as schema[0].properties.price.physicalType names, or of the nearest
// above it that is there; 0 for none. Columns and properties are found by their names.
func lineOf(node *yaml.Node, path string) int {
	line := 0
	for _, part := range strings.Split(path, ".") {
		names := []string{part}
		if match := indexed.FindStringSubmatch(part); match != nil {
			names = match[1:]
		}
		for _, name := range names {
			next := child(node, name)
			if next == nil {
				return line
			}
			line, node = next.at, next.value
		}
	}
	return line
}

type placed struct {
	at    int
	value *yaml.Node
}

// child finds a key of a mapping, or an item of a list by its place or its name.
func child(node *yaml.Node, name string) *placed {
	if node.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == name {
				return &placed{node.Content[i].Line, node.Content[i+1]}
			}
		}
	}
	if node.Kind != yaml.SequenceNode {
		return nil
	}
	if at, err := strconv.Atoi(name); err == nil && at < len(node.Content) {
		return &placed{node.Content[at].Line, node.Content[at]}
	}
	for _, item := range node.Content {
		for _, key := range []string{"name", "property"} {
			if named := child(item, key); item.Kind == yaml.MappingNode && named != nil && named.value.Value == name {
				return &placed{named.at, item}
			}
		}
	}
	return nil
}

// mostTried is how many lines a file may have for its broken one to be looked for; no contract has as many.
const mostTried = 1000

// brokenLine is the first line that cannot belong to the YAML before it; 0 for a file that is too long to look for it.
// The parser's own number is that of a line before, or of the end of the file.
func brokenLine(content []byte) int {
	lines := bytes.SplitAfter(content, []byte("\n"))
	if len(lines) > mostTried {
		return 0
	}
	for ; len(lines) > 0; lines = lines[:len(lines)-1] {
		var root yaml.Node
		err := yaml.Unmarshal(bytes.Join(lines[:len(lines)-1], nil), &root)
		if err == nil || errors.Is(err, io.EOF) {
			break
		}
	}
	return len(lines)
}

// hints say what usually is behind a message of the parser.
var hints = map[string]string{
	"mapping values are not allowed in this context": "; a text with a colon and a space in it is put between quotes",
	"did not find expected key":                      "; look at the indentation, and for a quote inside a text",
	"found character that cannot start any token":    "; a text that begins with it is put between quotes, and tabs indent nothing",
}

// read decodes a file with no other keys than target has, and says whether there is anything in target: all but the
// values of a wrong kind. start says how a file begins.
func (p *problems) read(content []byte, target any, start string) bool {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var root, second yaml.Node
	if err := decoder.Decode(&root); errors.Is(err, io.EOF) {
		p.add("", "is empty; %s", start)
		return false
	} else if err != nil {
		said := numbered.FindStringSubmatch(err.Error())[1]
		p.addAt(brokenLine(content), "", "%s%s", said, hints[said])
		return false
	}
	switch err := decoder.Decode(&second); {
	case !errors.Is(err, io.EOF):
		p.add("", "holds more than one YAML document; a file is one")
		return false
	case len(root.Content) == 0 || root.Content[0].Kind != yaml.MappingNode:
		p.add("", "is not a mapping; %s", start)
		return false
	case aliased(root.Content[0]):
		p.add("", "holds a YAML alias; write the value out")
		return false
	}
	p.root = root.Content[0]
	checkKeys(p, p.root, reflect.TypeOf(target).Elem(), "")
	if err := root.Decode(target); err != nil {
		return p.values(err)
	}
	return true
}

// aliased finds YAML aliases: they can make a small file expand to gigabytes, so nothing that has one is decoded.
func aliased(node *yaml.Node) bool {
	return node.Kind == yaml.AliasNode || slices.ContainsFunc(node.Content, aliased)
}

// values records that values are of other kinds than their keys take, one problem each; false says that it is another
// error, which left nothing.
func (p *problems) values(err error) bool {
	var typeError *yaml.TypeError
	if !errors.As(err, &typeError) {
		p.add("", "%s", strings.TrimPrefix(err.Error(), "yaml: "))
		return false
	}
	for _, message := range typeError.Errors {
		match := mistyped.FindStringSubmatch(message)
		if match == nil {
			p.add("", "%s", message)
			continue
		}
		line, _ := strconv.Atoi(match[1]) // the pattern admits only digits
		given := map[string]string{"seq": "a list", "map": "a mapping"}[match[2]]
		if given == "" {
			given = strconv.Quote(match[3])
		}
		p.addAt(line, "", "%s is not %s", given, wanted(match[4]))
	}
	return true
}

// wanted says what a Go type takes of YAML.
func wanted(goType string) string {
	switch {
	case goType == "int":
		return "an integer"
	case goType == "float64":
		return "a number"
	case goType == "bool":
		return "true or false"
	case goType == "string":
		return "a text"
	case strings.HasPrefix(goType, "[]"):
		return "a list"
	default:
		return "a mapping"
	}
}
