package contracts

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGlueColumns(t *testing.T) {
	set := real(t)
	sales := get(t, set, "raw.sales")
	assert.Equal(t, []GlueColumn{
		{"invoiceno", "string", "Invoice number; a leading C marks a cancellation."},
		{"stockcode", "string", "Product code, or a non-product code such as POST or BANK CHARGES."},
	}, sales.GlueColumns()[:2])
	assert.Equal(t, []GlueColumn{
		{"ingest_date", "string", "Arrival date, UTC."}, {"ingest_hour", "string", "Arrival hour, UTC, two digits."},
	}, sales.GluePartitionKeys())
	assert.Empty(t, get(t, set, "processed.sales").GluePartitionKeys(), "Iceberg keeps its partitions itself")
	for _, c := range set.All() {
		for _, column := range c.GlueColumns() {
			assert.LessOrEqual(t, len(column.Comment), commentLimit,
				"in bytes, as the provider counts: %s of %s", column.Name, c.ID)
			assert.NotEmpty(t, column.Comment)
		}
	}
}

func TestLongCommentsAreShortened(t *testing.T) {
	assert.Equal(t, "a b", shorten("a\n  b"))
	assert.Equal(t, strings.Repeat("é", 126)+"…", shorten(strings.Repeat("é", 300)), "255 bytes")
	assert.Equal(t, "a"+strings.Repeat("é", 125)+"…", shorten("a"+strings.Repeat("é", 300)), "254: no half of a letter")
}

var since = Since{Arrivals: "2026-01-01", Events: "2025-12-29"}

func TestTableParametersProjectPartitions(t *testing.T) {
	set := model(t)
	assert.Equal(t, map[string]string{
		"contract_id": "processed.clicks", "contract_version": "2.0.1", "owner": "clickstream",
		"upstream": "raw.clicks", "data_classification": "pii", "classification": "parquet", "EXTERNAL": "TRUE",
		"projection.enabled": "true", "projection.event_date.type": "date",
		"projection.event_date.format": "yyyy-MM-dd",
		"projection.event_date.range":  "2025-12-29,NOW+1DAY", "projection.event_date.interval": "1",
		"projection.event_date.interval.unit": "DAYS", "projection.event_hour.type": "integer",
		"projection.event_hour.range": "0,23", "projection.event_hour.digits": "2",
	}, get(t, set, "processed.clicks").TableParameters(since))

	quarantine := get(t, set, "raw.quarantine").TableParameters(since)
	assert.Equal(t, "2026-01-01,NOW+1DAY", quarantine["projection.ingest_date.range"], "raw is by arrival")
	assert.Equal(t, "enum", quarantine["projection.dataset.type"])
	assert.Equal(t, "clicks,products,sales,unknown", quarantine["projection.dataset.values"])
	assert.Equal(t, strings.Join(reasonCodes(), ","), quarantine["projection.reason.values"])

	assert.Equal(t, "1", get(t, set, "raw.sales").TableParameters(since)["skip.header.line.count"])
	assert.Equal(t, map[string]string{
		"contract_id": "curated.sessions", "contract_version": "2.0.0", "owner": "clickstream",
		"upstream": "processed.clicks", "data_classification": "pseudonymous",
	}, get(t, set, "curated.sessions").TableParameters(since), "Iceberg tables have no projection")
}

func TestProjectionStartsWhereTheContractSays(t *testing.T) {
	set, err := LoadFS(files(t, edit{"processed/clicks.odcs.yaml",
		"partitionKeyPosition: 1\n",
		"partitionKeyPosition: 1\n        logicalTypeOptions:\n          minimum: 2024-06-01\n"}))
	require.NoError(t, err)
	assert.Equal(t,
		"2024-06-01,NOW+1DAY", get(t, set, "processed.clicks").TableParameters(since)["projection.event_date.range"])
}

func TestProjectionTemplate(t *testing.T) {
	set := real(t)
	assert.Equal(t, "s3://lake-raw/clicks/ingest_date=${ingest_date}/ingest_hour=${ingest_hour}/",
		get(t, set, "raw.clicks").ProjectionTemplate("lake-raw"))
	assert.Equal(t, "s3://lake-raw/quarantine/${dataset}/reason=${reason}/ingest_date=${ingest_date}/",
		get(t, set, "raw.quarantine").ProjectionTemplate("lake-raw"))
	assert.Equal(t, "s3://lake-curated/sessions/", get(t, set, "curated.sessions").Location("lake-curated"))
}

func TestEveryProjectedTableIsReadable(t *testing.T) {
	for _, c := range real(t).All() {
		serde, ok := c.Serde()
		assert.Equal(t, c.Format.Projected(), ok, c.ID)
		if !ok {
			continue
		}
		assert.NotEmpty(t, serde.InputFormat, c.ID)
		assert.NotEmpty(t, serde.OutputFormat, c.ID)
		assert.NotEmpty(t, serde.Library, c.ID)
		parameters := c.TableParameters(since)
		for _, key := range c.GluePartitionKeys() {
			assert.NotEmpty(t, parameters["projection."+key.Name+".type"], "%s.%s", c.ID, key.Name)
			assert.Contains(t, c.ProjectionTemplate("b"), "${"+key.Name+"}")
		}
	}
}

func TestTags(t *testing.T) {
	sales := get(t, real(t), "raw.sales")
	assert.Equal(t, map[string]string{"layer": "raw", "domain": "sales"}, sales.Tags())
	assert.Equal(t, "pii", sales.ColumnTags()["customerid"])
	assert.Equal(t, "internal", sales.ColumnTags()["ingest_date"])
}

func TestPersonalDataStaysOutOfCurated(t *testing.T) {
	for _, c := range real(t).Layer(LayerCurated) {
		assert.NotEqual(t, "pii", c.Classification(), c.ID)
	}
}

func TestSparkSchema(t *testing.T) {
	assert.JSONEq(t, `{"type":"struct","fields":[
		{"name":"hour_start","type":"timestamp","nullable":false,"metadata":{"comment":"Start of the event hour, UTC."}},
		{"name":"product_id","type":"string","nullable":false,"metadata":{"comment":"Product."}},
		{"name":"views","type":"long","nullable":false,"metadata":{"comment":"Events of type product_view."}},
		{"name":"carts","type":"long","nullable":false,"metadata":{"comment":"Events of type add_to_cart."}},
		{"name":"removals","type":"long","nullable":false,"metadata":{"comment":"Events of type remove_from_cart."}},
		{"name":"purchases","type":"long","nullable":false,"metadata":{"comment":"Events of type purchase."}},
		{"name":"units","type":"long","nullable":false,"metadata":{"comment":"Pieces bought."}},
		{"name":"revenue","type":"decimal(18,2)","nullable":false,"metadata":{"comment":"Sum of quantity times price of the purchases."}},
		{"name":"visitors","type":"long","nullable":false,"metadata":{"comment":"Distinct visitors with any of these events."}},
		{"name":"view_to_cart","type":"double","nullable":true,"metadata":{"comment":"Carts divided by views; null without views."}},
		{"name":"cart_to_purchase","type":"double","nullable":true,"metadata":{"comment":"Purchases divided by carts; null without carts."}},
		{"name":"product_title","type":"string","nullable":true,"metadata":{"comment":"The product's title in the catalog in that hour; null when the catalog had none yet."}}
	]}`, string(get(t, real(t), "curated.product_funnel_hourly").SparkSchema()))
}

func TestCompatibility(t *testing.T) {
	set := real(t)
	assert.Equal(t, "BACKWARD", get(t, set, "raw.clicks").Compatibility())
	assert.Equal(t, "FULL", get(t, set, "processed.clicks").Compatibility())
	assert.Equal(t, "FULL", get(t, set, "curated.sessions").Compatibility())
	assert.Equal(t, "processed.clicks.v2", get(t, set, "processed.clicks").SchemaName())
}

func TestATableWithoutPartitionsIsNotProjected(t *testing.T) {
	runs := get(t, real(t), "features.model_runs")
	assert.Empty(t, runs.GluePartitionKeys())
	parameters := runs.TableParameters(since)
	assert.Equal(t, "json", parameters["classification"])
	assert.NotContains(t, parameters, "projection.enabled")
	assert.Equal(t, "model_runs/", runs.Prefix())
}
