package load

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// records are the lines of a CSV file without its header.
func records(t *testing.T, content []byte) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	require.NoError(t, err)
	return rows[1:]
}

// booked counts what the sender's ledger says about drops: lines, and those that repeat an earlier one.
func booked(t *testing.T, dataset string, drops []Drop) (lines, repeated int) {
	t.Helper()
	contract, err := rawContract(dataset)
	require.NoError(t, err)
	ledger := &Ledger{}
	for _, drop := range drops {
		(&FileSender{Ledger: ledger}).book(contract, drop.Name, drop)
	}
	seen := map[string]bool{}
	for _, line := range ledger.Lines {
		if seen[line.Key] {
			repeated++
		}
		seen[line.Key] = true
	}
	return len(ledger.Lines), repeated
}

func TestGeneratedMastersCountUp(t *testing.T) {
	for dataset, generate := range map[string]func(uint64) ([]Drop, Expected){
		"products": GenerateProducts, "customers": GenerateCustomers,
	} {
		drops, want := generate(7)
		lines, repeated := booked(t, dataset, drops)
		assert.Equal(t, want.Received, lines, dataset)
		assert.Equal(t, want.Duplicates, repeated, dataset)
		assert.Equal(t, want.Received, want.Processed+want.Duplicates+want.Quarantined, dataset)
		assert.Positive(t, want.Duplicates, dataset)
		assert.GreaterOrEqual(t, len(want.Reasons), 3, dataset)
		assert.Less(t, float64(want.Quarantined)/float64(want.Received), 0.1,
			"%s: a run fails with a larger share", dataset)
		again, _ := generate(7)
		assert.Equal(t, drops, again, dataset)
		other, _ := generate(8)
		assert.NotEqual(t, drops, other, dataset)
	}
}

// known are the values of a column of a generated file, each with the times of its versions.
func known(t *testing.T, drops []Drop, column, updated int) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, drop := range drops {
		for _, row := range records(t, drop.Content) {
			key := strings.TrimSuffix(strings.TrimSpace(row[column]), ".0")
			found[key] = append(found[key], row[updated])
		}
	}
	return found
}

func TestClicksAndSalesNameKnownProductsAndCustomers(t *testing.T) {
	catalog, _ := GenerateProducts(7)
	people, _ := GenerateCustomers(7)
	products, customers := known(t, catalog, colProduct, colProductUpdated),
		known(t, people, colNumber, colCustomerUpdated)

	sales, _ := GenerateSales(7, 600)
	sold, buyers := map[string]bool{}, map[string]bool{}
	for _, drop := range sales[:len(salesHours)] {
		for _, row := range records(t, drop.Content) {
			if code := strings.TrimSpace(row[colCode]); code != "" && code != "POST" {
				sold[code] = true
				require.NotEmpty(t, products[code], code)
			}
			if customer := strings.TrimSuffix(row[colCustomer], ".0"); customer != "" {
				buyers[customer] = true
				require.NotEmpty(t, customers[customer], customer)
			}
		}
	}
	assert.Len(t, sold, productCount)
	assert.Greater(t, len(buyers), salesCustomers/2)

	users := 0
	g := NewGenerator(7, 5000, Limits{EventBytes: 4096, ExpandedBytes: 1 << 16, Lateness: 48 * time.Hour})
	for _, record := range g.Take(g.Remaining(), time.Now()) {
		var e event
		if err := json.Unmarshal(record.Data, &e); err != nil {
			continue // several events, or a bad one
		}
		if e.ProductID != "" {
			require.NotEmpty(t, products[e.ProductID], e.ProductID)
		}
		if e.UserID != "" {
			users++
			require.NotEmpty(t, customers[e.UserID], e.UserID)
		}
	}
	assert.Positive(t, users)
}

func TestSalesComeFromWhereTheCustomerLives(t *testing.T) {
	people, _ := GenerateCustomers(7)
	lives, since := map[string]string{}, map[string]string{}
	for _, row := range records(t, people[0].Content) {
		number := strings.TrimSuffix(row[colNumber], ".0")
		if at := row[colCustomerUpdated]; at > since[number] && !strings.HasPrefix(at, "y") &&
			strings.TrimSpace(row[colCustomerCountry]) != "" {
			since[number], lives[number] = at, row[colCustomerCountry]
		}
	}
	sales, _ := GenerateSales(7, 600)
	moved := 0
	for _, row := range records(t, sales[0].Content) {
		if number := strings.TrimSuffix(row[colCustomer], ".0"); number != "" {
			require.Equal(t, lives[number], row[colCountry], number)
			if row[colCountry] == movedTo {
				moved++
			}
		}
	}
	assert.Positive(t, moved)
}

func TestMastersOfOrderFiles(t *testing.T) {
	content := strings.Join([]string{
		strings.Join(salesHeader, ","),
		"1,22423a, CAKE STAND ,1,2010-12-02 09:00:00,10.95,17850.0,France",
		"2,22423A,cakestand,1,2010-12-01 08:30:00,12.75,17850.0,United Kingdom",
		"3,22423A,CAKE STAND,1,2010-12-03 09:00:00,12.75,17850.0,France",
		"4,22423A,damaged,1,2010-12-01 08:00:00,0.0,,France",
		"5,POST,POSTAGE,1,2010-12-01 08:00:00,18.0,12583.0,France",
		"6,99999,NO TIME,1,never,1.0,12583.0,Spain",
	}, "\n")
	arrival := time.Date(2010, time.December, 3, 10, 0, 0, 0, time.UTC)
	drops, expected, err := MastersOf([]Drop{
		{Name: "orders.csv.gz", Content: gzipped([]byte(content)), Arrival: arrival},
		{Name: "earlier.csv", Content: []byte(strings.Join(salesHeader, ",") + "\n"), Arrival: arrival.Add(-time.Hour)},
	})
	require.NoError(t, err)
	assert.Equal(t, [][]string{{"22423A", "CAKE STAND", "", "12.75", "GBP", "2010-12-01T08:30:00Z"}},
		records(t, drops["products"][0].Content))
	assert.Equal(t, [][]string{
		{"12583", "", "", "", "", "France", "2010-12-01T08:00:00Z"},
		{"17850", "", "", "", "", "United Kingdom", "2010-12-01T08:30:00Z"},
		{"17850", "", "", "", "", "France", "2010-12-02T09:00:00Z"},
	}, records(t, drops["customers"][0].Content))
	assert.Equal(t, arrival, drops["customers"][0].Arrival, "when all of it can be known")
	assert.Equal(t,
		map[string]Expected{"products": {Received: 1, Processed: 1}, "customers": {Received: 3, Processed: 3}},
		expected)

	_, _, err = MastersOf([]Drop{
		{Name: "cut.csv.gz", Content: []byte("no gzip")}, {Name: "empty.csv", Content: []byte("InvoiceNo\n")},
	})
	assert.ErrorContains(t, err, "the order files name no")
}
