package platform

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/internal/pulumitest"
)

// TestOutputs runs the program and observes what it would export.
func TestOutputs(t *testing.T) {
	settings := stackSettings(t, "dev")
	rec := runProgram(t, settings, func(ctx *pulumi.Context) error {
		d, err := compose(ctx)
		if err != nil {
			return err
		}
		return pulumitest.Observe(ctx, "outputs", d.outputs().fields())
	})
	out := rec.Observed(t, "outputs")
	set, err := contracts.Load()
	require.NoError(t, err)

	var names []string
	for key := range out.Inputs {
		names = append(names, string(key))
	}
	slices.Sort(names)
	assert.Equal(t, []string{
		"alarmsTopic", "assetSourceRole", "buckets", "dashboard", "databases", "eventSourceMapping", "exampleQueries", "functions", "machines", "producerRole", "region", "schedules",
		"stream", "tables", "workgroup",
	}, names, "names are stable across releases")
	assert.Equal(t, map[string]any{
		"landing": "landing", "raw": "raw", "processed": "processed", "curated": "curated", "artifacts": "artifacts", "logs": "logs",
	}, out.Value("buckets"))
	assert.Equal(t, map[string]any{"raw": "shop_dev_raw", "processed": "shop_dev_processed", "curated": "shop_dev_curated"}, out.Value("databases"))
	assert.Equal(t, map[string]any{"files": "ledger-files", "leases": "ledger-leases"}, out.Value("tables"))
	assert.Equal(t, map[string]any{"clicks": "clickstream-function", "landing": "landing-function", "assets": "assets-function", "tables": "tables-function"}, out.Value("functions"))
	assert.Equal(t, "clickstream-mapping-uuid", out.String(t, "eventSourceMapping"))
	assert.Equal(t, "eu-west-1", out.String(t, "region"))
	for _, source := range set.Pipelines() {
		machine := "arn:aws:states:eu-west-1:123456789012:stateMachine:" + source.Name + "-pipeline"
		assert.Equal(t, map[string]any{"hourly": machine, "backfill": machine + "-backfill"}, out.Value("machines."+source.Name))
		assert.Equal(t, source.Name+"-hourly", out.String(t, "schedules."+source.Name))
	}
}

var (
	queryTable  = regexp.MustCompile(`\{(raw|processed|curated)\}\.([a-z_]+)`)
	queryWord   = regexp.MustCompile(`[a-z_]+`)
	queryAlias  = regexp.MustCompile(`\bAS ([a-z_]+)`)
	queryString = regexp.MustCompile(`'[^']*'`)
)

// TestExampleQueriesAskForWhatThereIs: every name in a query is a column of its table, a name it gave itself, or a function.
func TestExampleQueriesAskForWhatThereIs(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	asked := map[string]bool{}
	for _, query := range exampleQueries {
		table := queryTable.FindStringSubmatch(query.text)
		require.NotNil(t, table, query.name)
		contract, ok := set.Get(table[1] + "." + table[2])
		require.True(t, ok, "%s: there is no %s.%s", query.name, table[1], table[2])
		asked[contract.ID] = true
		known := []string{"count", "sum", "date_format", "current_date"}
		for _, alias := range queryAlias.FindAllStringSubmatch(query.text, -1) {
			known = append(known, alias[1])
		}
		text := queryString.ReplaceAllString(queryTable.ReplaceAllString(query.text, ""), "")
		for _, word := range queryWord.FindAllString(text, -1) {
			_, column := contract.Column(word)
			assert.True(t, column || slices.Contains(known, word), "%s: %s has no column %q", query.name, contract.ID, word)
		}
	}
	assert.ElementsMatch(t, []string{"curated.sessions", "curated.product_funnel_hourly", "curated.sales_hourly", "processed.assets", "processed.clicks", "raw.quarantine"},
		slices.Collect(maps.Keys(asked)))
}

func TestQueriesNameTheStacksDatabases(t *testing.T) {
	for _, query := range exampleQueries {
		sql := query.sql(map[string]string{"raw": "shop_raw", "processed": "shop_processed", "curated": "shop_curated"})
		assert.False(t, strings.ContainsAny(sql, "{}"), sql)
		assert.Contains(t, sql, "FROM shop_")
	}
}
