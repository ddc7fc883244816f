package contracts

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	kept "dataplatform/contracts/released"
)

// strict is the Glue Schema Registry as it would be if it held JSON schemas to the letter of their mode: under BACKWARD
// every document of the version before is one of the next, under FULL the other way round as well.
func strict(mode string, old, next schemaNode) []string {
	problems := contained("document", old, next)
	if mode == "FULL" {
		problems = append(problems, contained("document", next, old)...)
	}
	return problems
}

// contained says why a document of inner may be none of outer, for the part of JSON Schema that contracts use.
func contained(at string, inner, outer schemaNode) []string {
	var problems []string
	for _, kind := range kinds(inner.Type) {
		if !slices.Contains(kinds(outer.Type), kind) &&
			(kind != "integer" || !slices.Contains(kinds(outer.Type), "number")) {
			problems = append(problems, at+" may be "+kind)
		}
	}
	if len(outer.Enum) > 0 && (len(inner.Enum) == 0 ||
		slices.ContainsFunc(inner.Enum, func(v any) bool { return !slices.Contains(outer.Enum, v) })) {
		problems = append(problems, at+" has more values")
	}
	for _, one := range [][2]string{{inner.Format, outer.Format}, {inner.Pattern, outer.Pattern}} {
		if one[1] != "" && one[0] != one[1] {
			problems = append(problems, at+" has another form")
		}
	}
	if above(outer.MinLength, inner.MinLength) || beyond(inner.MaxLength, outer.MaxLength) ||
		above(outer.Minimum, inner.Minimum) || beyond(inner.Maximum, outer.Maximum) {
		problems = append(problems, at+" has a wider range")
	}
	for _, name := range outer.Required {
		if !slices.Contains(inner.Required, name) {
			problems = append(problems, at+"."+name+" may be absent")
		}
	}
	for name, property := range inner.Properties {
		other, known := outer.Properties[name]
		if !known && outer.AdditionalProperties != nil && !*outer.AdditionalProperties {
			problems = append(problems, at+"."+name+" is not known")
		} else if known {
			problems = append(problems, contained(at+"."+name, property, other)...)
		}
	}
	return problems
}

// above says whether a lower bound is above another; a missing bound bounds nothing.
func above[N int | float64](low, other *N) bool {
	return low != nil && (other == nil || *low > *other)
}

// beyond says whether an upper bound is above another.
func beyond[N int | float64](high, other *N) bool {
	return other != nil && (high == nil || *high > *other)
}

func kinds(value any) []string {
	list, several := value.([]any)
	if !several {
		list = []any{value}
	}
	var names []string
	for _, name := range list {
		names = append(names, fmt.Sprint(name))
	}
	return names
}

func TestTheRegistryTakesEveryReleasedVersionHoweverStrictItIs(t *testing.T) {
	schemas, err := Schemas(real(t), kept.Files)
	require.NoError(t, err)
	steps := 0
	for _, schema := range schemas {
		for i := 1; i < len(schema.Definitions); i++ {
			var old, next schemaNode
			require.NoError(t, json.Unmarshal([]byte(schema.Definitions[i-1]), &old))
			require.NoError(t, json.Unmarshal([]byte(schema.Definitions[i]), &next))
			steps++
			assert.Empty(t, strict(schema.Compatibility, old, next), "%s, version %d, %s", schema.Name, i+1,
				schema.Compatibility)
		}
	}
	assert.GreaterOrEqual(t, steps, 3)
}

// TestStrictness shows what the other test relies on.
func TestStrictness(t *testing.T) {
	closed := false
	one := func(required ...string) schemaNode {
		node := schemaNode{
			Type: "object", AdditionalProperties: &closed, Required: required,
			Properties: map[string]schemaNode{"a": {Type: "integer"}},
		}
		return node
	}
	two := one()
	two.Properties = map[string]schemaNode{"a": {Type: "integer"}, "b": {Type: "string"}}
	assert.Empty(t, strict("BACKWARD", one(), two), "an optional property is added")
	assert.Equal(t, []string{"document.b is not known"}, strict("FULL", one(), two), "aws-glue-schema-registry#172")
	assert.Equal(t, []string{"document.b is not known"}, strict("BACKWARD", two, one()), "a property is taken away")
	assert.Equal(t, []string{"document.a may be absent"}, strict("BACKWARD", one(), one("a")),
		"a property becomes required")
	assert.Empty(t, strict("BACKWARD", one("a"), one()))
	minimum := 1.0
	assert.Equal(t, []string{"x has a wider range"},
		contained("x", schemaNode{Type: "integer"}, schemaNode{Type: "number", Minimum: &minimum}))
	assert.Equal(t, []string{"x has a wider range"},
		contained("x", schemaNode{Type: "number"}, schemaNode{Type: "number", Maximum: &minimum}))
	assert.Empty(t, contained("x", schemaNode{Type: "number", Maximum: &minimum}, schemaNode{Type: "number"}))
	assert.Equal(t, []string{"x may be null", "x has more values"},
		contained("x", schemaNode{Type: []any{"string", "null"}, Enum: []any{"a", "b"}},
			schemaNode{Type: "string", Enum: []any{"a"}}))
}
