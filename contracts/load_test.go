package contracts

import (
	"bytes"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLoadReadsEveryContract(t *testing.T) {
	set := model(t)
	assert.Subset(t, real(t).ids(), set.ids())
	assert.Equal(t, []string{
		"curated.product_funnel_hourly", "curated.products_current", "curated.sales_hourly", "curated.sessions",
		"processed.clicks", "processed.products", "processed.sales", "raw.clicks", "raw.products",
		"raw.quarantine", "raw.sales",
	}, set.ids())
	assert.Equal(t, []string{"clicks", "products", "sales"}, set.Datasets())
	assert.Len(t, set.Layer(LayerRaw), 4)
	assert.Len(t, set.All(), 11)
	_, ok := set.Get("raw.nothing")
	assert.False(t, ok)
}

func TestFeaturesAreLoadedWhereTheyAreAskedFor(t *testing.T) {
	base, err := Load()
	require.NoError(t, err)
	assert.Empty(t, base.Layer(LayerFeatures))
	with := real(t)
	var more []string
	for _, id := range with.ids() {
		if _, both := base.Get(id); !both {
			more = append(more, id)
		}
	}
	assert.Equal(t,
		[]string{"curated.recommendations", "features.interactions", "features.model_runs", "features.products"}, more)
	assert.Equal(t, []string{LayerRaw, LayerProcessed, LayerCurated}, base.Layers())
	assert.Equal(t, []string{LayerRaw, LayerProcessed, LayerFeatures, LayerCurated}, with.Layers())
	for _, pipeline := range with.Pipelines() {
		assert.NotContains(t, pipeline.Curated, get(t, with, "curated.recommendations"),
			"a model's rows come from no source")
	}
	assert.NotEqual(t, base.Hash(), with.Hash())
	features := get(t, with, "features.interactions")
	assert.Equal(t, []string{"as_of", "party_key", "product_id"}, features.PrimaryKey())
	assert.Equal(t, []Partition{{"as_of", "identity"}}, features.Partitions)
}

func TestFeaturesAreNotComputedFromRaw(t *testing.T) {
	fsys := files(t)
	content, err := embedded.ReadFile("features/interactions" + suffix)
	require.NoError(t, err)
	fsys["features/interactions"+suffix] = &fstest.MapFile{
		Data: bytes.Replace(content, []byte("[processed.clicks,"), []byte("[raw.clicks,"), 1),
	}
	_, err = LoadFS(fsys)
	assert.ErrorContains(t, err, `"raw.clicks" is raw, of which processed alone is computed`)
}

func TestWhatAModelSaysIsComputedFromFeaturesAlone(t *testing.T) {
	for give, want := range map[string]string{
		"[features.interactions, processed.sales]": `"processed.sales" is processed; what a model says is computed from features alone, and anything else without them`,
		"[processed.sales, features.interactions]": `"features.interactions" is features; what a model says is computed from features alone, and anything else without them`,
	} {
		fsys := fstest.MapFS{}
		for _, c := range real(t).All() {
			content := c.text
			if c.ID == "curated.recommendations" {
				content = bytes.Replace(content, []byte("[features.interactions, features.products]"), []byte(give), 1)
			}
			fsys[c.Layer+"/"+c.Dataset+suffix] = &fstest.MapFile{Data: content}
		}
		_, err := LoadFS(fsys)
		assert.ErrorContains(t, err, want)
	}
}

func TestContractHoldsWhatTheFileSays(t *testing.T) {
	c := get(t, real(t), "processed.sales")
	assert.Equal(t, "processed", c.Layer)
	assert.Equal(t, "sales", c.Dataset)
	assert.Equal(t, "sales", c.Domain)
	assert.Equal(t, "5.0.0", c.Version)
	assert.Equal(t, "sales-data", c.Owner)
	assert.Equal(t, FormatIceberg, c.Format)
	assert.Equal(t, []string{"raw.sales"}, c.Upstream)
	assert.Equal(t, SLA{Latency: time.Hour, Frequency: time.Hour, RetentionDays: 3650}, c.SLA)
	assert.Equal(t, []Partition{{"invoice_time", "day"}}, c.Partitions)
	assert.Equal(t, []string{"invoice_time", "stock_code"}, c.SortBy)
	assert.Equal(t, []string{"line_key"}, c.PrimaryKey())
	assert.Equal(t, "zstd", c.Properties["write.parquet.compression-codec"])
	assert.Empty(t, c.PathColumns)

	column, ok := c.Column("line_type")
	require.True(t, ok)
	assert.Equal(t, []string{"sale", "return", "adjustment", "fee", "void"}, column.Enum)
	assert.True(t, column.Required)
	column, ok = c.Column("day_of_week")
	require.True(t, ok)
	assert.Equal(t, 1.0, *column.Minimum)
	assert.Equal(t, 7.0, *column.Maximum)
}

func TestEventHoldsTheFieldsOfAClick(t *testing.T) {
	set := real(t)
	event := get(t, set, "raw.clicks").Event()
	assert.Equal(t, []string{
		"event_id", "event_type", "event_time", "visitor_id", "user_id", "url", "referrer", "user_agent", "ip",
		"product_id", "quantity", "price", "currency", "search_term", "http_method", "http_status", "response_bytes",
		"app_version", "schema_version",
	}, names(event))
	assert.Equal(t, 64, *event[0].MaxLength)
	assert.True(t, event[0].Unique)
	assert.Equal(t, []string{"GBP", "EUR", "USD"}, event[12].Enum)
	assert.Nil(t, get(t, set, "raw.sales").Event())
}

func TestQuarantineListsDatasetsAndReasons(t *testing.T) {
	columns := get(t, model(t), "raw.quarantine").PathColumns
	assert.Equal(t, []string{"clicks", "products", "sales", UnknownDataset}, columns[0].Enum)
	assert.Equal(t, reasonCodes(), columns[1].Enum)
	for _, code := range reasonCodes() {
		assert.Regexp(t, `^[a-z_0-9]+$`, code)
	}
}

func TestLoadRefuses(t *testing.T) {
	const clicks, sales, sessions, quarantine = "raw/clicks.odcs.yaml", "processed/sales.odcs.yaml",
		"curated/sessions.odcs.yaml", "raw/quarantine.odcs.yaml"
	tests := map[string]struct {
		give []edit
		want []string
	}{
		"unknown key": {
			[]edit{{sales, "domain: sales\n", "domain: sales\ndomian: sales\n"}},
			[]string{
				`contracts/processed/sales.odcs.yaml: unknown key "domian"; allowed: apiVersion, kind, id, name, version, status, domain, description, team, schema, slaProperties, customProperties`,
			},
		},
		"unknown nested key": {
			[]edit{{sessions, "maximum: 86400", "maxium: 86400"}},
			[]string{
				`contracts/curated/sessions.odcs.yaml: schema[0].properties[5].logicalTypeOptions: unknown key "maxium"; allowed: minLength, maxLength, pattern, minimum, maximum`,
			},
		},
		"wrong kind of value": {
			[]edit{{sessions, "partitionKeyPosition: 1", "partitionKeyPosition: first"}},
			[]string{
				"contracts/curated/sessions.odcs.yaml: \"first\" is not an integer",
				"contracts/curated/sessions.odcs.yaml: schema[0].properties.event_date.partitionKeyPosition: is 0; allowed: each of 1 to 1 once",
			},
		},
		"header": {
			[]edit{{
				sessions,
				"apiVersion: v3.1.0\nkind: DataContract\nid: curated.sessions\nname: sessions\nversion: 2.0.0\nstatus: active\ndomain: web",
				"apiVersion: v3.0.0\nkind: Contract\nid: curated.session\nname: session\nversion: v1\nstatus: on\ndomain: Web Shop",
			}},
			[]string{
				`contracts/curated/sessions.odcs.yaml: apiVersion: "v3.0.0" is not allowed; allowed: v3.1.0`,
				`contracts/curated/sessions.odcs.yaml: kind: "Contract" is not allowed; allowed: DataContract`,
				`contracts/curated/sessions.odcs.yaml: id: "curated.session" is not allowed; allowed: curated.sessions`,
				`contracts/curated/sessions.odcs.yaml: name: "session" is not allowed; allowed: sessions`,
				`contracts/curated/sessions.odcs.yaml: status: "on" is not allowed; allowed: active, deprecated`,
				`contracts/curated/sessions.odcs.yaml: version: "v1" is not allowed; allowed: a semantic version such as 1.0.0`,
				`contracts/curated/sessions.odcs.yaml: domain: "Web Shop" is not allowed; allowed: ^[a-z][a-z0-9-]{0,62}$`,
			},
		},
		"layer is not the folder's": {
			[]edit{{sessions, "value: curated\n", "value: processed\n"}},
			[]string{
				`contracts/curated/sessions.odcs.yaml: customProperties.layer: "processed" is not allowed; allowed: curated`,
			},
		},
		"physical type": {
			[]edit{{sessions, "physicalType: decimal(18,2)", "physicalType: decimal(40,2)"}},
			[]string{
				`contracts/curated/sessions.odcs.yaml: schema[0].properties.revenue.physicalType: "decimal(40,2)" is not allowed; allowed: precision up to 38, scale up to the precision`,
			},
		},
		"physical type of another logical type": {
			[]edit{{sessions, "physicalType: date\n", "physicalType: varchar(10)\n"}},
			[]string{
				`contracts/curated/sessions.odcs.yaml: schema[0].properties.event_date.physicalType: "varchar(10)" is not allowed for logicalType date; allowed: date`,
			},
		},
		"logical type, classification": {
			[]edit{{
				sessions,
				"logicalType: date\n        physicalType: date\n        description: Date of the session, UTC.\n        classification: internal",
				"logicalType: day\n        physicalType: date\n        classification: secret",
			}},
			[]string{
				`contracts/curated/sessions.odcs.yaml: schema[0].properties.event_date.description: is required`,
				`contracts/curated/sessions.odcs.yaml: schema[0].properties.event_date.classification: "secret" is not allowed; allowed: public, internal, pseudonymous, pii`,
				`contracts/curated/sessions.odcs.yaml: schema[0].properties.event_date.logicalType: "day" is not allowed; allowed: string, integer, number, boolean, date, timestamp, object`,
			},
		},
		"primary key not required": {
			[]edit{{sessions, "required: true\n        primaryKey: true", "primaryKey: true"}},
			[]string{
				`contracts/curated/sessions.odcs.yaml: schema[0].properties.session_id: is in the primary key but not required`,
			},
		},
		"transform of another type": {
			[]edit{{sales, "value: day", "value: bucket"}},
			[]string{
				`contracts/processed/sales.odcs.yaml: schema[0].properties.invoice_time.customProperties.transform: "bucket" is not allowed; allowed: identity, hour, day, month`,
			},
		},
		"hour of a date": {
			[]edit{{sessions, "value: identity", "value: hour"}},
			[]string{
				`contracts/curated/sessions.odcs.yaml: schema[0].properties.event_date.customProperties.transform: hour is not for columns of logicalType date; it is for: timestamp`,
			},
		},
		"a person in curated": {
			[]edit{{
				sessions,
				"description: Pseudonymous id of the browser or app installation.\n        classification: pseudonymous",
				"description: Pseudonymous id of the browser or app installation.\n        classification: pii",
			}},
			[]string{
				`contracts/curated/sessions.odcs.yaml: schema[0].properties.visitor_id.classification: is pii, which ends in processed: curated knows people by pseudonyms and groups`,
			},
		},
		"sorted by no column": {
			[]edit{{sessions, "value: [started_at, visitor_id]", "value: [begun_at]"}},
			[]string{`contracts/curated/sessions.odcs.yaml: customProperties.sortBy: "begun_at" is not a column`},
		},
		"table properties": {
			[]edit{{sessions, `format-version: "2"`, `format-version: "1"`}},
			[]string{
				`contracts/curated/sessions.odcs.yaml: customProperties.tableProperties: format-version is "1"; allowed: "2"`,
			},
		},
		"upstream does not exist": {
			[]edit{{sessions, "value: [processed.clicks]", "value: [processed.click]"}},
			[]string{
				`contracts/curated/sessions.odcs.yaml: customProperties.upstream: "processed.click" does not exist; existing: curated.product_funnel_hourly, curated.products_current, curated.sales_hourly, curated.sessions, processed.clicks, processed.products, processed.sales, raw.clicks, raw.products, raw.quarantine, raw.sales`,
			},
		},
		"upstream skips a layer": {
			[]edit{{sessions, "value: [processed.clicks]", "value: [raw.clicks]"}},
			[]string{
				`contracts/curated/sessions.odcs.yaml: customProperties.upstream: "raw.clicks" is raw, of which processed alone is computed`,
			},
		},
		"upstream is a cycle": {
			[]edit{{sessions, "value: [processed.clicks]", "value: [curated.sessions]"}},
			[]string{
				`contracts/curated/sessions.odcs.yaml: customProperties.upstream: "curated.sessions" is computed from this dataset: a cycle`,
			},
		},
		"unknown custom property": {
			[]edit{{sessions, "property: sortBy", "property: sortedBy"}},
			[]string{
				`contracts/curated/sessions.odcs.yaml: customProperties: unknown property "sortedBy"; allowed: ended, format, headersUntil, layer, pathTemplate, sortBy, source, tableProperties, upstream`,
			},
		},
		"SLA": {
			[]edit{{
				sessions, "property: latency\n    value: 1\n    unit: hours",
				"property: latency\n    value: 0\n    unit: parsecs",
			}, {sessions, "property: retention", "property: frequency"}},
			[]string{
				`contracts/curated/sessions.odcs.yaml: slaProperties.latency: value is 0; allowed: a positive integer`,
				`contracts/curated/sessions.odcs.yaml: slaProperties.latency.unit: "parsecs" is not allowed; allowed: minutes, hours, days`,
				`contracts/curated/sessions.odcs.yaml: slaProperties.frequency: is given twice`,
				`contracts/curated/sessions.odcs.yaml: slaProperties: retention is missing`,
			},
		},
		"quality metric": {
			[]edit{{sales, "metric: invalidValues", "metric: rows"}},
			[]string{
				`contracts/processed/sales.odcs.yaml: schema[0].properties.line_type.quality[0].metric: "rows" is not allowed; allowed: nullValues, duplicateValues, invalidValues, rowCount`,
			},
		},
		"quality query over a misspelt column": {
			[]edit{{sales, "NOT (is_weekend = (day_of_week >= 6))", "NOT (is_weekend = (weekday >= 6))"}},
			[]string{
				`contracts/processed/sales.odcs.yaml: schema[0].quality[2].query: weekday is neither a column nor a known keyword`,
			},
		},
		"quality query of another form": {
			[]edit{{sales, "SELECT COUNT(*) FROM {object} WHERE NOT (is_weekend = (day_of_week >= 6))", "SELECT 1"}},
			[]string{
				`contracts/processed/sales.odcs.yaml: schema[0].quality[2].query: is not allowed; allowed: SELECT COUNT(*) FROM {object} WHERE NOT (<SQL boolean over one row>)`,
			},
		},
		"quality name of an implied rule": {
			[]edit{{sales, "name: weekend_matches_day", "name: is_weekend_not_null"}},
			[]string{
				`contracts/processed/sales.odcs.yaml: quality: the name is_weekend_not_null is given twice, or is that of a rule the column implies`,
			},
		},
		"pattern without anchors": {
			[]edit{{sales, "pattern: '^[A-Z]{2}$'", "pattern: '[A-Z]{2}'"}},
			[]string{
				`contracts/processed/sales.odcs.yaml: schema[0].properties.country_code.logicalTypeOptions.pattern: "[A-Z]{2}" is not anchored; allowed: ^…$`,
			},
		},
		"pii inside a column that is not": {
			[]edit{{
				clicks,
				"The event's exact text; null when it is kept in payload_base64.\"\n        classification: pii",
				"The event.\"\n        classification: internal",
			}},
			[]string{
				`contracts/raw/clicks.odcs.yaml: schema[0].properties.payload.classification: is "internal" but its field user_id is "pii"`,
				`contracts/raw/clicks.odcs.yaml: schema[0].properties.payload.classification: is "internal" but its field ip is "pii"`,
			},
		},
		"path without a column": {
			[]edit{{quarantine, "reason=${reason}/", ""}},
			[]string{
				`contracts/raw/quarantine.odcs.yaml: customProperties.pathTemplate: "quarantine/${dataset}/ingest_date=${ingest_date}/" does not hold ${reason} exactly once`,
				`contracts/raw/quarantine.odcs.yaml: customProperties.pathTemplate: "quarantine/${dataset}/ingest_date=${ingest_date}/" holds something that is not a partitioned column`,
			},
		},
		"path column without values": {
			[]edit{{quarantine, "property: valuesFrom\n            value: reasons",
				"property: valuesFrom\n            value: people"}},
			[]string{
				`contracts/raw/quarantine.odcs.yaml: schema[0].properties.reason.customProperties.valuesFrom: "people" is not allowed; allowed: datasets, reasons`,
			},
		},
		"format of another layer": {
			[]edit{{sessions, "value: iceberg", "value: csv"}},
			[]string{
				`contracts/curated/sessions.odcs.yaml: customProperties.format: "csv" is not allowed; allowed: iceberg`,
			},
		},
		"processed format of another source": {
			[]edit{{clicks, "value: stream", "value: landing"}},
			[]string{
				`contracts/raw/clicks.odcs.yaml: customProperties.source: is landing, for which the format of processed.clicks is "parquet"; allowed: iceberg`,
			},
		},
		"numbers": {
			[]edit{{sessions, "minimum: 0\n          maximum: 86400", "minimum: 0.5\n          maximum: NaN"}},
			[]string{
				`contracts/curated/sessions.odcs.yaml: schema[0].properties.duration_seconds.logicalTypeOptions.minimum: "0.5" is not an integer`,
				`contracts/curated/sessions.odcs.yaml: schema[0].properties.duration_seconds.logicalTypeOptions.maximum: "NaN" is not a number; allowed: up to 2^53, which is exact everywhere`,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := LoadFS(files(t, test.give...))
			assert.Equal(t, test.want, lines(err))
		})
	}
}

func TestLoadJoinsTheProblemsOfEveryFile(t *testing.T) {
	fsys := files(t,
		edit{"raw/sales.odcs.yaml", "kind: DataContract", "kind: Contract"},
		edit{"curated/sessions.odcs.yaml", "status: active", "status: new"},
	)
	fsys["raw/empty.odcs.yaml"] = &fstest.MapFile{}
	fsys["raw/list.odcs.yaml"] = &fstest.MapFile{Data: []byte("- a\n")}
	fsys["raw/broken.odcs.yaml"] = &fstest.MapFile{Data: []byte("kind: [\n")}
	fsys["raw/two.odcs.yaml"] = &fstest.MapFile{Data: append(fsys["raw/clicks.odcs.yaml"].Data, "---\na: b\n"...)}
	fsys["raw/aliased.odcs.yaml"] = &fstest.MapFile{Data: []byte("kind: &a DataContract\nid: *a\n")}
	fsys["gold/things.odcs.yaml"] = fsys["curated/sales_hourly.odcs.yaml"]
	_, err := LoadFS(fsys)
	assert.Equal(t, []string{
		`contracts/curated/sessions.odcs.yaml: status: "new" is not allowed; allowed: active, deprecated`,
		`contracts/gold/things.odcs.yaml: the folder "gold" is not a layer; allowed: raw, processed, features, curated`,
		`contracts/raw/aliased.odcs.yaml: holds a YAML alias; write the value out`,
		`contracts/raw/broken.odcs.yaml: did not find expected node content`,
		`contracts/raw/empty.odcs.yaml: is empty; a contract starts with apiVersion and kind`,
		`contracts/raw/list.odcs.yaml: is not a mapping; a contract starts with apiVersion and kind`,
		`contracts/raw/sales.odcs.yaml: kind: "Contract" is not allowed; allowed: DataContract`,
		`contracts/raw/two.odcs.yaml: holds more than one YAML document; a file is one`,
	}, lines(err))
}

func TestLoadWantsContracts(t *testing.T) {
	_, err := LoadFS(fstest.MapFS{})
	assert.EqualError(t, err, "contracts: no <layer>/<dataset>.odcs.yaml file found")
}
