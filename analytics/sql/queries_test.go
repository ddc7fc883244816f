package sql

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
)

// Whether their columns are those of the contracts is asked of the emulator's Athena: test_queries_fit.py.
func TestQueriesAskForWhatThereIs(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	queries, err := All()
	require.NoError(t, err)
	var names []string
	for _, query := range queries {
		names = append(names, query.Name)
		for _, id := range query.Tables() {
			_, ok := set.Get(id)
			assert.True(t, ok, "%s: there is no %s", query.Name, id)
		}
	}
	assert.Subset(t, names, []string{"hourly_revenue", "product_funnel", "conversion", "sessions", "sessions_by_source",
		"returns_rate", "sales_by_country", "clicks_by_type", "quarantine", "data_quality"})
}

// Athena looks at every partition that a table's ranges allow, whether or not there is anything in it, unless the
// query's conditions leave it out. A thousand of them take seconds, a hundred thousand minutes and tens of cents.
func TestQueriesLookAtFewPartitions(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	queries, err := All()
	require.NoError(t, err)
	views, err := Views()
	require.NoError(t, err)
	for _, view := range views {
		queries = append(queries, view.Query)
	}
	looked := map[string]int{}
	for _, query := range queries {
		for _, id := range query.Tables() {
			if contract, _ := set.Get(id); contract != nil && len(contract.PathColumns) > 0 {
				looked[query.Name] += partitions(t, contract, query.Text)
			}
		}
	}
	for _, name := range []string{"clicks_by_type", "clicks_by_version", "quarantine", "data_quality"} {
		require.Contains(t, looked, name)
	}
	for name, count := range looked {
		assert.LessOrEqual(t, count, 1000, "%s: say which days", name)
	}
}

// since is the condition on days that queries have, up to tomorrow, which the ranges allow, or to today. That Trino
// asks for no other partitions is seen in test_athena_hive.py.
const since = ` (?:>=|(BETWEEN)) date_format\(current_date - INTERVAL '(\d+)' DAY, '%Y-%m-%d'\)(?:\n  AND ` +
	`date_format\(current_date, '%Y-%m-%d'\))?`

// partitions are how many of a table's a query looks at: all of them but for a condition on the days.
func partitions(t *testing.T, contract *contracts.Contract, query string) int {
	count := 1
	for _, column := range contract.PathColumns {
		switch {
		case column.Logical == "date":
			days := 365 * 16
			if found := regexp.MustCompile(column.Name + since).FindStringSubmatch(query); found != nil {
				before, err := strconv.Atoi(found[2])
				require.NoError(t, err)
				days = before + 2
				if found[1] != "" {
					days = before + 1
				}
			}
			count *= days
		case column.Logical == "integer":
			count *= int(*column.Maximum-*column.Minimum) + 1
		default:
			count *= len(column.Enum)
		}
	}
	return count
}

func TestQueriesNameTheDatabases(t *testing.T) {
	queries, err := All()
	require.NoError(t, err)
	for _, query := range queries {
		text := query.SQL(map[string]string{
			"raw": "shop_raw", "processed": "shop_processed", "curated": "shop_curated",
		})
		assert.False(t, strings.ContainsAny(text, "{};"), text)
		assert.Contains(t, text, "FROM shop_")
		assert.NotContains(t, text, "--", "%s: the comment is the description", query.Name)
	}
}

func TestParse(t *testing.T) {
	query, err := parse("best_of_all",
		"-- One\n-- line.\nSELECT 1\nFROM {raw}.a JOIN {curated}.b ON TRUE JOIN {raw}.a AS c ON TRUE\n")
	require.NoError(t, err)
	assert.Equal(t, Query{"best_of_all", "One line.",
		"SELECT 1\nFROM {raw}.a JOIN {curated}.b ON TRUE JOIN {raw}.a AS c ON TRUE"}, query)
	assert.Equal(t, "bestOfAll", query.Key())
	assert.Equal(t, []string{"curated.b", "raw.a"}, query.Tables())
	assert.Equal(t,
		"SELECT 1\nFROM x.a JOIN {curated}.b ON TRUE JOIN x.a AS c ON TRUE", query.SQL(map[string]string{"raw": "x"}))
	for give, want := range map[string]string{
		"SELECT 1 FROM {raw}.a":            "does not start with a comment",
		"-- Nothing\nSELECT 1":             "reads no {layer}.dataset",
		"-- Two\nSELECT 1 FROM {raw}.a; ;": "a file is one statement",
	} {
		_, err := parse("x", give)
		assert.ErrorContains(t, err, want)
	}
}
