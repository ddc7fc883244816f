package report_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/analytics/sql"
	"dataplatform/contracts"
	"dataplatform/e2e/report"
	"dataplatform/internal/figures"
	"dataplatform/operations/query"
)

var databases = map[string]string{"raw": "shop_raw", "processed": "shop_processed", "curated": "shop_curated"}

// TestEveryQueryIsComputedASecondTime, from other tables than its own.
func TestEveryQueryIsComputedASecondTime(t *testing.T) {
	queries, err := sql.All()
	require.NoError(t, err)
	for _, example := range queries {
		check, err := report.CheckOf(example.Name)
		if errors.Is(err, fs.ErrNotExist) && report.Accounted(example) {
			continue
		}
		require.NoError(t, err)
		again := sql.Query{Text: check.Right}
		assert.NotContains(t, again.SQL(databases), "{", example.Name)
		for _, table := range again.Tables() {
			assert.NotContains(t, example.Tables(), table, "%s is computed again from what it reads", example.Name)
		}
		assert.True(t, check.Right != "" || strings.Contains(check.Left, "{query}"),
			"%s is compared with nothing", example.Name)
	}
	_, err = report.CheckOf("nobody_knows")
	require.ErrorContains(t, err, "nobody_knows is not computed a second time")
}

// A dataset brings a query of its own table, and no file of the demo's.
func TestAQueryOfProcessedRowsMayGoWithoutACheck(t *testing.T) {
	asked := &answers{}
	rows := sql.Query{Name: "returns_by_day", Text: "SELECT count(*) FROM {processed}.returns"}
	found, err := report.CheckQuery(t.Context(), asked, rows, databases, query.Result{}, nil)
	require.NoError(t, err)
	assert.Empty(t, found)
	assert.Empty(t, asked.asked)
	for _, text := range []string{"SELECT 1 FROM {curated}.returns_daily",
		"SELECT 1 FROM {processed}.returns JOIN {curated}.sales_hourly ON TRUE"} {
		_, err = report.CheckQuery(t.Context(), asked, sql.Query{Name: "returns_by_day", Text: text}, databases,
			query.Result{}, nil)
		require.ErrorContains(t, err, "returns_by_day is not computed a second time")
	}
}

// answers returns the same result to every question, and remembers the questions.
type answers struct {
	result query.Result
	asked  []string
}

func (a *answers) Run(_ context.Context, text string) (query.Result, error) {
	a.asked = append(a.asked, text)
	return a.result, nil
}

func TestCheckQueryTellsDifferences(t *testing.T) {
	queries, err := sql.All()
	require.NoError(t, err)
	example := queries[slices.IndexFunc(queries, func(q sql.Query) bool { return q.Name == "sales_by_country" })]
	columns := []string{"country", "units_sold", "units_returned", "net_revenue"}
	twenty := func(rows ...[]string) [][]string {
		for len(rows) < 20 {
			rows = append(rows, []string{"Norway", "1", "0", "1.00"})
		}
		return rows
	}
	for name, tt := range map[string]struct {
		got, again [][]string
		want       string
	}{
		"the same": {[][]string{{"Norway", "1", "0", "1.50"}},
			[][]string{{"Norway", "1", "0", "1.5000"}}, ""},
		"another number": {[][]string{{"Norway", "1", "0", "1.50"}},
			[][]string{{"Norway", "1", "0", "1.51"}}, `net_revenue of row 1 is "1.50", computed again "1.51"`},
		"another name": {[][]string{{"Norway", "1", "0", "1"}},
			[][]string{{"Sweden", "1", "0", "1"}}, `country of row 1 is "Norway", computed again "Sweden"`},
		"a row less":                 {nil, [][]string{{"Norway", "1", "0", "1"}}, "0 rows, computed again 1"},
		"a row more":                 {[][]string{{"Norway", "1", "0", "1"}}, nil, "1 rows, computed again 0"},
		"what comes after the limit": {twenty(), append(twenty(), []string{"Sweden", "1", "0", "0.50"}), ""},
		"a row less in front of the rest": {twenty([]string{"Sweden", "1", "0", "2"}),
			append(twenty([]string{"Spain", "1", "0", "2"}), []string{"Italy", "1", "0", "1"}), "country of row 1"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := &answers{result: query.Result{Columns: columns, Rows: tt.again}}
			got, err := report.CheckQuery(t.Context(), asked, example, databases,
				query.Result{Columns: columns, Rows: tt.got}, nil)
			require.NoError(t, err)
			if tt.want == "" {
				assert.Empty(t, got)
			} else {
				assert.Contains(t, got, tt.want)
			}
			require.Len(t, asked.asked, 1)
			assert.Contains(t, asked.asked[0], "FROM shop_processed.sales")
		})
	}
}

func TestQuarantineIsHeldAgainstTheLedger(t *testing.T) {
	queries, err := sql.All()
	require.NoError(t, err)
	example := queries[slices.IndexFunc(queries, func(q sql.Query) bool { return q.Name == "quarantine" })]
	datasets := map[string]figures.Counts{
		"clicks": {Quarantined: 3, Reasons: map[string]int{"wrong_type": 2, "undecodable": 1}},
	}
	asked := &answers{result: query.Result{Columns: []string{"dataset", "reason",
		"quarantined"}, Rows: [][]string{{"clicks", "undecodable", "1"}, {"clicks", "wrong_type", "2"}}}}
	got, err := report.CheckQuery(t.Context(), asked, example, databases, query.Result{}, datasets)
	require.NoError(t, err)
	assert.Empty(t, got)
	assert.Contains(t, asked.asked[0], "FROM (SELECT dataset, reason, count(DISTINCT identity)")
	asked.result.Rows[1][2] = "1"
	got, err = report.CheckQuery(t.Context(), asked, example, databases, query.Result{}, datasets)
	require.NoError(t, err)
	assert.Contains(t, got, `quarantined of row 2 is "1", computed again "2"`)
}

func TestRawOf(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	assert.Equal(t, []string{"raw.assets", "raw.products", "raw.sales"},
		report.RawOf(set, sql.Query{Text: "SELECT 1 FROM {curated}.sales_hourly, {curated}.product_assets"}))
	assert.Equal(t, []string{"raw.quarantine"}, report.RawOf(set, sql.Query{Text: "SELECT 1 FROM {raw}.quarantine"}))
	assert.InDelta(t, 0.5, figures.Query{ScannedBytes: 500_000, RawBytes: 1_000_000_000}.PerGigabyte(), 1e-9)
}

// TestCheckQueryAsksAboutAllOfQuarantine, also about files that say they arrived years ago.
func TestCheckQueryAsksAboutAllOfQuarantine(t *testing.T) {
	queries, err := sql.All()
	require.NoError(t, err)
	for _, name := range []string{"quarantine", "data_quality"} {
		example := queries[slices.IndexFunc(queries, func(q sql.Query) bool { return q.Name == name })]
		require.Contains(t, example.Text, "current_date", name)
		asked := &answers{}
		_, err := report.CheckQuery(t.Context(), asked, example, databases, query.Result{}, nil)
		require.NoError(t, err)
		require.Len(t, asked.asked, 1)
		assert.NotContains(t, asked.asked[0], "current_date", name)
		assert.Contains(t, asked.asked[0], "shop_raw", name)
	}
}
