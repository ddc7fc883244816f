package contracts

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The page of changes of a source's files says of each which version it needs and whether files with the old header are
// taken. Both are held against what the release check and the landing function go by.
func TestThePageOfChangesIsTrue(t *testing.T) {
	const (
		country     = "      - name: Country\n        logicalType: string\n        physicalType: string\n        description: \"Name of the customer's country.\"\n        classification: internal\n        required: true\n"
		description = "      - name: Description\n        logicalType: string\n        physicalType: string\n        description: Product name.\n        classification: internal\n"
	)
	changes := map[string][]edit{
		"an optional column more, at the end or anywhere": {inTheMiddle},
		"another order of the columns": {{rawSales, country, ""},
			{rawSales, "      - name: StockCode\n", country + "      - name: StockCode\n"}},
		"a column another name": {renamed},
		"a column less":         {{rawSales, description, ""}},
		"an optional column becomes required, or a required one is added": {
			{rawSales, "      - name: Country\n", newColumn("        required: true\n") + "      - name: Country\n"},
		},
		"another type of a column": {{rawSales,
			"logicalType: string\n        physicalType: string\n        description: Pieces",
			"logicalType: integer\n        physicalType: string\n        description: Pieces"}},
	}
	page := pageOfChanges(t)
	section := strings.SplitN(strings.SplitN(page, "## The CSV files of a source", 2)[1], "\n### ", 2)[0]
	rows := regexp.MustCompile(`(?m)^\| ([^|]+) \| (minor|major)[^|]* \| ([^|]+) \|`).FindAllStringSubmatch(section, -1)
	require.Len(t, rows, len(changes))
	for _, row := range rows {
		t.Run(row[1], func(t *testing.T) {
			edits, known := changes[row[1]]
			require.True(t, known, "what is it as an edit of raw.sales?")
			number := map[string]string{"minor": "1.1.0", "major": "2.0.0"}[row[2]]
			set, err := LoadFS(withVersions(t, version{number, edits}))
			require.NoError(t, err)
			next := get(t, set, "raw.sales")
			assert.Equal(t, number, minimum("1.0.1", Compare(get(t, model(t), "raw.sales"), next)))
			taken := false
			for _, header := range next.Headers() {
				taken = taken || strings.Join(header.Columns, ",") == salesHeader && !header.Ended(time.Now())
			}
			assert.Equal(t, strings.HasPrefix(row[3], "taken"), taken)
		})
	}
}

// The same of a table: what needs which version, and what no release has.
func TestThePageOfTablesIsTrue(t *testing.T) {
	in := func(from, to string) edit { return edit{processedSales, from, to} }
	const weekend = "      - name: is_weekend\n        logicalType: boolean\n"
	quantity := "        physicalType: int\n        description: Pieces"
	changes := map[string][]edit{
		"an optional column more": {in(weekend, newColumn("")+weekend)},
		"an integer as a bigint, more digits of a decimal before the point": {
			in(quantity, strings.Replace(quantity, "int", "bigint", 1)), in("decimal(12,4)", "decimal(14,4)"),
		},
		"a column less": {}, // with what names it
		"a column required, or a range, length or list narrower": {
			in("[sale, return, adjustment, fee, void]", "[sale, return, fee, void]"),
		},
		"a column another name or another type":      {in("decimal(12,4)", "double")},
		"another key or partitioning, another grain": {in("value: day", "value: month")},
	}
	section := strings.SplitN(strings.SplitN(pageOfChanges(t), "## The table of a dataset", 2)[1], "\n### ", 2)[0]
	rows := regexp.MustCompile(`(?m)^\| ([^|]+) \| (minor|major|refused)[^|]* \|`).FindAllStringSubmatch(section, -1)
	require.Len(t, rows, len(changes))
	for _, row := range rows {
		t.Run(row[1], func(t *testing.T) {
			edits, known := changes[row[1]]
			require.True(t, known, "what is it as an edit of processed.sales?")
			if row[1] == "a column less" {
				old, next := get(t, model(t), "processed.sales"), *get(t, model(t), "processed.sales")
				next.Columns, next.Ended = next.Columns[:len(next.Columns)-1], []string{"is_weekend"}
				assert.Equal(t, "4.0.0", minimum("3.0.0", Compare(old, &next)))
				require.NoError(t, checkDeployment(old, &next))
				return
			}
			set, err := LoadFS(files(t, edits...))
			require.NoError(t, err)
			old, next := get(t, model(t), "processed.sales"), get(t, set, "processed.sales")
			if row[2] == "refused" {
				require.ErrorContains(t, checkDeployment(old, next), "docs/how-to/change-a-contract.md")
				return
			}
			require.NoError(t, checkDeployment(old, next))
			assert.Equal(t, map[string]string{"minor": "3.1.0", "major": "4.0.0"}[row[2]],
				minimum("3.0.0", Compare(old, next)))
		})
	}
}

func pageOfChanges(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../docs/how-to/change-a-contract.md")
	require.NoError(t, err)
	return string(page)
}
