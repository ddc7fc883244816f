package load

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"dataplatform/contracts"
)

// customerCount is how many customers the generated shop has; clicks and sales name no others.
const customerCount = 4000

// customerNumber is the number of a customer of an index in [0, customerCount).
func customerNumber(i int) string { return fmt.Sprintf("%05d", 12000+i) }

// Every tenth customer moves before the first sale.
const (
	movesEvery = 10
	movedTo    = "Spain"
)

// customerCountry is where a customer lives when it orders.
func customerCountry(i int) string {
	if i%movesEvery == 0 {
		return movedTo
	}
	return countries[i%len(countries)]
}

// catalogTime is when the first versions of products and customers became valid, masterArrival when their files arrive:
// before the first sale.
var (
	catalogTime   = time.Date(2025, time.January, 6, 9, 0, 0, 0, time.UTC)
	masterArrival = salesDay.Add(7*time.Hour + 10*time.Minute)
)

var (
	productsHeader  = []string{"ProductID", "Title", "Category", "Price", "Currency", "UpdatedAt"}
	customersHeader = []string{"CustomerID", "Name", "Email", "BirthDate", "Postcode", "Country", "UpdatedAt"}
)

// Columns of a line of the catalog.
const (
	colProduct = iota
	colTitle
	colCategory
	colListPrice
	colCurrency
	colProductUpdated
)

// Columns of a line of the customers.
const (
	colNumber = iota
	colName
	colEmail
	colBirth
	colPostcode
	colCustomerCountry
	colCustomerUpdated
)

// masterFile collects the lines of one file of versions and what a correct platform counts in them.
type masterFile struct {
	header   []string
	lines    [][]string
	expected Expected
}

// keep adds a line that ends in processed.
func (f *masterFile) keep(line ...string) {
	f.lines = append(f.lines, line)
	f.expected.Received++
	f.expected.Processed++
}

// again adds a line that is there already.
func (f *masterFile) again(i int) {
	f.lines = append(f.lines, f.lines[i])
	f.expected.Received++
	f.expected.Duplicates++
}

// corrupt adds a line with one field that breaks the contract.
func (f *masterFile) corrupt(i, column int, value, reason string) {
	line := append([]string{}, f.lines[i]...)
	line[column] = value
	f.lines = append(f.lines, line)
	f.expected.quarantine(reason)
}

// drop makes the file, its lines in an order drawn from random: versions do not arrive in the order in which they hold.
func (f *masterFile) drop(name string, arrival time.Time, random *rand.Rand) Drop {
	random.Shuffle(len(f.lines), func(i, j int) { f.lines[i], f.lines[j] = f.lines[j], f.lines[i] })
	return Drop{Name: name, Content: csvFile(f.header, f.lines), Arrival: arrival}
}

func csvFile(header []string, lines [][]string) []byte {
	var buffer bytes.Buffer
	// Writes to a buffer cannot fail; WriteAll reports it all the same.
	if err := csv.NewWriter(&buffer).WriteAll(append([][]string{header}, lines...)); err != nil {
		panic(err)
	}
	return buffer.Bytes()
}

func versionTime(at time.Time) string { return at.Format(time.RFC3339) }

// GenerateProducts makes the catalog of the generated shop, one file: every product that clicks and sales name, every
// fifth with a second version that has a new title and price.
func GenerateProducts(seed uint64) ([]Drop, Expected) {
	random := rand.New(rand.NewPCG(seed, 3))
	file := &masterFile{header: productsHeader}
	for i := range productCount {
		p := shopProduct(i)
		category := strings.ToLower(productKinds[(i/len(materials))%len(productKinds)])
		since := catalogTime.Add(time.Duration(i) * time.Minute)
		if i%5 == 0 {
			file.keep(p.Code, "OLD "+p.Title, category, pounds(p.Pence+100), "GBP", versionTime(since))
			since = salesDay.AddDate(0, 0, -1)
		}
		file.keep(p.Code, p.Title, category, pounds(p.Pence), "GBP", versionTime(since))
	}
	for i := 0; i < len(file.lines) && file.expected.Duplicates < 12; i += 17 {
		file.again(i)
	}
	for i := range 2 {
		file.corrupt(i, colProduct, " ", contracts.ReasonMissingField)
		file.corrupt(i, colTitle, "", contracts.ReasonMissingField)
		file.corrupt(i, colListPrice, "cheap", contracts.ReasonWrongType)
		file.corrupt(i, colCurrency, "XXX", contracts.ReasonInvalidValue)
		file.corrupt(i, colProductUpdated, versionTime(masterArrival.AddDate(0, 0, 1)), contracts.ReasonOutsideLateness)
	}
	return []Drop{file.drop("products.csv", masterArrival, random)}, file.expected
}

var (
	firstNames = []string{"Ada", "Ben", "Chloe", "Dev", "Elif", "Femi", "Grace", "Hugo", "Ines", "Jack", "Keiko",
		"Liam", "Maya", "Noah", "Olga", "Pia"}
	lastNames = []string{"Archer", "Baker", "Carter", "Dyer", "Fletcher", "Glover", "Hooper", "Mason", "Miller",
		"Potter", "Sawyer", "Tailor", "Turner", "Weaver", "Wright"}
	// postcodes by country; a country without any has none.
	postcodes = map[string][]string{
		"United Kingdom": {"SW1A %dAA", "M%d 4BT", "LS%d 5DL", "BS%d 6QF"}, "France": {"7500%d", "6900%d"},
		"Germany": {"1011%d", "8033%d"},
	}
)

// GenerateCustomers makes the records of the generated shop's customers, one file: every customer that clicks and sales
// name, every tenth with a second version after a move. Some have no e-mail address, date of birth or postcode.
func GenerateCustomers(seed uint64) ([]Drop, Expected) {
	random := rand.New(rand.NewPCG(seed, 4))
	file := &masterFile{header: customersHeader}
	for i := range customerCount {
		record := customerRecord(random, i)
		file.keep(record...)
		if country := customerCountry(i); country != record[colCustomerCountry] {
			moved := append([]string{}, record...)
			moved[colCustomerCountry] = country
			moved[colPostcode] = fmt.Sprintf("280%02d", i/movesEvery%50)
			moved[colCustomerUpdated] = versionTime(salesDay.AddDate(0, 0, -7))
			file.keep(moved...)
		}
	}
	for i := 0; file.expected.Duplicates < 30; i += 101 {
		file.again(i)
	}
	for i := range 5 {
		file.corrupt(i, colNumber, "", contracts.ReasonMissingField)
		file.corrupt(i, colCustomerCountry, " ", contracts.ReasonMissingField)
		file.corrupt(i, colBirth, "31/12/1980", contracts.ReasonWrongType)
		file.corrupt(i, colBirth, "1850-01-01", contracts.ReasonInvalidValue)
		file.corrupt(i, colEmail, "nobody at example", contracts.ReasonInvalidValue)
		file.corrupt(i, colCustomerUpdated, "yesterday", contracts.ReasonWrongType)
	}
	return []Drop{file.drop("customers.csv", masterArrival, random)}, file.expected
}

// customerRecord makes the first version of a customer's record. Names repeat, so the address carries the number.
func customerRecord(random *rand.Rand, i int) []string {
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	number, first, last := customerNumber(i), pick(firstNames), pick(lastNames)
	country := countries[i%len(countries)]
	record := []string{
		number + ".0", first + " " + last, fmt.Sprintf("%s.%s.%s@mail.example", first, last, number),
		time.Date(1940+random.IntN(68), time.January, 1+random.IntN(365), 0, 0, 0, 0, time.UTC).Format(time.DateOnly),
		"", country, versionTime(catalogTime.Add(time.Duration(i) * time.Minute)),
	}
	if patterns := postcodes[country]; len(patterns) > 0 && random.IntN(20) > 0 {
		record[colPostcode] = fmt.Sprintf(pick(patterns), 1+random.IntN(9))
	}
	switch random.IntN(20) {
	case 0:
		record[colEmail] = ""
	case 1:
		record[colBirth] = ""
	}
	return record
}

func pounds(pence int) string { return fmt.Sprintf("%d.%02d", pence/100, pence%100) }
