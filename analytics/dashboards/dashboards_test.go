package dashboards_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/analytics/dashboards"
	"dataplatform/contracts"
	"dataplatform/governance"
)

// TestShopShowsWhatThereIs: columns of its datasets, of kinds that suit, that analysts see.
func TestShopShowsWhatThereIs(t *testing.T) {
	shop, err := dashboards.Shop()
	require.NoError(t, err)
	set, err := contracts.Load()
	require.NoError(t, err)
	fields := shop.Fields()
	assert.GreaterOrEqual(t, len(fields), 8)
	shown := map[string]bool{}
	for _, field := range fields {
		shown[field.Dataset] = true
		assert.Contains(t, shop.Datasets, field.Dataset)
		contract, known := set.Get("curated." + field.Dataset)
		require.True(t, known, "there is no curated.%s", field.Dataset)
		column, known := contract.Column(field.Column)
		require.True(t, known, "curated.%s has no column %s", field.Dataset, field.Column)
		analysts := governance.Principal{Rules: governance.Analysts()}
		assert.Contains(t, analysts.ReadableColumns(contract), field.Column)
		want := map[string][]string{
			"date": {"timestamp", "date"}, "dimension": {"string"}, "measure": {"bigint", "int", "double", "decimal"},
		}[field.Use]
		kind, _, _ := strings.Cut(column.Physical, "(")
		assert.True(t, slices.Contains(want, kind), "%s.%s is %s, not a %s", field.Dataset, field.Column,
			column.Physical, field.Use)
	}
	assert.Len(t, shown, len(shop.Datasets), "every dataset is shown")
}
