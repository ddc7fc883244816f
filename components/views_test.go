package components_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components"
	"dataplatform/governance"
	"dataplatform/internal/pulumitest"
)

func revenueView() components.View {
	return components.View{
		Layer: "curated", Name: "revenue_daily", Description: "Revenue by day.",
		SQL: "SELECT 1", Classification: "internal",
		Columns: []components.ViewColumn{{Name: "day", Type: "date", GlueType: "date"},
			{Name: "who", Type: "varchar", GlueType: "string"}},
	}
}

func TestAViewIsATableOfAthenaThatJobsDoNotSee(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		layers, err := newLayers(ctx)
		if err != nil {
			return err
		}
		catalog, err := components.NewCatalog(ctx, "catalog", &components.CatalogArgs{
			Prefix: "shop_test", Contracts: loadContracts(t), Layers: layers, Since: since,
			Views: []components.View{revenueView()}, Retain: true,
		})
		if err != nil {
			return err
		}
		_, err = components.NewGovernance(ctx, "governance", governanceArgs(t, catalog, layers))
		return err
	})
	view := rec.One(t, tableToken, "catalog-curated-revenue_daily")
	assert.Equal(t, "VIRTUAL_VIEW", view.String(t, "tableType"))
	assert.Equal(t, "shop_test_curated", view.String(t, "databaseName"))
	assert.Equal(t, map[string]any{"presto_view": "true", "comment": "Presto View"}, view.Value("parameters"))
	assert.Equal(t, []any{map[string]any{"name": "day", "type": "date"},
		map[string]any{"name": "who", "type": "string"}}, view.Value("storageDescriptor.columns"))
	assert.False(t, view.Protect, "it holds nothing")
	encoded, ok := strings.CutPrefix(view.String(t, "viewOriginalText"), "/* Presto View: ")
	require.True(t, ok)
	text, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(encoded, " */"))
	require.NoError(t, err)
	assert.JSONEq(t, `{"originalSql": "SELECT 1", "catalog": "awsdatacatalog", "schema": "shop_test_curated",
		"columns": [{"name": "day", "type": "date"}, {"name": "who", "type": "varchar"}]}`, string(text))

	tagged := rec.One(t, taggedToken, "governance-curated-revenue_daily")
	assert.Equal(t, []any{map[string]any{"key": "classification", "value": "internal"},
		map[string]any{"key": "domain", "value": "views"}}, tagged.Value("lfTags"))
	for _, job := range principals(t)[:1] {
		for _, rule := range job.Rules {
			require.NotEmpty(t, rule.Domains)
			assert.NotContains(t, rule.Domains, governance.DomainViews)
		}
	}
	assert.Contains(t, rec.One(t, "aws:lambda/invocation:Invocation", "governance").String(t, "input"),
		`"revenue_daily"`, "what everybody has on it is revoked")
}

func TestViewsThatAreRefused(t *testing.T) {
	taken := revenueView()
	taken.Name = "sales_hourly"
	for want, views := range map[string][]components.View{
		"Views[0]: there is a table or view curated.sales_hourly already":   {taken},
		"Views[1]: there is a table or view curated.revenue_daily already":  {revenueView(), revenueView()},
		`Views[0]: Layer "gold" is none of the contracts'`:                  {{Layer: "gold"}},
		"Views[0]: want Name, Description, SQL, Columns and Classification": {{Layer: "curated", Name: "a"}},
	} {
		rejects(t, want, func(ctx *pulumi.Context) error {
			_, err := components.NewCatalog(ctx, "catalog", &components.CatalogArgs{
				Prefix: "shop", Contracts: loadContracts(t), Since: since,
				Layers: map[string]*components.Layer{"raw": {}, "processed": {}, "curated": {}}, Views: views,
			})
			return err
		})
	}
}
