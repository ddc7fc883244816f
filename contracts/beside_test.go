package contracts

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const besideFile = "raw/sales_json.odcs.yaml"

func TestWhatLiesBesideADatasetIsATableOfItsFolder(t *testing.T) {
	set := real(t)
	c := get(t, set, "raw.sales_json")
	assert.Equal(t, "sales", c.Of())
	assert.Equal(t, "s3://lake-raw/sales/json/", c.Location("lake-raw"))
	assert.Equal(t, "s3://lake-raw/sales/json/ingest_date=${ingest_date}/ingest_hour=${ingest_hour}/",
		c.ProjectionTemplate("lake-raw"))
	assert.Equal(t, "pii", c.Classification())
	assert.Equal(t, map[string]string{"layer": "raw", "domain": "sales"}, c.Tags(), "granted as raw.sales is")
	assert.NotContains(t, set.Datasets(), "sales_json", "sources drop its files for sales")
	for _, pipeline := range set.Pipelines() {
		assert.NotEqual(t, c, pipeline.Raw)
	}
	assert.Contains(t, c.Prefix(), "/"+FoldersOfForms[0]+"/", "where landing puts them")
}

func TestLoadRefusesWhatLiesBesideNothing(t *testing.T) {
	for name, test := range map[string]struct{ old, new, want string }{
		"no dataset": {"value: sales/json/", "value: sale/json/",
			`"sale/json/ingest_date=${ingest_date}/ingest_hour=${ingest_hour}/" is in the folder of no dataset that sources drop files for`},
		"stream":    {"value: sales/json/", "value: clicks/json/", "is in the folder of no dataset"},
		"retention": {"value: 3650", "value: 365", "retention is 365 days; raw.sales has 3650, and one rule for both"},
		"governance": {"classification: pii", "classification: internal",
			"the strictest classification is internal; that of raw.sales is pii"},
		"columns": {"physicalType: string\n        description: \"The line",
			"physicalType: int\n        description: \"The line", "lines are one column, a string"},
	} {
		t.Run(name, func(t *testing.T) {
			given := files(t)
			content, err := embedded.ReadFile(besideFile)
			require.NoError(t, err)
			require.Equal(t, 1, strings.Count(string(content), test.old))
			given[besideFile] = &fstest.MapFile{Data: []byte(strings.Replace(string(content), test.old, test.new, 1))}
			_, err = LoadFS(given)
			assert.ErrorContains(t, err, test.want)
		})
	}
}
