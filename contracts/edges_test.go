package contracts

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEdges(t *testing.T) {
	set, err := Load()
	require.NoError(t, err)
	edges := set.Edges()
	for _, want := range []Edge{
		{"raw.sales", "processed.sales"}, {"processed.sales", "curated.sales_hourly"},
		{"processed.products", "curated.sales_hourly"}, {"raw.clicks", "raw.quarantine"},
		{"raw.sales_json", "processed.sales"}, {"raw.sales_json", "raw.quarantine"},
	} {
		assert.Contains(t, edges, want)
	}
	assert.NotContains(t, edges, Edge{"raw.quarantine", "raw.quarantine"})
	assert.IsIncreasing(t, []int{edges[0].Compare(edges[1]), edges[1].Compare(edges[1]), edges[1].Compare(edges[0])})
}
