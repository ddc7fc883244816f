package catalog

import (
	"cmp"
	"fmt"
	"slices"
)

// Measures of the drawing, in its own units. A bend is where an edge passes through a column on its way to a later one.
const (
	boxWidth, boxHeight = 196, 48
	bendHeight          = 10
	columnGap, rowGap   = 64, 14
	margin              = 12
)

// place is the upper left corner of a node, or of a bend.
type place struct{ x, y int }

// drawing is where everything goes.
type drawing struct {
	places        map[string]place
	bends         map[edge][]string // ids of the bends of an edge that spans columns
	width, height int
}

// layout puts every node into the column after those it reads, and what only reads tables into the last. Edges that
// span columns get a place of their own in those between, so that none runs behind a box. Within a column it looks for
// the order with the fewest crossings by moving everything to the mean of its neighbours, some rounds back and forth.
func (g graph) layout() drawing {
	columns, d := g.columns()
	neighbours := map[string][]string{}
	join := func(a, b string) {
		neighbours[a], neighbours[b] = append(neighbours[a], b), append(neighbours[b], a)
	}
	for _, e := range g.edges {
		at := e.from
		for _, bend := range d.bends[e] {
			join(at, bend)
			at = bend
		}
		join(at, e.to)
	}
	order := map[string]float64{}
	for _, column := range columns {
		rank(column, order)
	}
	for round := range 12 {
		for i := range columns {
			column := columns[i]
			if round%2 == 1 { // back, from the right
				column = columns[len(columns)-1-i]
			}
			arrange(column, neighbours, order)
		}
	}
	for c, column := range columns {
		y := margin
		for _, id := range column {
			d.places[id] = place{margin + c*(boxWidth+columnGap), y}
			y += d.heightOf(id) + rowGap
		}
		d.height = max(d.height, y-rowGap+margin)
	}
	d.width = 2*margin + len(columns)*(boxWidth+columnGap) - columnGap
	return d
}

func (d drawing) heightOf(id string) int {
	if id[0] == bendMark {
		return bendHeight
	}
	return boxHeight
}

// bendMark starts the id of a bend; no node's id does.
const bendMark = '>'

// columns are ids by the length of the longest way to them, bends included.
func (g graph) columns() ([][]string, drawing) {
	ranks := map[string]int{}
	for range g.nodes { // as often as the longest way can be
		for _, e := range g.edges {
			ranks[e.to] = max(ranks[e.to], ranks[e.from]+1)
		}
	}
	last := 0
	for _, n := range g.nodes {
		last = max(last, ranks[n.ID])
	}
	columns := make([][]string, last+1)
	for _, n := range g.nodes {
		if n.end() {
			ranks[n.ID] = last
		}
		columns[ranks[n.ID]] = append(columns[ranks[n.ID]], n.ID)
	}
	d := drawing{places: map[string]place{}, bends: map[edge][]string{}}
	for _, e := range g.edges {
		for at := ranks[e.from] + 1; at < ranks[e.to]; at++ {
			bend := fmt.Sprintf("%c%s>%s:%d", bendMark, e.from, e.to, at)
			columns[at] = append(columns[at], bend)
			d.bends[e] = append(d.bends[e], bend)
		}
	}
	return slices.DeleteFunc(columns, func(column []string) bool { return len(column) == 0 }), d
}

// arrange sorts a column by the mean place of each one's neighbours.
func arrange(column []string, neighbours map[string][]string, order map[string]float64) {
	wish := map[string]float64{}
	for _, id := range column {
		sum := 0.0
		for _, other := range neighbours[id] {
			sum += order[other]
		}
		wish[id] = order[id]
		if n := len(neighbours[id]); n > 0 {
			wish[id] = sum / float64(n)
		}
	}
	slices.SortStableFunc(column, func(a, b string) int { return cmp.Compare(wish[a], wish[b]) })
	rank(column, order)
}

// rank gives each its place in the column, from 0 to 1: columns differ in length.
func rank(column []string, order map[string]float64) {
	for i, id := range column {
		order[id] = (float64(i) + 0.5) / float64(len(column))
	}
}
