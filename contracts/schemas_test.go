package contracts

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	kept "dataplatform/contracts/released"
)

// fields are the properties of a JSON Schema, sorted.
func fields(t *testing.T, definition string) []string {
	t.Helper()
	var schema struct{ Properties map[string]any }
	require.NoError(t, json.Unmarshal([]byte(definition), &schema))
	return slices.Sorted(maps.Keys(schema.Properties))
}

func named(t *testing.T, schemas []Schema, name string) Schema {
	t.Helper()
	i := slices.IndexFunc(schemas, func(s Schema) bool { return s.Name == name })
	require.GreaterOrEqual(t, i, 0, name)
	return schemas[i]
}

func TestSchemasHoldEveryReleasedVersionInOrder(t *testing.T) {
	schemas, err := Schemas(real(t), kept.Files)
	require.NoError(t, err)
	clicks := named(t, schemas, "raw.clicks.v1")
	assert.Equal(t, "BACKWARD", clicks.Compatibility)
	require.GreaterOrEqual(t, len(clicks.Definitions), 2)
	assert.NotContains(t, fields(t, clicks.Definitions[0]), "app_version")
	assert.Contains(t, fields(t, clicks.Definitions[1]), "app_version")

	history, err := History(kept.Files)
	require.NoError(t, err)
	majors := map[string]bool{}
	for _, contract := range real(t).All() {
		current, err := contract.JSONSchema()
		require.NoError(t, err)
		definitions := named(t, schemas, contract.SchemaName()).Definitions
		assert.Equal(t, string(current), definitions[len(definitions)-1],
			"%s: the last is the one in force", contract.ID)
		majors[contract.SchemaName()] = true
		for _, release := range history[contract.ID] {
			released := Contract{ID: contract.ID, Version: release.Version}
			majors[released.SchemaName()] = true
		}
	}
	assert.Len(t, schemas, len(majors), "one a contract and major version")
}

func TestSchemasOfMajorVersions(t *testing.T) {
	set, err := LoadFS(files(t, breaking, edit{rawClicks, "version: 1.2.0", "version: 2.0.0"}))
	require.NoError(t, err)
	schemas, err := Schemas(set, released(t))
	require.NoError(t, err)
	assert.Len(t, named(t, schemas, "raw.clicks.v1").Definitions, 3, "what was is kept")
	second := named(t, schemas, "raw.clicks.v2")
	require.Len(t, second.Definitions, 1)
	assert.Contains(t, fields(t, second.Definitions[0]), "visitor")
}

func TestSchemasOfTheUnreleased(t *testing.T) {
	schemas, err := Schemas(model(t), fstest.MapFS{})
	require.NoError(t, err)
	assert.Len(t, schemas, len(model(t).All()))
	for _, schema := range schemas {
		assert.Len(t, schema.Definitions, 1, schema.Name)
	}
	broken := released(t)
	broken["raw.clicks/1.5.0"+suffix] = broken["raw.clicks/1.0.0"+suffix]
	_, err = Schemas(model(t), broken)
	assert.ErrorContains(t, err, "does not hold version 1.5.0")
}

// breaking renames a field of the event.
var breaking = edit{rawClicks, "          - name: visitor_id\n", "          - name: visitor\n"}

func TestTheNextVersionOfClicks(t *testing.T) {
	version := func(v string) edit { return edit{rawClicks, "version: 1.2.0", "version: " + v} }
	optional := edit{rawClicks, "          - name: search_term\n",
		strings.ReplaceAll("  - name: experiment\n    logicalType: string\n    physicalType: string\n"+
			"    description: Variant of the page.\n    classification: internal\n", "  - name",
			"          - name") + "          - name: search_term\n"}
	optional.new = strings.NewReplacer("\n    logicalType", "\n            logicalType", "\n    physicalType",
		"\n            physicalType", "\n    description", "\n            description", "\n    classification",
		"\n            classification").Replace(optional.new)
	const renamed = "payload.visitor_id: column removed, breaks readers; payload.visitor: required column added, breaks readers"
	for name, test := range map[string]struct {
		edits []edit
		want  string // empty when all that is missing is the release
	}{
		"a renamed field as a minor version": {[]edit{breaking, version("1.3.0")},
			"contracts/raw/clicks.odcs.yaml: version 1.3.0 after 1.2.0: needs version 2.0.0 or later: " + renamed},
		"a renamed field as a major version":   {[]edit{breaking, version("2.0.0")}, ""},
		"an optional field as a minor version": {[]edit{optional, version("1.3.0")}, ""},
		"an optional field as a patch": {[]edit{optional, version("1.2.1")},
			"contracts/raw/clicks.odcs.yaml: version 1.2.1 after 1.2.0: needs version 1.3.0 or later: payload.experiment: optional column added"},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := LoadFS(files(t, test.edits...))
			require.NoError(t, err)
			want := test.want
			if want == "" {
				want = "contracts/released/raw.clicks/" + get(t, set, "raw.clicks").Version + suffix +
					" is missing; go run ./cmd/release-contracts writes it"
			}
			assert.Equal(t, []string{want}, lines(CheckReleases(set, released(t))))
		})
	}
}
