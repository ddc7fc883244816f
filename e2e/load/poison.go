package load

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"dataplatform/contracts"
)

// poisoned is a file with something in it that has ended runs of pipelines, or made them lose a line.
type poisoned struct {
	name  string
	lines []poisonedLine
	// array writes the lines as one JSON array instead of CSV.
	array bool
	// ends are the line ends of CSV, a line feed where nothing else is said.
	ends string
}

// poisonedLine is an ordinary order line but for some fields.
type poisonedLine struct {
	change map[int]string
	// null is a null in the line's place.
	null bool
	// reason is why it cannot be used; empty for a line that can.
	reason string
	// repeats says that an earlier line says the same.
	repeats bool
}

// poisonArrival is when the poisoned files arrive: in the second hour of sales, beside lines that have to be published
// with it.
var poisonArrival = salesDay.Add(time.Duration(salesHours[1]+1) * time.Hour)

// poisonCode is a product of their own, which no other line names: what they say changes nobody else's prices.
const (
	poisonCode  = "KT-100"
	poisonPrice = "4.00"
	// firstImportDays is over how many days the file is that imports what was sold before: each is a partition of every
	// table.
	firstImportDays = 300
	// wideFields is how many fields a line of a sheet has that was formatted to its last column.
	wideFields = 20_500
)

// poisonedSales lists a file of each kind.
func poisonedSales() []poisoned {
	day := func(days int) string { return salesDay.AddDate(0, 0, days).Add(8 * time.Hour).Format(invoiceTime) }
	good := poisonedLine{}
	bad := func(reason string, change map[int]string) poisonedLine {
		return poisonedLine{change: change, reason: reason}
	}
	with := func(change map[int]string) poisonedLine { return poisonedLine{change: change} }
	broken := map[int]string{colDescription: "a\r\nb", colInvoice: "line-end"}
	// Put together with the separator of keys between them, the fields of these two lines are one text.
	joined := func(fields ...string) string { return strings.Join(fields, keySeparator) }
	separated := [2]map[int]string{
		{colDescription: "d", colQuantity: "5", colTime: day(-5), colPrice: "1.0", colCountry: joined("5", day(-1),
			"2.0", "", "France")},
		{colDescription: joined("d", "5", day(-5), "1.0",
			""), colQuantity: "5", colTime: day(-1), colPrice: "2.0", colCountry: "France"},
	}
	for _, change := range separated {
		change[colInvoice] = "separator"
	}

	firstImport := poisoned{name: "first-import.csv"}
	for days := range firstImportDays {
		firstImport.lines = append(firstImport.lines, with(map[int]string{colTime: day(days - firstImportDays)}))
	}
	return []poisoned{
		firstImport,
		{name: "year-300000.csv", lines: []poisonedLine{good,
			bad(contracts.ReasonWrongType, map[int]string{colTime: "+300000-01-01 08:26:00"})}},
		{name: "last-second-of-time.csv", lines: []poisonedLine{good,
			bad(contracts.ReasonInvalidValue, map[int]string{colTime: "+294247-01-10 04:00:54"})}},
		{name: "year-12011.csv", lines: []poisonedLine{
			good, bad(contracts.ReasonInvalidValue, map[int]string{colTime: "+12011-01-01 08:26:00", colPrice: ""}),
		}},
		{name: "year-500.csv", lines: []poisonedLine{
			with(map[int]string{colTime: day(-1)}), with(map[int]string{colPrice: ""}),
			bad(contracts.ReasonInvalidValue, map[int]string{colTime: "0500-01-01 08:00:00", colPrice: ""}),
		}},
		{name: "year-0.csv", lines: []poisonedLine{
			bad(contracts.ReasonInvalidValue, map[int]string{colTime: "0000-01-01 08:26:00"}),
			bad(contracts.ReasonInvalidValue, map[int]string{colTime: "-0001-01-01 00:00:00"}), good,
		}},
		{name: "first-day-of-time.csv", lines: []poisonedLine{
			good, bad(contracts.ReasonInvalidValue, map[int]string{colTime: "0001-01-01 00:00:00", colPrice: ""}),
		}},
		{name: "years-ahead.csv", lines: []poisonedLine{
			bad(contracts.ReasonOutsideLateness, map[int]string{colTime: day(1000)}),
			bad(contracts.ReasonOutsideLateness, map[int]string{colTime: day(1001), colPrice: ""}),
		}},
		{name: "price-exponent.csv", lines: []poisonedLine{good,
			bad(contracts.ReasonWrongType, map[int]string{colPrice: "1e-2147483647"})}},
		{name: "sum.csv", lines: []poisonedLine{
			bad(contracts.ReasonInvalidValue, map[int]string{colQuantity: "1000000", colPrice: "99999999"}),
			bad(contracts.ReasonInvalidValue, map[int]string{colQuantity: "1000000", colPrice: "99999999"}), good,
		}},
		{name: "separator.csv", lines: []poisonedLine{
			bad(contracts.ReasonInvalidValue, separated[0]), bad(contracts.ReasonInvalidValue, separated[1]), good,
		}},
		{name: "thousands-of-commas.csv", lines: []poisonedLine{
			bad(contracts.ReasonUnknownField, map[int]string{wideFields - 1: ""}), good,
		}},
		{name: "long-number.json", array: true, lines: []poisonedLine{
			good, bad(contracts.ReasonInvalidValue, map[int]string{colPrice: strings.Repeat("1", 1001)}),
		}},
		{name: "null.json", array: true, lines: []poisonedLine{good, {null: true, reason: contracts.ReasonUndecodable},
			good}},
		{name: "guest.csv", lines: []poisonedLine{
			bad(contracts.ReasonInvalidValue, map[int]string{colCustomer: "guest"}), good,
			bad(contracts.ReasonInvalidValue, map[int]string{colCustomer: "guest.0"}),
		}},
		{name: "line-end-in-quotes.csv", ends: "\r\n", lines: []poisonedLine{{change: broken}}},
		{name: "line-end-in-text.json", array: true, lines: []poisonedLine{{change: broken, repeats: true}}},
	}
}

// GeneratePoison makes files that a pipeline has to survive, by dataset, and what a correct platform counts in them:
// most have a line that cannot be used beside others that can.
func GeneratePoison() (map[string][]Drop, map[string]Expected) {
	var drops []Drop
	var expected Expected
	invoice := 700_000
	for _, file := range poisonedSales() {
		var rows [][]string
		for _, line := range file.lines {
			invoice++
			rows = append(rows, line.fields(fmt.Sprint(invoice)))
			switch {
			case line.reason != "":
				expected.quarantine(line.reason)
			case line.repeats:
				expected.Received++
				expected.Duplicates++
			default:
				expected.Received++
				expected.Processed++
			}
		}
		drops = append(drops, Drop{Name: file.name, Content: file.content(rows), Arrival: poisonArrival})
	}
	born := []string{customerNumber(0), "Ada Archer", "", "+300000-01-01", "", countries[0], versionTime(catalogTime)}
	var customers Expected
	customers.quarantine(contracts.ReasonWrongType)
	return map[string][]Drop{
		"sales": drops,
		"customers": {
			{Name: "born-300000.csv", Content: csvFile(customersHeader, [][]string{born}), Arrival: masterArrival},
		},
	}, map[string]Expected{"sales": expected, "customers": customers}
}

// fields are the line's, nil for a null.
func (l poisonedLine) fields(invoice string) []string {
	if l.null {
		return nil
	}
	fields := []string{invoice, poisonCode, "ENAMEL MUG", "6", salesDay.Add(8 * time.Hour).Format(invoiceTime),
		poisonPrice, "", "United Kingdom"}
	for column, value := range l.change {
		for len(fields) <= column {
			fields = append(fields, "")
		}
		fields[column] = value
	}
	return fields
}

func (p poisoned) content(rows [][]string) []byte {
	if p.array {
		return jsonArray(salesHeader, rows)
	}
	ends := p.ends
	if ends == "" {
		ends = "\n"
	}
	var out bytes.Buffer
	for _, row := range append([][]string{salesHeader}, rows...) {
		for i, field := range row {
			if i > 0 {
				out.WriteByte(',')
			}
			if strings.ContainsAny(field, ",\"\r\n") {
				field = `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
			}
			out.WriteString(field)
		}
		out.WriteString(ends)
	}
	return out.Bytes()
}
