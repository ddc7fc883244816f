package scaffold

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What most lines of a file say is guessed, and every guess is named with the lines that say otherwise.
func TestGuessesAreForSomebodyToDecide(t *testing.T) {
	file := "OrderNo,BoughtAt,Paid_Back,Weight,Pieces,Depot_ID\n"
	for i := range 20 {
		order, back, weight, pieces := fmt.Sprint(1000+i), "ja", fmt.Sprint(i), fmt.Sprint(i)
		switch i {
		case 3:
			order, back, weight, pieces = "", "vielleicht", "heavy", "many"
		case 4, 5, 6:
			back, weight = "nein", "light"
		}
		file += fmt.Sprintf("%s,%d.01.2026 9:05,%s,%s,%s,%d\n", order, i+1, back, weight, pieces, i)
	}
	root := t.TempDir()
	_, decisions, err := Write(root, "orders", []byte(file))
	require.NoError(t, err)
	var guesses []string
	for _, one := range decisions[6:] {
		guess, _, _ := strings.Cut(one, ": ")
		more, _, _ := strings.Cut(strings.TrimPrefix(one, guess+": "), " ")
		guesses = append(guesses, guess+": "+more)
	}
	assert.Equal(t, []string{
		"OrderNo is optional, for 1 of 20 lines have no value: with",
		"OrderNo is a number that names something: the",
		"BoughtAt is a time written as d.M.yyyy H:mm, of a clock that the transform says is UTC: both",
		"Paid_Back says so or not (such as ja) in 19 of 20 values: it",
		"Weight stays text: 4",
		"Pieces is taken as integer: 1",
		"Depot_ID is a number that names something: the",
	}, guesses)
	assert.Contains(t, strings.Join(decisions, "\n"), "Weight stays text: 4 of 20 values are no integer")

	for path, has := range map[string]string{
		"glue-scripts/dataplatform/transforms/processed/orders.py": `times.written(F.col("BoughtAt"), "d.M.yyyy H:mm", "UTC")`,
		"contracts/processed/orders.odcs.yaml":                     "name: bought_at\n        logicalType: timestamp\n",
		"analytics/sql/orders_by_day.sql":                          "count(*) AS lines, sum(pieces) AS pieces\nFROM",
	} {
		content, err := os.ReadFile(filepath.Join(root, path))
		require.NoError(t, err)
		assert.Contains(t, string(content), has, path)
	}
}

// Also invoices, which nobody adds up, a day of no calendar and a header that needs a mapping.
func TestDecisionsNameWhatTheQueryAddsUp(t *testing.T) {
	file := "Return No.,Invoice,Returned At,Pieces\n"
	for i := range 20 {
		file += fmt.Sprintf("R%d,%d,2026-02-%02d 10:00:00,%d\n", i, 536365+i, i+11, i)
	}
	root := t.TempDir()
	_, decisions, err := Write(root, "comebacks", []byte(file))
	require.NoError(t, err)
	said := strings.Join(decisions, "\n")
	assert.Contains(t, said, "they count lines and add up Pieces\n")
	assert.Contains(t, said, "Returned At is taken as time of a clock: 2 of 20 values are none, and")
	assert.Contains(t, said, "the table raw.comebacks, which has the contract's columns, shows none of them")
	query, err := os.ReadFile(filepath.Join(root, "analytics/sql/comebacks_by_day.sql"))
	require.NoError(t, err)
	assert.NotContains(t, string(query), "sum(invoice)")
}

func TestDaysBeforeMonthsAreToldFromThoseAfter(t *testing.T) {
	for format, second := range map[string]string{"d/M/yyyy": "13/1/2026", "M/d/yyyy": "1/13/2026"} {
		column, err := columnOf("orders", "At", []string{"1/2/2026", second})
		require.NoError(t, err)
		assert.Equal(t, format, column.Format)
	}
}

func TestInventedValuesHaveTheFormOfTheirs(t *testing.T) {
	for name, test := range map[string]struct{ values, want []string }{
		"User_Address": {
			[]string{"5 Oak Rd", "7 Elm St", "5 Oak Rd", ""}, []string{"1 Aaa Aa", "1 Aaa Ab", "1 Aaa Aa", ""},
		},
		"CustomerID": {[]string{"17850", "13047", "905"}, []string{"11111", "11112", "111"}},
		"Contact":    {[]string{"a@shop.test", "none"}, []string{"person1@example.com", "aaaa"}},
		"BirthDate":  {[]string{"1999-05-06", "1988-07-01"}, []string{"2000-01-01", "2000-01-02"}},
		"User_Since": {
			[]string{"2020-02-03 14:15:16", "2020-02-03 14:15:17"},
			[]string{"2000-01-01 00:00:00", "2000-01-02 00:00:00"},
		},
		"BirthdayLocal": {[]string{"6.5.1999", "1.7.1988"}, []string{"1.1.2000", "2.1.2000"}},
	} {
		column, err := columnOf("orders", name, test.values)
		require.NoError(t, err)
		dataset := &Dataset{Columns: []Column{column}, sample: [][]string{{name}}}
		for _, value := range test.values {
			dataset.sample = append(dataset.sample, []string{value})
		}
		dataset.invent()
		var got []string
		for _, row := range dataset.sample[1:] {
			got = append(got, row[0])
		}
		assert.Equal(t, test.want, got, name)
		assert.Equal(t, test.want[0], dataset.Columns[0].Example, name)
	}
}
