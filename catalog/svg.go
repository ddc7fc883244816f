package catalog

import (
	"fmt"
	"html"
	"html/template"
	"slices"
	"strings"
)

// titleRunes and noteRunes fit into a box; what is longer is cut, and whole in the tooltip.
const titleRunes, noteRunes = 22, 29

// svg draws the graph with a link in every box. root leads to the site's root; current is the node whose page it is on,
// or "".
func (g graph) svg(root, current string) template.HTML {
	d := g.layout()
	var b strings.Builder
	// It may shrink a little to fit a screen; on a narrower one it scrolls, because smaller letters would not be read.
	fmt.Fprintf(&b,
		`<svg class="lineage" viewBox="0 0 %d %d" style="max-width:%dpx;min-width:%dpx" role="group" aria-label="Lineage, from sources on the left to uses on the right">`,
		d.width, d.height, d.width, d.width*86/100)
	b.WriteString(
		`<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="9" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>`,
	)
	for _, e := range g.edges {
		fmt.Fprintf(&b, `<path class="edge" data-from="%s" data-to="%s" d="%s" marker-end="url(#tip)"/>`,
			html.EscapeString(e.from), html.EscapeString(e.to), d.path(e))
	}
	for _, n := range g.nodes {
		at := d.places[n.ID]
		class, here := n.Kind, ""
		if n.ID == current {
			class, here = class+" current", ` aria-current="page"`
		}
		reads, readBy := g.reads(n.ID), g.readBy(n.ID)
		label := n.Title + ", " + n.Note + names(", reads ", reads) + names(", read by ", readBy)
		fmt.Fprintf(&b,
			`<a class="node %s" href="%s" data-id="%s" aria-label="%s"%s><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="9"/><path class="stripe" d="M%d %dv%d"/>`,
			class, html.EscapeString(root+n.Href), html.EscapeString(n.ID), html.EscapeString(label), here,
			html.EscapeString(n.ID), at.x, at.y, boxWidth, boxHeight, at.x+7, at.y+10, boxHeight-20)
		fmt.Fprintf(&b, `<text x="%d" y="%d">%s</text><text class="note" x="%d" y="%d">%s</text></a>`,
			at.x+17, at.y+21, html.EscapeString(shorten(n.Title, titleRunes)), at.x+17, at.y+38,
			html.EscapeString(shorten(n.Note, noteRunes)))
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// path leads from the right side of a box to the left side of another, level through the columns between.
func (d drawing) path(e edge) string {
	from := d.places[e.from]
	x, y := from.x+boxWidth, from.y+boxHeight/2
	var b strings.Builder
	fmt.Fprintf(&b, "M%d %d", x, y)
	for _, id := range slices.Concat(d.bends[e], []string{e.to}) {
		to := d.places[id]
		nextX, nextY := to.x, to.y+d.heightOf(id)/2
		if id == e.to {
			nextX -= 2
		}
		fmt.Fprintf(&b, "C%d %d %d %d %d %d", x+columnGap/2, y, nextX-columnGap/2, nextY, nextX, nextY)
		if x, y = nextX, nextY; id != e.to {
			x += boxWidth
			fmt.Fprintf(&b, "H%d", x)
		}
	}
	return b.String()
}

func names(before string, nodes []node) string {
	if len(nodes) == 0 {
		return ""
	}
	var titles []string
	for _, n := range nodes {
		titles = append(titles, n.Title)
	}
	return before + strings.Join(titles, ", ")
}

func shorten(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit-1]) + "…"
}
