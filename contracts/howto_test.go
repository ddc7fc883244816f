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
	page, err := os.ReadFile("../docs/how-to/change-a-contract.md")
	require.NoError(t, err)
	section := strings.SplitN(strings.SplitN(string(page), "## The CSV files of a source", 2)[1], "\n### ", 2)[0]
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
