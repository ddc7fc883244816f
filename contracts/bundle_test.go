package contracts

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBundle(t *testing.T) {
	set := model(t)
	text, err := set.Bundle()
	require.NoError(t, err)
	var got bundle
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Equal(t, 1, got.Version)
	assert.Equal(t, set.Hash(), got.Hash)
	assert.Equal(t, Reasons(), got.Reasons)
	assert.Equal(t, []bundlePipeline{
		{"clicks", "web", true, "raw.clicks", []string{},
			"processed.clicks", []string{"curated.product_funnel_hourly", "curated.sessions"}},
		{"products", "catalog", false, "raw.products", []string{},
			"processed.products", []string{"curated.products_current"}},
		{"sales", "sales", false, "raw.sales", []string{}, "processed.sales", []string{"curated.sales_hourly"}},
	}, got.Pipelines)
	assert.Len(t, got.Contracts, len(set.All()))

	sales := got.Contracts["raw.sales"]
	assert.Equal(t, []string{"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
		"CustomerID", "Country"}, sales.Header)
	assert.Equal(t, "ingest_date", sales.PathColumns[0].Name)
	assert.Empty(t, got.Contracts["processed.sales"].Header)
	assert.Equal(t, []Partition{{"invoice_time", "day"}}, got.Contracts["processed.sales"].Partitions)
	assert.Equal(t, "2", got.Contracts["processed.sales"].Properties["format-version"])
	payload := got.Contracts["raw.clicks"].Columns[4]
	assert.Equal(t, "payload", payload.Name)
	assert.Len(t, payload.Properties, 19)
}

// Readers in Python iterate over these; null would stop them.
func TestBundleHoldsNoNullLists(t *testing.T) {
	text, err := real(t).Bundle()
	require.NoError(t, err)
	var got struct {
		Contracts map[string]map[string]any `json:"contracts"`
	}
	require.NoError(t, json.Unmarshal(text, &got))
	for id, contract := range got.Contracts {
		for _, key := range []string{"columns", "pathColumns", "primaryKey", "partitions", "sortBy", "upstream",
			"quality"} {
			assert.IsType(t, []any{}, contract[key], "%s.%s", id, key)
		}
		assert.IsType(t, map[string]any{}, contract["properties"], id)
	}
}

func TestHashFollowsTheContracts(t *testing.T) {
	again, err := LoadFS(embedded)
	require.NoError(t, err)
	assert.Equal(t, real(t).Hash(), again.Hash())
	changed, err := LoadFS(files(t, edit{"processed/sales.odcs.yaml",
		"description: Invoice number; a leading C marks a cancellation.", "description: Code."}))
	require.NoError(t, err)
	assert.NotEqual(t, model(t).Hash(), changed.Hash())
}

func TestBundleIsACopy(t *testing.T) {
	text, err := real(t).Bundle()
	require.NoError(t, err)
	clear(text)
	again, err := real(t).Bundle()
	require.NoError(t, err)
	assert.Equal(t, byte('{'), again[0])
}
