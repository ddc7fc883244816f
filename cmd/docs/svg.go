package main

import (
	"fmt"
	"html"
	"strings"
)

// Measures of the picture, in pixels.
const (
	boxWidth, boxHeight = 190, 44
	columnGap, rowGap   = 130, 16
	margin, titleHeight = 24, 34
)

var columnTitles = []string{"in", "kept", "computed", "served"}

// svg draws a graph: a column a stage, a box a component, an arrow a grant.
func (g graph) svg() string {
	type place struct{ x, y int }
	places := map[string]place{}
	rows := make([]int, len(columnTitles))
	for _, n := range g.nodes {
		places[n.name] = place{margin + n.column*(boxWidth+columnGap),
			margin + titleHeight + rows[n.column]*(boxHeight+rowGap)}
		rows[n.column]++
	}
	tallest := 0
	for _, count := range rows {
		tallest = max(tallest, count)
	}
	width := 2*margin + len(columnTitles)*boxWidth + (len(columnTitles)-1)*columnGap
	height := 2*margin + titleHeight + tallest*(boxHeight+rowGap)

	var b strings.Builder
	fmt.Fprintf(&b,
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">`+"\n",
		width, height)
	b.WriteString(`<title>Components of the platform and the grants between them</title>` + "\n")
	b.WriteString(
		`<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#5b6b7b"/></marker></defs>` + "\n",
	)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, height)
	for i, title := range columnTitles {
		fmt.Fprintf(&b, `<text x="%d" y="%d" font-weight="bold" fill="#33414e">%s</text>`+"\n",
			margin+i*(boxWidth+columnGap), margin+14, title)
	}
	for _, e := range g.edges {
		from, to := places[e.from], places[e.to]
		x1, x2 := from.x+boxWidth, to.x
		y1, y2 := from.y+boxHeight/2-6, to.y+boxHeight/2-6
		switch {
		case to.x < from.x: // back to an earlier column: below the arrows that go forward
			x1, x2, y1, y2 = from.x, to.x+boxWidth, y1+14, y2+14
		case to.x == from.x: // within a column: around the right side
			fmt.Fprintf(&b,
				`<path d="M%d %dC%d %d %d %d %d %d" fill="none" stroke="#9aa8b5" marker-end="url(#tip)"/>`+"\n", x1, y1,
				x1+50, y1, x1+50, y2, x1+2, y2)
			continue
		}
		bend := (x2 - x1) / 2
		fmt.Fprintf(&b, `<path d="M%d %dC%d %d %d %d %d %d" fill="none" stroke="#9aa8b5" marker-end="url(#tip)"/>`+"\n",
			x1, y1, x1+bend, y1, x2-bend, y2, x2, y2)
	}
	for _, n := range g.nodes {
		at := places[n.name]
		fmt.Fprintf(&b, `<g><rect x="%d" y="%d" width="%d" height="%d" rx="6" fill="%s" stroke="#5b6b7b"/>`, at.x, at.y,
			boxWidth, boxHeight, colours[n.kind])
		fmt.Fprintf(&b, `<text x="%d" y="%d" fill="#1c2733">%s</text>`, at.x+10, at.y+19, html.EscapeString(n.name))
		fmt.Fprintf(&b, `<text x="%d" y="%d" font-size="11" fill="#5b6b7b">%s, %d resources</text></g>`+"\n", at.x+10,
			at.y+35, n.kind, n.resources)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

var colours = map[string]string{
	"Clickstream": "#e3f0ff", "Landing": "#e3f0ff", "Schedule": "#fff4d6",
	"Layer": "#e6f6e6", "Ledger": "#e6f6e6", "Pipeline": "#fff4d6",
	"Job": "#f3e8ff", "Catalog": "#fdeaea", "Analytics": "#fdeaea", "Tables": "#fdeaea",
}
