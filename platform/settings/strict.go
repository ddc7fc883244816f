package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
)

// decodeStrict decodes a JSON object over target, and reports every unknown key and every value of the wrong type,
// without which the rest is decoded. encoding/json's own DisallowUnknownFields stops at the first.
func decodeStrict(raw []byte, target any) []error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var given any
	if err := decoder.Decode(&given); err != nil {
		return []error{fmt.Errorf("not an object: %w", err)}
	}
	if _, err := decoder.Token(); err != io.EOF {
		return []error{fmt.Errorf("more than one object")}
	}
	problems := mismatches("", given, reflect.TypeOf(target).Elem())
	if _, isObject := given.(map[string]any); !isObject {
		return problems
	}
	fitting, err := json.Marshal(given)
	if err != nil {
		return append(problems, err)
	}
	strict := json.NewDecoder(bytes.NewReader(fitting))
	strict.DisallowUnknownFields()
	if err := strict.Decode(target); err != nil {
		return append(problems, err)
	}
	return problems
}

// mismatches walks the given value beside the type it has to fit, and takes out of objects what does not.
func mismatches(path string, given any, want reflect.Type) []error {
	wrong := func(kind string) []error {
		shown, _ := json.Marshal(given) // it came from JSON
		return []error{problem{orRoot(path), fmt.Sprintf("%s is not allowed: want %s", shown, kind)}}
	}
	switch want.Kind() {
	case reflect.Struct:
		object, ok := given.(map[string]any)
		if !ok {
			return wrong("an object")
		}
		return objectMismatches(path, object, want)
	case reflect.Slice:
		list, ok := given.([]any)
		if !ok {
			return wrong("a list")
		}
		var problems []error
		for i, element := range list {
			problems = append(problems, mismatches(fmt.Sprintf("%s[%d]", path, i), element, want.Elem())...)
		}
		return problems
	case reflect.String:
		if _, ok := given.(string); !ok {
			return wrong("text")
		}
	case reflect.Bool:
		if _, ok := given.(bool); !ok {
			return wrong("true or false")
		}
	case reflect.Int:
		if number, ok := given.(json.Number); !ok {
			return wrong("a whole number")
		} else if whole, err := number.Int64(); err != nil || whole > math.MaxInt32*int64(1<<20) {
			return wrong("a whole number")
		}
	case reflect.Float64:
		if number, ok := given.(json.Number); !ok {
			return wrong("a number")
		} else if _, err := number.Float64(); err != nil {
			return wrong("a number")
		}
	default:
		return wrong("a supported type, not " + want.String())
	}
	return nil
}

func objectMismatches(path string, object map[string]any, want reflect.Type) []error {
	fields := map[string]reflect.Type{}
	var allowed []string
	for i := range want.NumField() {
		key := want.Field(i).Tag.Get("json")
		fields[key] = want.Field(i).Type
		allowed = append(allowed, key)
	}
	slices.Sort(allowed)
	var keys []string
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	var problems []error
	for _, key := range keys {
		at := strings.TrimPrefix(path+"."+key, ".")
		field, known := fields[key]
		if !known {
			problems = append(problems, problem{at, "unknown key; allowed are " + strings.Join(allowed, ", ")})
			delete(object, key)
			continue
		}
		wrong := mismatches(at, object[key], field)
		if _, isObject := object[key].(map[string]any); len(wrong) > 0 &&
			(!isObject || field.Kind() != reflect.Struct) {
			delete(object, key)
		}
		problems = append(problems, wrong...)
	}
	return problems
}

func orRoot(path string) string {
	if path == "" {
		return "the settings"
	}
	return path
}
