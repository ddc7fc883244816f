package catalog

import (
	"cmp"
	"slices"
	"strings"

	"dataplatform/contracts"
)

// Kinds of nodes beside the layers and the consumers' kinds.
const (
	kindSource = "source"
	kindQuery  = "query"
)

// node is one place that data passes.
type node struct {
	ID    string // of a contract, or <kind>.<name>
	Kind  string
	Title string
	Note  string // the second line
	Href  string // from the site's root
}

// graph is the lineage, from sources to what uses the tables.
type graph struct {
	nodes []node // by id
	edges []edge // by from, to
}

type edge struct{ from, to string }

// newGraph draws the lineage between datasets, from their sources, and to queries and consumers.
func newGraph(in Input) graph {
	var g graph
	for _, c := range in.Contracts.All() {
		g.nodes = append(g.nodes, node{
			ID: c.ID, Kind: c.Layer, Title: c.Dataset, Note: c.Layer + " · " + string(c.Format) + " · " + c.Version,
			Href: datasetPage(c.ID),
		})
		if c.Source == contracts.SourceBeside {
			g.edges = append(g.edges, edge{kindSource + "." + c.Of(), c.ID})
		} else if c.Layer == contracts.LayerRaw && c.Source != contracts.SourcePlatform {
			source := kindSource + "." + c.Dataset
			g.nodes = append(g.nodes, node{
				ID: source, Kind: kindSource, Title: c.Dataset, Note: sourceNote(c),
				Href: datasetPage(c.ID) + "#source",
			})
			g.edges = append(g.edges, edge{source, c.ID})
		}
	}
	for _, e := range in.Contracts.Edges() {
		g.edges = append(g.edges, edge{e.From, e.To})
	}
	for _, query := range in.Queries {
		id := kindQuery + "." + query.Name
		g.nodes = append(g.nodes, node{ID: id, Kind: kindQuery, Title: query.Name, Note: kindQuery, Href: usePage(id)})
		for _, table := range query.Tables() {
			g.edges = append(g.edges, edge{table, id})
		}
	}
	for _, consumer := range in.Consumers {
		id := consumer.Kind + "." + consumer.ID
		g.nodes = append(g.nodes,
			node{ID: id, Kind: consumer.Kind, Title: consumer.Title, Note: consumer.Kind, Href: usePage(id)})
		for _, table := range consumer.Reads {
			g.edges = append(g.edges, edge{table, id})
		}
	}
	slices.SortFunc(g.nodes, func(a, b node) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(g.edges, compareEdges)
	g.edges = slices.Compact(g.edges)
	return g
}

func compareEdges(a, b edge) int {
	return cmp.Or(strings.Compare(a.from, b.from), strings.Compare(a.to, b.to))
}

func sourceNote(c *contracts.Contract) string {
	switch c.Source {
	case contracts.SourceStream:
		return "events on the stream"
	case contracts.SourceObjects:
		return "objects in raw/" + c.Dataset + "/"
	default:
		return "files in landing/" + c.Dataset + "/"
	}
}

// around is the part of the graph that leads to a node and away from it.
func (g graph) around(id string) graph {
	keep := map[string]bool{id: true}
	for _, step := range []func(edge) (from, to string){
		func(e edge) (string, string) { return e.from, e.to }, func(e edge) (string, string) { return e.to, e.from },
	} {
		reached := map[string]bool{id: true}
		for grown := true; grown; {
			grown = false
			for _, e := range g.edges {
				if from, to := step(e); reached[from] && !reached[to] {
					reached[to], grown = true, true
				}
			}
		}
		for each := range reached {
			keep[each] = true
		}
	}
	var part graph
	for _, n := range g.nodes {
		if keep[n.ID] {
			part.nodes = append(part.nodes, n)
		}
	}
	for _, e := range g.edges {
		if keep[e.from] && keep[e.to] {
			part.edges = append(part.edges, e)
		}
	}
	return part
}

// reads are what a node reads directly.
func (g graph) reads(id string) []node {
	var found []node
	for _, e := range g.edges {
		if e.to == id {
			found = append(found, g.node(e.from))
		}
	}
	return found
}

// readBy are what reads a node directly.
func (g graph) readBy(id string) []node {
	var found []node
	for _, e := range g.edges {
		if e.from == id {
			found = append(found, g.node(e.to))
		}
	}
	return found
}

func (g graph) node(id string) node {
	i, ok := slices.BinarySearchFunc(g.nodes, id, func(n node, id string) int { return strings.Compare(n.ID, id) })
	if !ok {
		return node{ID: id, Title: id}
	}
	return g.nodes[i]
}

func (n node) end() bool {
	return slices.Contains([]string{kindQuery, KindDashboard, KindModel}, n.Kind)
}
