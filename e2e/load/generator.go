package load

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"dataplatform/contracts"
)

// Limits are the configured bounds that some bad events have to break.
type Limits struct {
	EventBytes    int
	ExpandedBytes int
	// Lateness is how far an event's time may lie before its arrival.
	Lateness time.Duration
}

// Shares of the generated clicks, exact: of 100,000 events 5,000 are duplicates, 2,000 bad and 1,000 late.
const (
	duplicateShare = 0.05
	badShare       = 0.02
	lateShare      = 0.01
)

// maxLate is how late a late event is at most.
const maxLate = 6 * time.Hour

// recentEvents bounds how far back a duplicate reaches, in events.
const recentEvents = 2000

type kind uint8

const (
	good kind = iota
	duplicate
	bad
	late
)

// Generator makes a fixed number of clicks from a seed. Event times are the
// times at which records are taken, so that latency can be measured.
type Generator struct {
	limits   Limits
	random   *rand.Rand
	tastes   tastes
	kinds    []kind
	next     int
	badNext  int
	recent   []item
	expected Expected
	seed     uint64
}

// NewGenerator plans count clicks.
func NewGenerator(seed uint64, count int, limits Limits) *Generator {
	g := &Generator{limits: limits, seed: seed, random: rand.New(rand.NewPCG(seed,
		1)), tastes: tastes{}, kinds: make([]kind, count)}
	fill := func(from, n int, k kind) int {
		for i := from; i < from+n && i < count; i++ {
			g.kinds[i] = k
		}
		return from + n
	}
	at := fill(0, int(float64(count)*duplicateShare), duplicate)
	at = fill(at, int(float64(count)*badShare), bad)
	fill(at, int(float64(count)*lateShare), late)
	g.random.Shuffle(count, func(i, j int) { g.kinds[i], g.kinds[j] = g.kinds[j], g.kinds[i] })
	// A duplicate needs something to repeat: the first event is a good one.
	for i, k := range g.kinds {
		if k == good {
			g.kinds[0], g.kinds[i] = g.kinds[i], g.kinds[0]
			break
		}
	}
	return g
}

// Remaining is how many events are still to come.
func (g *Generator) Remaining() int { return len(g.kinds) - g.next }

// Expected counts what was taken so far.
func (g *Generator) Expected() Expected { return g.expected }

// Take makes the next n events, with event times around now, as records.
func (g *Generator) Take(n int, now time.Time) []Record {
	var records []Record
	var group []item
	how, size := g.grouping()
	flush := func() {
		if len(group) > 0 {
			records = append(records, pack(group, how))
		}
		group = nil
		how, size = g.grouping()
	}
	for range min(n, g.Remaining()) {
		it := g.item(now)
		if it.alone {
			records = append(records, Record{Data: it.text, EventIDs: []string{it.eventID}})
			continue
		}
		group = append(group, it)
		if len(group) >= size {
			flush()
		}
	}
	flush()
	return records
}

// grouping draws how the next events share a record: most travel alone.
func (g *Generator) grouping() (packing, int) {
	switch g.random.IntN(20) {
	case 0:
		return packArray, 5
	case 1:
		return packLines, 10
	case 2:
		return packGzippedLines, 20
	case 3:
		return packZstdLines, 20
	case 4:
		return packSnappyLines, 20
	case 5:
		return packAggregated, 12
	}
	return packSingle, 1
}

func (g *Generator) item(now time.Time) item {
	k := g.kinds[g.next]
	g.next++
	switch k {
	case duplicate:
		g.expected.Received++
		g.expected.Duplicates++
		return g.recent[g.random.IntN(len(g.recent))]
	case bad:
		makeBad := badEvents[g.badNext%len(badEvents)]
		g.badNext++
		g.expected.quarantine(makeBad.reason)
		return makeBad.make(g, g.event(now))
	case late:
		now = now.Add(-time.Hour - time.Duration(g.random.Int64N(int64(maxLate-time.Hour))))
	}
	e := g.event(now)
	it := item{text: e.text(), eventID: e.EventID}
	g.expected.Received++
	g.expected.Processed++
	if len(g.recent) < recentEvents {
		g.recent = append(g.recent, it)
	} else {
		g.recent[g.random.IntN(recentEvents)] = it
	}
	return it
}

var userAgents = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
	"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
}

// event makes one valid event of a visitor at a product.
func (g *Generator) event(at time.Time) event {
	r := g.random
	visitor := r.IntN(customerCount) // who is the customer of the same index
	p := shopProduct(g.tastes.draw(r, visitor, true))
	price := float64(p.Pence) / 100
	e := event{
		at:        at,
		EventID:   fmt.Sprintf("%016x%016x", g.seed^r.Uint64(), r.Uint64()),
		EventTime: at.UTC().Format("2006-01-02T15:04:05.000Z"),
		VisitorID: fmt.Sprintf("v%08x", visitor*2654435761%(1<<32)),
		URL:       "https://shop.example/products/" + p.Code,
		UserAgent: userAgents[visitor%len(userAgents)],
		IP:        fmt.Sprintf("203.0.%d.%d", visitor/250, visitor%250+1),
		ProductID: p.Code,
	}
	if visitor%2 == 1 { // senders follow a new version of the contract one after the other: both are under way
		e.AppVersion, e.SchemaVersion = fmt.Sprintf("5.%d.0", visitor%3), "1.1.0"
	}
	draw := r.IntN(100)
	switch {
	case draw < 25:
		e.EventType, e.URL, e.ProductID = "page_view", "https://shop.example/", ""
		e.URL += "?utm_source=newsletter&utm_medium=email&utm_campaign=week" + fmt.Sprint(draw)
		e.Referrer = "https://search.example/results?q=gifts"
	case draw < 75:
		e.EventType = "product_view"
	case draw < 80:
		e.EventType, e.ProductID = "search", ""
		e.URL, e.SearchTerm = "https://shop.example/search", strings.ToLower(p.Title)
	case draw < 92:
		e.EventType, e.Quantity, e.Price, e.Currency = "add_to_cart", 1+r.IntN(6), &price, "GBP"
	case draw < 94:
		e.EventType, e.Quantity = "remove_from_cart", 1
	default:
		e.EventType, e.Quantity, e.Price, e.Currency = "purchase", 1+r.IntN(6), &price, "GBP"
		e.UserID = customerNumber(visitor)
	}
	e.plant(draw)
	return e
}

// badEvent is one way in which senders break the contract.
type badEvent struct {
	reason string
	make   func(g *Generator, e event) item
}

// edited replaces a piece of the event's text, which leaves the id readable.
func edited(old, new string) func(*Generator, event) item {
	return func(_ *Generator, e event) item {
		return item{text: bytes.Replace(e.text(), []byte(old), []byte(new), 1), eventID: e.EventID}
	}
}

var badEvents = []badEvent{
	{contracts.ReasonUndecodable, func(g *Generator, _ event) item {
		return item{text: fmt.Appendf(nil, "\x00\x17binary %d", g.random.Uint64()), alone: true}
	}},
	{contracts.ReasonInvalidUTF8, func(_ *Generator, e event) item {
		it := edited(`"url":"`, "\"url\":\"\xff\xfe")(nil, e)
		it.alone = true
		return it
	}},
	{contracts.ReasonTruncatedGzip, func(_ *Generator, e event) item {
		zipped := gzipped(e.text())
		return item{text: zipped[:len(zipped)-10], alone: true}
	}},
	{contracts.ReasonExpandsTooLarge, func(g *Generator, _ event) item {
		return item{text: gzipped(make([]byte, g.limits.ExpandedBytes+1)), alone: true}
	}},
	{contracts.ReasonEventTooLarge, func(g *Generator, e event) item {
		e.SearchTerm = strings.Repeat("x", g.limits.EventBytes+1)
		return item{text: e.text(), eventID: e.EventID, alone: true}
	}},
	{contracts.ReasonUnsupportedVersion, func(g *Generator, e event) item {
		e.SchemaVersion = "2.0.0"
		return edited(`"visitor_id":`, `"visitor":`)(g, e) // what only a major version may do
	}},
	{contracts.ReasonUnknownField, edited(`{`, `{"colour":"red",`)},
	{contracts.ReasonMissingField, func(g *Generator, e event) item {
		return edited(fmt.Sprintf(`"visitor_id":%q,`, e.VisitorID), "")(g, e)
	}},
	{contracts.ReasonWrongType, func(g *Generator, e event) item {
		return edited(fmt.Sprintf(`"visitor_id":%q`, e.VisitorID), `"visitor_id":7`)(g, e)
	}},
	{contracts.ReasonInvalidValue, func(_ *Generator, e event) item {
		e.EventType = "teleport"
		return item{text: e.text(), eventID: e.EventID}
	}},
	{contracts.ReasonOutsideLateness, func(g *Generator, e event) item {
		e.EventTime = e.at.Add(-g.limits.Lateness - time.Hour).UTC().Format(time.RFC3339)
		return item{text: e.text(), eventID: e.EventID}
	}},
}
