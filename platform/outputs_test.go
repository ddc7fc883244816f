package platform

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/internal/pulumitest"
	"dataplatform/sql"
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
		"alarmsTopic", "assetSourceRole", "buckets", "dashboard", "databases", "eventSourceMapping", "exampleQueries", "functions", "jobs", "machines", "principals", "producerRole", "region", "schedules",
		"stream", "tables", "workgroup",
	}, names, "names are stable across releases")
	assert.Equal(t, map[string]any{
		"landing": "landing", "raw": "raw", "processed": "processed", "curated": "curated", "artifacts": "artifacts", "logs": "logs", "audit": "audit",
	}, out.Value("buckets"))
	assert.Equal(t, map[string]any{"raw": "shop_dev_raw", "processed": "shop_dev_processed", "curated": "shop_dev_curated"}, out.Value("databases"))
	assert.Equal(t, map[string]any{"files": "ledger-files", "leases": "ledger-leases"}, out.Value("tables"))
	assert.Equal(t, map[string]any{"clicks": "clickstream-function", "landing": "landing-function", "assets": "assets-function", "tables": "tables-function"}, out.Value("functions"))
	assert.Equal(t, map[string]any{"maintain": "maintain", "erase": "erase"}, out.Value("jobs"))
	assert.Equal(t, "clickstream-mapping-uuid", out.String(t, "eventSourceMapping"))
	assert.Equal(t, "eu-west-1", out.String(t, "region"))
	for _, source := range set.Pipelines() {
		machine := "arn:aws:states:eu-west-1:123456789012:stateMachine:" + source.Name + "-pipeline"
		assert.Equal(t, map[string]any{"hourly": machine, "backfill": machine + "-backfill"}, out.Value("machines."+source.Name))
		assert.Equal(t, source.Name+"-hourly", out.String(t, "schedules."+source.Name))
	}
}

// TestEveryQueryIsNamedAndExported: analysts find in Athena what the outputs and the catalog show them.
func TestEveryQueryIsNamedAndExported(t *testing.T) {
	settings := stackSettings(t, "dev")
	rec := runProgram(t, settings, func(ctx *pulumi.Context) error {
		d, err := compose(ctx)
		if err != nil {
			return err
		}
		return pulumitest.Observe(ctx, "outputs", d.outputs().fields())
	})
	queries, err := sql.All()
	require.NoError(t, err)
	exported, ok := rec.Observed(t, "outputs").Value("exampleQueries").(map[string]any)
	require.True(t, ok)
	assert.Len(t, exported, len(queries))
	assert.Len(t, rec.OfType("aws:athena/namedQuery:NamedQuery"), len(queries))
	for _, query := range queries {
		named := rec.One(t, "aws:athena/namedQuery:NamedQuery", "queries-"+query.Name)
		text := query.SQL(map[string]string{"raw": "shop_dev_raw", "processed": "shop_dev_processed", "curated": "shop_dev_curated"})
		assert.Equal(t, text, named.String(t, "query"))
		assert.Equal(t, text, exported[query.Key()])
		assert.Contains(t, text, named.String(t, "database")+".")
		assert.Equal(t, query.Description, named.String(t, "description"))
	}
}
