package settings

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// placed joins problems of the settings in a stack's file with those that only the file shows, each with its line. A
// file that is not there shows none: the engine was given another.
//
// Every value arrives here as YAML read it: 0042 as the number 34, 2026-01-01 as a time, 1_000 as a thousand.
func placed(file string, problems []error) []error {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return problems
	}
	if err != nil {
		return []error{err}
	}
	var stack struct {
		Config yaml.Node `yaml:"config"`
	}
	if err := yaml.Unmarshal(text, &stack); err != nil {
		return []error{fmt.Errorf("%s: %w", file, err)}
	}
	var errs []error
	settings := &yaml.Node{}
	for i := 0; i+1 < len(stack.Config.Content); i += 2 {
		key, value := stack.Config.Content[i], stack.Config.Content[i+1]
		switch {
		case key.Value == Key:
			settings = value
		case !strings.HasPrefix(key.Value, "pulumi:"): // the engine's own
			errs = append(errs, fmt.Errorf("%s:%d: nothing reads %s: what a stack is given stands in %s", file,
				key.Line, key.Value, Key))
		}
	}
	misreadings := misread("", settings, reflect.TypeFor[Settings]())
	reported := map[string]bool{}
	for _, err := range misreadings {
		reported[keyOf(err)] = true
	}
	for _, err := range problems {
		if !reported[keyOf(err)] {
			misreadings = append(misreadings, err)
		}
	}
	for _, err := range misreadings {
		if line := lineOf(settings, keyOf(err)); line > 0 {
			errs = append(errs, fmt.Errorf("%s:%d: %w", file, line, err))
		} else {
			errs = append(errs, fmt.Errorf("%s: %w", file, err))
		}
	}
	return errs
}

func keyOf(err error) string {
	var of problem
	if errors.As(err, &of) {
		return of.key
	}
	return ""
}

var steps = regexp.MustCompile(`[^.\[\]]+`)

// lineOf is the line of a key, or of the one above it when it is not there; 0 without the first.
func lineOf(node *yaml.Node, key string) int {
	line := 0
	for _, step := range steps.FindAllString(key, -1) {
		found := false
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				line, node, found = node.Content[i].Line, node.Content[i+1], true
				break
			}
		}
		if index, err := strconv.Atoi(step); err == nil && node.Kind == yaml.SequenceNode && index < len(node.Content) {
			node = node.Content[index]
			line, found = node.Line, true
		}
		if !found {
			break
		}
	}
	return line
}

// decimal is a number as people write it.
var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// readAs are YAML's kinds of values that are no text, in words.
var readAs = map[string]string{
	"!!int": "a number", "!!float": "a number", "!!timestamp": "a time", "!!bool": "true or false",
}

// misread walks a value beside the type it has to fit. What fits no type at all is reported when the settings are
// decoded.
func misread(path string, node *yaml.Node, want reflect.Type) []error {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	var problems []error
	switch {
	case want.Kind() == reflect.Struct && node.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i].Value
			for field := range want.NumField() {
				if want.Field(field).Tag.Get("json") == key {
					problems = append(problems,
						misread(strings.TrimPrefix(path+"."+key, "."), node.Content[i+1], want.Field(field).Type)...)
				}
			}
		}
	case want.Kind() == reflect.Slice && node.Kind == yaml.SequenceNode:
		for i, element := range node.Content {
			problems = append(problems, misread(fmt.Sprintf("%s[%d]", path, i), element, want.Elem())...)
		}
	case node.Kind != yaml.ScalarNode || node.Style != 0:
	case want.Kind() == reflect.String && readAs[node.Tag] != "":
		problems = append(problems, problem{path, fmt.Sprintf("%s is %s to YAML: write %s: %q", node.Value,
			readAs[node.Tag], path[strings.LastIndex(path, ".")+1:], node.Value)})
	case (node.Tag == "!!int" || node.Tag == "!!float") && !decimal.MatchString(node.Value):
		problems = append(problems, problem{path, fmt.Sprintf(
			"%s is not allowed: want a decimal number, without leading zeros, underscores, bases and exponents",
			node.Value,
		)})
	}
	return problems
}
