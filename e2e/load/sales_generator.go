package load

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"dataplatform/contracts"
)

// Drop is one file for the landing bucket.
type Drop struct {
	Name    string // object name under the dataset's prefix
	Content []byte
	Arrival time.Time
}

// unpacked is the content; that of a file that does not unpack is the bytes as they came.
func (d Drop) unpacked() []byte {
	if strings.HasSuffix(strings.ToLower(d.Name), ".gz") {
		if content, err := gunzipped(d.Content); err == nil {
			return content
		}
	}
	return d.Content
}

// salesDay is when generated sales begin; summer, so that Europe/London is not UTC.
var salesDay = time.Date(2025, time.June, 2, 0, 0, 0, 0, time.UTC)

// salesHours are the event hours of generated files, counted from salesDay: two on the first day, then two days of
// three.
var salesHours = []int{8, 9, 24 + 10, 24 + 11, 24 + 15, 48 + 9, 48 + 12, 48 + 13}

var salesHeader = []string{"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
	"CustomerID", "Country"}

// Columns of an order line.
const (
	colInvoice = iota
	colCode
	colDescription
	colQuantity
	colTime
	colPrice
	colCustomer
	colCountry
)

// GenerateSales makes order files of lines lines each, and what a correct
// platform counts in them. One file arrives ten minutes late, one arrives again
// under another name, and four cannot be used at all.
func GenerateSales(seed uint64, lines int) ([]Drop, Expected) {
	g := &salesGenerator{random: rand.New(rand.NewPCG(seed, 2)), tastes: tastes{}, seen: map[string]bool{}}
	var drops []Drop
	for i, hour := range salesHours {
		start := salesDay.Add(time.Duration(hour) * time.Hour)
		arrival := start.Add(time.Hour)
		if i == 3 {
			arrival = arrival.Add(10 * time.Minute) // after the run of its hour
		}
		drops = append(drops, Drop{Name: fmt.Sprintf("orders-%s.csv",
			start.Format("2006-01-02T15")), Content: g.file(i, start, lines), Arrival: arrival})
	}
	again := drops[1]
	again.Name, again.Arrival = "orders-sent-twice.csv", drops[4].Arrival
	drops = append(drops, again)

	unusable := drops[2].Arrival
	broken := bytes.Clone(drops[0].Content)
	broken = append(broken,
		[]byte(`536999,20001,"NEVER CLOSED,1,2025-06-02 09:00:00,1.25,17850,United Kingdom`+"\n")...)
	zipped := gzipped(drops[0].Content)
	for _, bad := range []struct {
		name, reason string
		content      []byte
	}{
		{"empty.csv", contracts.ReasonEmptyFile, nil},
		{"wrong header+more.csv", contracts.ReasonWrongHeader, []byte("Invoice,Code\n1,2\n")},
		{"quotes.csv", contracts.ReasonBrokenQuotes, broken},
		{"cut.csv.gz", contracts.ReasonTruncatedGzip, zipped[:len(zipped)/2]},
	} {
		g.expected.quarantine(bad.reason)
		drops = append(drops, Drop{Name: bad.name, Content: bad.content, Arrival: unusable})
	}
	return drops, g.expected
}

type salesGenerator struct {
	random   *rand.Rand
	tastes   tastes
	invoice  int
	earlier  [][]string
	seen     map[string]bool
	expected Expected
}

// lastDay is when generated sales are in their last day, on which newcomers are sold, too.
func lastDay(at time.Time) bool { return !at.Before(salesDay.AddDate(0, 0, 2)) }

// file makes one hour's order lines. The first file sells every product that is
// no newcomer at its price, so that prices missing on later days have something
// to be imputed from.
func (g *salesGenerator) file(index int, start time.Time, count int) []byte {
	var rows [][]string
	if index == 0 {
		for i := range productCount {
			if newcomer(i) {
				continue
			}
			rows = append(rows, g.keep(g.line(g.random.IntN(salesCustomers), i, start)))
		}
	}
	for len(rows) < count {
		rows = append(rows, g.row(index, start))
	}
	return csvFile(salesHeader, rows)
}

func (g *salesGenerator) row(index int, start time.Time) []string {
	customer := g.random.IntN(salesCustomers)
	p := g.tastes.draw(g.random, customer, lastDay(start))
	line := g.line(customer, p, start)
	switch draw := g.random.IntN(200); {
	case draw < 10: // the same line again, as sources send it
		g.expected.Received++
		g.expected.Duplicates++
		return g.earlier[g.random.IntN(len(g.earlier))]
	case draw < 12:
		line[colQuantity] = "many"
		g.expected.quarantine(contracts.ReasonWrongType)
		return line
	case draw < 14:
		line[colTime] = "yesterday"
		g.expected.quarantine(contracts.ReasonWrongType)
		return line
	case draw < 16:
		line[colCode] = " "
		g.expected.quarantine(contracts.ReasonMissingField)
		return line
	case draw < 28:
		line[colCustomer] = ""
	case draw < 34:
		line[colInvoice], line[colQuantity] = "C"+line[colInvoice], "-"+line[colQuantity]
	case draw < 38:
		line[colCode], line[colDescription] = "POST", "POSTAGE"
	case draw < 41:
		line[colPrice] = "0.0"
	case draw < 44:
		line[colPrice] = ""
		if start.Before(salesDay.AddDate(0, 0, 1)) || newcomer(p) { // not sold on an earlier day
			g.expected.quarantine(contracts.ReasonPriceNotImputable)
			return line
		}
	case draw < 47:
		line[colDescription] = "  " + line[colDescription] + " "
	}
	return g.keep(line)
}

// keep books a line that ends in processed, and makes sure no equal line was made before.
func (g *salesGenerator) keep(line []string) []string {
	for key := LineKey(line); g.seen[key]; key = LineKey(line) {
		quantity, err := strconv.Atoi(line[colQuantity])
		if err != nil {
			panic(err) // made here
		}
		step := 1
		if quantity < 0 {
			step = -1
		}
		line[colQuantity] = strconv.Itoa(quantity + step)
	}
	g.seen[LineKey(line)] = true
	g.earlier = append(g.earlier, line)
	g.expected.Received++
	g.expected.Processed++
	return line
}

// salesCustomers is how many of the customers order: few enough that most do so again, and tell what they like.
const salesCustomers = 240

var countries = []string{"United Kingdom", "United Kingdom", "United Kingdom", "United Kingdom", "France", "Germany",
	"EIRE", "Channel Islands"}

func (g *salesGenerator) line(customer, index int, start time.Time) []string {
	g.invoice++
	r, p := g.random, shopProduct(index)
	local := start.Add(time.Duration(r.IntN(3600)) * time.Second).In(london)
	return []string{
		strconv.Itoa(540000 + g.invoice/8), p.Code, p.Title, strconv.Itoa(1 + r.IntN(24)), local.Format(invoiceTime),
		pounds(p.Pence), customerNumber(customer) + ".0", customerCountry(customer),
	}
}
