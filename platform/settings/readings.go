package settings

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// CheckReadings refuses what YAML reads otherwise than it is written in a stack's file, in which every value arrives here as YAML read it:
// 0042 as the number 34, 2026-01-01 as a time, 1_000 as a thousand. A file that is not there has no mistakes: the engine was given another.
func CheckReadings(file string) error {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var stack struct {
		Config map[string]yaml.Node `yaml:"config"`
	}
	if err := yaml.Unmarshal(text, &stack); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	node, set := stack.Config[Key]
	if !set {
		return nil
	}
	if problems := misread("", &node, reflect.TypeFor[Settings]()); len(problems) > 0 {
		return fmt.Errorf("%s: %d value(s) are read otherwise than they are written:\n%w", file, len(problems), errors.Join(problems...))
	}
	return nil
}

// decimal is a number as people write it.
var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// readAs are YAML's kinds of values that are no text, in words.
var readAs = map[string]string{"!!int": "a number", "!!float": "a number", "!!timestamp": "a time", "!!bool": "true or false"}

// misread walks a value beside the type it has to fit. What fits no type at all is reported when the settings are decoded.
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
					problems = append(problems, misread(strings.TrimPrefix(path+"."+key, "."), node.Content[i+1], want.Field(field).Type)...)
				}
			}
		}
	case want.Kind() == reflect.Slice && node.Kind == yaml.SequenceNode:
		for i, element := range node.Content {
			problems = append(problems, misread(fmt.Sprintf("%s[%d]", path, i), element, want.Elem())...)
		}
	case node.Kind != yaml.ScalarNode || node.Style != 0:
	case want.Kind() == reflect.String && readAs[node.Tag] != "":
		problems = append(problems, fmt.Errorf("%s: %s is %s to YAML: write %s: %q", path, node.Value, readAs[node.Tag], path[strings.LastIndex(path, ".")+1:], node.Value))
	case (node.Tag == "!!int" || node.Tag == "!!float") && !decimal.MatchString(node.Value):
		problems = append(problems, fmt.Errorf("%s: %s is not allowed: want a decimal number, without leading zeros, underscores, bases and exponents", path, node.Value))
	}
	return problems
}
