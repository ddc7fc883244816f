package contracts

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// compile reads a contract's JSON Schema, which the library checks against the draft-07 metaschema.
func compile(t *testing.T, c *Contract) *jsonschema.Schema {
	t.Helper()
	text, err := c.JSONSchema()
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	require.Equal(t, "http://json-schema.org/draft-07/schema#", document.(map[string]any)["$schema"])
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("schema.json", document))
	schema, err := compiler.Compile("schema.json")
	require.NoError(t, err)
	require.Equal(t, 7, schema.DraftVersion)
	return schema
}

func TestJSONSchemasAreDraft07(t *testing.T) {
	for _, c := range real(t).All() {
		t.Run(c.ID, func(t *testing.T) { compile(t, c) })
	}
}

func TestJSONSchemaOfAnEvent(t *testing.T) {
	got, err := get(t, real(t), "raw.clicks").JSONSchema()
	require.NoError(t, err)
	const golden = "testdata/raw.clicks.schema.json"
	if *update {
		require.NoError(t, os.WriteFile(golden, got, 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got),
		"if the change is meant: go test ./contracts -run JSONSchemaOfAnEvent -update")
}

func TestJSONSchemaAdmitsOnlyTheContract(t *testing.T) {
	schema := compile(t, get(t, real(t), "raw.clicks"))
	const event = `{"event_id":"e1","event_type":"purchase","event_time":"2024-05-01T10:00:00.123Z","visitor_id":"v1","url":"/p/1","price":9.99,"quantity":2,"currency":"GBP"}`
	tests := map[string]struct {
		old, new string
		refused  bool
	}{
		"as it is":             {`"v1"`, `"v1"`, false},
		"null in an optional":  {`"GBP"`, `null`, false},
		"optional left out":    {`,"currency":"GBP"`, ``, false},
		"unknown field":        {`"price"`, `"cost"`, true},
		"missing field":        {`"visitor_id":"v1",`, ``, true},
		"null in a required":   {`"v1"`, `null`, true},
		"wrong type":           {`"quantity":2`, `"quantity":"2"`, true},
		"fraction":             {`"quantity":2`, `"quantity":2.5`, true},
		"enum":                 {`purchase`, `buy`, true},
		"range":                {`9.99`, `-1`, true},
		"length":               {`"e1"`, `"` + strings.Repeat("x", 65) + `"`, true},
		"empty":                {`"e1"`, `""`, true},
		"time without offset":  {`00.123Z`, `00.123`, true},
		"time with an offset":  {`00.123Z`, `00.123+01:00`, false},
		"currency not offered": {`GBP`, `CHF`, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, 1, strings.Count(event, test.old))
			instance, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.Replace(event, test.old, test.new, 1)))
			require.NoError(t, err)
			assert.Equal(t, test.refused, schema.Validate(instance) != nil)
		})
	}
}
