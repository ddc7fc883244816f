package query

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReads(t *testing.T) {
	for sql, want := range map[string]bool{
		"SELECT 1": true, "  select\n1": true, "(SELECT 1)": true, "( ( select 1))": true,
		"WITH a AS (SELECT 1) SELECT * FROM a": true, "SHOW TABLES": true, "DESCRIBE shop.sales": true,
		"VALUES 1": true, "table\tsales": true, "INSERT INTO a SELECT 1": false, "DELETE FROM a": false,
		"CREATE TABLE a AS SELECT 1": false, "MERGE INTO a": false, "": false, "SELECTED": false,
		"EXPLAIN ANALYZE INSERT INTO a SELECT 1": false, "-- SELECT\nDROP TABLE a": false,
		"/* SELECT */ DROP TABLE a": false, "VACUUM a": false,
	} {
		assert.Equal(t, want, Reads(sql), sql)
	}
}

func TestPrint(t *testing.T) {
	var out strings.Builder
	require.NoError(t, Result{Columns: []string{"a", "b"}, Rows: [][]string{{"1", "x, y"}}}.Print(&out))
	assert.Equal(t, "a,b\n1,\"x, y\"\n", out.String())
}

// Texts of visitors, such as search terms, end in somebody's spreadsheet.
func TestASpreadsheetGetsNoFormulas(t *testing.T) {
	given := Result{Columns: []string{"a", "b"}, Rows: [][]string{
		{"=HYPERLINK(1)", "-3.5"}, {"@SUM(A1)", "+4e3"}, {"-1+2", "\t=1"}, {"\r", ""}, {"a=b", "17850"},
	}}
	require.Equal(t, [][]string{
		{"'=HYPERLINK(1)", "-3.5"}, {"'@SUM(A1)", "+4e3"}, {"'-1+2", "'\t=1"}, {"'\r", ""}, {"a=b", "17850"},
	}, given.ForSpreadsheets().Rows)
	require.Equal(t, "=HYPERLINK(1)", given.Rows[0][0], "programs get what is there")
}

func TestATableGivesATerminalNoOrders(t *testing.T) {
	var out strings.Builder
	rows := [][]string{{"Zürich", "1"}, {"a\x1b[2Jb\tc", "22"}}
	require.NoError(t, Table{Result{Columns: []string{"city", "visits"}, Rows: rows}}.Print(&out))
	assert.Equal(t, "city            visits\nZürich          1\n\"a\\x1b[2Jb\\tc\"  22\n", out.String())
}
