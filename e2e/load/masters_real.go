package load

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// articleCode is what codes of articles look like; the others charge for something else, such as postage.
var articleCode = regexp.MustCompile(`^[0-9]{5}[A-Z]*$`)

// order is what a line of real order files says about its product and its customer.
type order struct {
	at                    time.Time
	code, title, customer string
	price, country        string
}

// MastersOf derives the catalog and the customers' records, by dataset, from order files, which name both. A product is
// called what most of its lines with a price call it, since its first line; a customer lives where its lines say, with
// a version for every change. What order files do not say, such as names and addresses, stays empty.
func MastersOf(sales []Drop) (map[string][]Drop, map[string]Expected, error) {
	orders, err := ordersOf(sales)
	if err != nil {
		return nil, nil, err
	}
	arrival := slices.MaxFunc(sales, func(a, b Drop) int { return a.Arrival.Compare(b.Arrival) }).Arrival
	drops, expected := map[string][]Drop{}, map[string]Expected{}
	for dataset, file := range map[string]*masterFile{
		"products": productsOf(orders), "customers": customersOf(orders),
	} {
		if len(file.lines) == 0 {
			return nil, nil, fmt.Errorf("the order files name no %s", dataset)
		}
		drops[dataset] = []Drop{{Name: dataset + ".csv", Content: csvFile(file.header, file.lines), Arrival: arrival}}
		expected[dataset] = file.expected
	}
	return drops, expected, nil
}

// ordersOf reads the lines whose time can be read, the earliest first.
func ordersOf(drops []Drop) ([]order, error) {
	contract, err := rawContract("sales")
	if err != nil {
		return nil, err
	}
	var orders []order
	for _, drop := range drops {
		for _, row := range recordsOf(contract, drop.unpacked()) {
			if len(row) != len(salesHeader) {
				continue
			}
			for i := range row {
				row[i] = strings.TrimSpace(row[i])
			}
			// else a line without a time
			if at, err := time.ParseInLocation(invoiceTime, row[colTime], london); err == nil {
				orders = append(orders, order{
					at: at.UTC(), code: strings.ToUpper(row[colCode]), title: row[colDescription], price: row[colPrice],
					customer: strings.TrimSuffix(row[colCustomer], ".0"), country: row[colCountry],
				})
			}
		}
	}
	slices.SortStableFunc(orders, func(a, b order) int { return a.at.Compare(b.at) })
	return orders, nil
}

func productsOf(orders []order) *masterFile {
	since := map[string]time.Time{}
	titles, prices := map[string]map[string]int{}, map[string]map[string]int{}
	for _, o := range orders {
		price, err := strconv.ParseFloat(o.price, 64)
		if !articleCode.MatchString(o.code) || o.title == "" || err != nil || price <= 0 || math.IsInf(price, 0) {
			continue
		}
		if _, known := since[o.code]; !known {
			since[o.code], titles[o.code], prices[o.code] = o.at, map[string]int{}, map[string]int{}
		}
		titles[o.code][o.title]++
		prices[o.code][o.price]++
	}
	file := &masterFile{header: productsHeader}
	for _, code := range slices.Sorted(maps.Keys(since)) {
		file.keep(code, mostFrequent(titles[code]), "", mostFrequent(prices[code]), "GBP", versionTime(since[code]))
	}
	return file
}

func customersOf(orders []order) *masterFile {
	file := &masterFile{header: customersHeader}
	lives := map[string]string{}
	known := map[order]bool{} // lines of one second may go back and forth
	for _, o := range orders {
		version := order{at: o.at, customer: o.customer, country: o.country}
		if o.customer == "" || o.country == "" || lives[o.customer] == o.country || known[version] {
			continue
		}
		lives[o.customer], known[version] = o.country, true
		file.keep(o.customer, "", "", "", "", o.country, versionTime(o.at))
	}
	return file
}

// mostFrequent is the value counted most often, the first in order among equals.
func mostFrequent(counts map[string]int) string {
	values := slices.Sorted(maps.Keys(counts))
	return slices.MaxFunc(values, func(a, b string) int { return counts[a] - counts[b] })
}
