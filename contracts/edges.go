package contracts

import (
	"cmp"
	"slices"
)

// Edge says that the rows of one dataset, or values in them, come from another; both are ids.
type Edge struct{ From, To string }

// Edges are the whole lineage between datasets, in order: what upstream fields say, and that what breaks a contract on
// the way of any pipeline is quarantined in the datasets that the platform itself writes to raw. What lies beside a
// dataset becomes rows of the same tables.
func (s *Set) Edges() []Edge {
	var edges []Edge
	for _, c := range s.contracts {
		for _, id := range c.Upstream {
			edges = append(edges, Edge{id, c.ID})
		}
	}
	for _, pipeline := range s.Pipelines() {
		for _, raw := range pipeline.Beside {
			edges = append(edges, Edge{raw.ID, pipeline.Processed.ID})
		}
		for _, raw := range append([]*Contract{pipeline.Raw}, pipeline.Beside...) {
			edges = append(edges, s.quarantined(raw)...)
		}
	}
	slices.SortFunc(edges, Edge.Compare)
	return slices.Compact(edges)
}

// quarantined are the edges from a raw dataset to those of what breaks its contract.
func (s *Set) quarantined(raw *Contract) []Edge {
	var edges []Edge
	for _, one := range s.Layer(LayerRaw) {
		if one.Source == SourcePlatform {
			edges = append(edges, Edge{raw.ID, one.ID})
		}
	}
	return edges
}

// Compare orders edges by where they begin, then by where they end.
func (e Edge) Compare(other Edge) int {
	return cmp.Or(cmp.Compare(e.From, other.From), cmp.Compare(e.To, other.To))
}
