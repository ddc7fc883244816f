package sql

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
)

func TestViewsReadWhatThereIs(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	views, err := Views()
	require.NoError(t, err)
	require.NotEmpty(t, views)
	for _, view := range views {
		for _, id := range view.Tables() {
			_, ok := set.Get(id)
			assert.True(t, ok, "%s: there is no %s", view.Name, id)
		}
		assert.Contains(t, []string{contracts.Public, contracts.Internal}, view.Classification(set),
			"%s: analysts see views", view.Name)
		_, taken := set.Get(view.Layer() + "." + view.Name)
		assert.False(t, taken, "%s is a dataset", view.Name)
	}
}

func TestAViewIsWrittenWithItsTypes(t *testing.T) {
	view, err := parseView("by_day",
		"-- By day.\nSELECT\n  CAST(max(a, 1) AS decimal(38,4)) AS most,\n  CAST(b AS varchar) AS name\nFROM {curated}.days\nGROUP BY b\n")
	require.NoError(t, err)
	assert.Equal(t, []ViewColumn{{"most", "decimal(38,4)", "decimal(38,4)"}, {"name", "varchar", "string"}}, view.Shape)
	assert.Equal(t, "curated", view.Layer())

	for name, text := range map[string]string{
		`want CAST(… AS type) AS name`:   "-- A.\nSELECT\n  a\nFROM {curated}.b",
		`real is not a type that views`:  "-- A.\nSELECT\n  CAST(a AS real) AS a\nFROM {curated}.b",
		`want SELECT, a column on each`:  "-- A.\nSELECT\nFROM {curated}.b",
		`reads tables of several layers`: "-- A.\nSELECT\n  CAST(a AS date) AS a\nFROM {curated}.b\nJOIN {raw}.c ON TRUE",
		`comment that says what`:         "SELECT\n  CAST(a AS date) AS a\nFROM {curated}.b",
	} {
		_, err := parseView("x", text)
		assert.ErrorContains(t, err, name)
	}
}
