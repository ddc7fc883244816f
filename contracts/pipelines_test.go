package contracts

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPipelines(t *testing.T) {
	pipelines := model(t).Pipelines()
	require.Len(t, pipelines, 3)

	clicks := pipelines[0]
	assert.Equal(t, "clicks", clicks.Name)
	assert.Equal(t, "web", clicks.Domain)
	assert.True(t, clicks.Streaming)
	assert.Equal(t, "raw.clicks", clicks.Raw.ID)
	assert.Equal(t, "processed.clicks", clicks.Processed.ID)
	require.Len(t, clicks.Curated, 2)
	assert.Equal(t, "curated.product_funnel_hourly", clicks.Curated[0].ID)
	assert.Equal(t, "curated.sessions", clicks.Curated[1].ID)
	require.Len(t, clicks.Lookups, 1)
	assert.Equal(t, "processed.products", clicks.Lookups[0].ID)

	products := pipelines[1]
	assert.Equal(t, "products", products.Name)
	require.Len(t, products.Curated, 1, "what looks its values up there is no part of it")
	assert.Equal(t, "curated.products_current", products.Curated[0].ID)
	assert.Empty(t, products.Lookups)

	sales := pipelines[2]
	assert.Equal(t, "sales", sales.Name)
	assert.False(t, sales.Streaming)
	require.Len(t, sales.Curated, 1)
	assert.Equal(t, "curated.sales_hourly", sales.Curated[0].ID)
	assert.Equal(t, clicks.Lookups, sales.Lookups)
}

// withRefunds adds a dataset by adding files, made from those of sales.
func withRefunds(t *testing.T) fstest.MapFS {
	t.Helper()
	fsys := files(t)
	for from, to := range map[string]string{
		"raw/sales.odcs.yaml":            "raw/refunds.odcs.yaml",
		"processed/sales.odcs.yaml":      "processed/refunds.odcs.yaml",
		"curated/sales_hourly.odcs.yaml": "curated/refunds_hourly.odcs.yaml",
	} {
		text := string(fsys[from].Data)
		for _, name := range []string{"sales_hourly", "sales"} {
			other := strings.Replace(name, "sales", "refunds", 1)
			text = strings.NewReplacer("."+name, "."+other, "name: "+name+"\n", "name: "+other+"\n").Replace(text)
		}
		fsys[to] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func TestADatasetIsAddedByFilesAlone(t *testing.T) {
	set, err := LoadFS(withRefunds(t))
	require.NoError(t, err)
	pipelines := set.Pipelines()
	require.Len(t, pipelines, 4)
	refunds := pipelines[2]
	assert.Equal(t, "refunds", refunds.Name)
	require.Len(t, refunds.Curated, 1)
	assert.Equal(t, "curated.refunds_hourly", refunds.Curated[0].ID)
	assert.Len(t, pipelines[3].Curated, 1, "sales keeps its own")
	assert.NotEqual(t, model(t).Hash(), set.Hash())
}

func TestCuratedOfCuratedBelongsToThePipeline(t *testing.T) {
	fsys := files(t)
	text := string(fsys["curated/sales_hourly.odcs.yaml"].Data)
	text = strings.NewReplacer("sales_hourly", "sales_daily", "[processed.sales, processed.products]",
		"[curated.sales_hourly]").Replace(text)
	fsys["curated/sales_daily.odcs.yaml"] = &fstest.MapFile{Data: []byte(text)}
	set, err := LoadFS(fsys)
	require.NoError(t, err)
	curated := set.Pipelines()[2].Curated
	require.Len(t, curated, 2)
	assert.Equal(t, "curated.sales_daily", curated[0].ID)
}

func TestASourceNeedsAWay(t *testing.T) {
	fsys := withRefunds(t)
	delete(fsys, "processed/refunds.odcs.yaml")
	delete(fsys, "curated/refunds_hourly.odcs.yaml")
	fsys["raw/aws.odcs.yaml"] =
		&fstest.MapFile{Data: []byte(strings.NewReplacer("raw.sales", "raw.aws", "name: sales\n", "name: aws\n").
			Replace(string(fsys["raw/sales.odcs.yaml"].Data)))}
	_, err := LoadFS(fsys)
	assert.Equal(t, []string{
		"contracts/raw/aws.odcs.yaml: the dataset's name is reserved: unknown, aws, discovery",
		"contracts/raw/aws.odcs.yaml: processed/aws.odcs.yaml does not exist; a dataset with a source needs one",
		"contracts/raw/refunds.odcs.yaml: processed/refunds.odcs.yaml does not exist; a dataset with a source needs one",
	}, lines(err))

	_, err = LoadFS(files(t, edit{"processed/sales.odcs.yaml", "value: [raw.sales]", "value: [raw.clicks]"}))
	assert.Contains(t, lines(err),
		"contracts/raw/sales.odcs.yaml: processed.sales is not computed from it: its upstream is raw.clicks")

	const payload = "logicalType: object\n        physicalType: string\n"
	fsys = files(t)
	text := string(fsys["raw/clicks.odcs.yaml"].Data)
	start, end := strings.Index(text, "        properties:\n          - name: event_id"),
		strings.Index(text, "      - name: payload_base64")
	text = strings.Replace(text[:start]+text[end:], payload, strings.Replace(payload, "object", "string", 1), 1)
	fsys["raw/clicks.odcs.yaml"] = &fstest.MapFile{Data: []byte(text)}
	_, err = LoadFS(fsys)
	assert.Equal(t, []string{
		"contracts/raw/clicks.odcs.yaml: schema[0].properties: a stream's dataset needs one column of logicalType object: the event",
	}, lines(err))
}

func TestATableWithoutPartitionsIsRecomputedByItsKey(t *testing.T) {
	const current = "curated/products_current.odcs.yaml"
	assert.Empty(t, get(t, model(t), "curated.products_current").Partitions)

	for _, upstream := range []string{"processed.clicks", "curated.sales_hourly"} {
		_, err := LoadFS(files(t, edit{current, "[processed.products]", "[" + upstream + "]"}))
		assert.Equal(t, []string{
			"contracts/curated/products_current.odcs.yaml: schema[0].properties: no column is partitioned; allowed only for what is computed from an Iceberg table of processed",
		}, lines(err), upstream)
	}
}

func TestValuesAreLookedUpInIcebergTablesOfProcessed(t *testing.T) {
	for upstream, why := range map[string]string{
		"processed.clicks": "processed and parquet", "curated.sessions": "curated and iceberg",
	} {
		_, err := LoadFS(files(t, edit{"curated/sales_hourly.odcs.yaml",
			"[processed.sales, processed.products]", "[processed.sales, " + upstream + "]"}))
		assert.Equal(t, []string{
			"contracts/curated/sales_hourly.odcs.yaml: customProperties.upstream: \"" + upstream + "\" is " + why +
				"; values are looked up in Iceberg tables of processed only",
		}, lines(err))
	}
}
