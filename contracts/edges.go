package contracts

import (
	"cmp"
	"slices"
)

// Edge says that the rows of one dataset, or values in them, come from another; both are ids.
type Edge struct{ From, To string }

// Edges are the whole lineage between datasets, in order: what upstream fields say, and that what breaks a contract on the way of any
// pipeline is quarantined in the datasets that the platform itself writes to raw.
func (s *Set) Edges() []Edge {
	var edges []Edge
	for _, c := range s.contracts {
		for _, id := range c.Upstream {
			edges = append(edges, Edge{id, c.ID})
		}
	}
	for _, aside := range s.Layer(LayerRaw) {
		if aside.Source != SourcePlatform {
			continue
		}
		for _, pipeline := range s.Pipelines() {
			edges = append(edges, Edge{pipeline.Raw.ID, aside.ID})
		}
	}
	slices.SortFunc(edges, Edge.Compare)
	return slices.Compact(edges)
}

// Compare orders edges by where they begin, then by where they end.
func (e Edge) Compare(other Edge) int {
	return cmp.Or(cmp.Compare(e.From, other.From), cmp.Compare(e.To, other.To))
}
