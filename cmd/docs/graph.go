package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	recorded "dataplatform/internal/graph"
)

// node is one component of the program as the picture shows it.
type node struct {
	name, kind string
	column     int
	resources  int
}

// edge is a grant drawn in the direction in which data, or a start, goes.
type edge struct{ from, to string }

// graph is the program seen as components and grants.
type graph struct {
	nodes []node
	edges []edge
}

// columns places kinds of components from left to right, in the order data flows; a kind that is not here is not drawn.
var columns = map[string]int{
	"Clickstream": 0, "Landing": 0, "Schedule": 0,
	"Layer": 1, "Ledger": 1, "Pipeline": 1,
	"Job": 2, "Catalog": 3, "Analytics": 3, "Tables": 3,
}

// reads and writes classify actions by where the data goes; what is neither is not drawn.
var (
	reads  = []string{"s3:GetObject", "kinesis:GetRecords", "dynamodb:Query", "dynamodb:GetItem"}
	writes = []string{"s3:PutObject", "dynamodb:PutItem", "glue:StartJobRun", "states:StartExecution"}
)

// newGraph reads components and the grants of their roles from a recording.
func newGraph(rec *recorded.Recorder) (graph, error) {
	var g graph
	tops := map[string]recorded.Resource{}
	counts := map[string]int{}
	for _, r := range rec.All() {
		top := topOf(rec, r)
		counts[top.URN]++
		if _, drawn := columns[kindOf(top)]; drawn {
			tops[top.URN] = top
		}
	}
	for urn, top := range tops {
		g.nodes = append(g.nodes,
			node{name: top.Name, kind: kindOf(top), column: columns[kindOf(top)], resources: counts[urn]})
	}
	slices.SortFunc(g.nodes, func(a, b node) int {
		return cmp.Or(cmp.Compare(a.column, b.column), strings.Compare(a.kind, b.kind), strings.Compare(a.name, b.name))
	})
	for _, r := range rec.OfType("aws:iam/rolePolicy:RolePolicy") {
		top := topOf(rec, r)
		if _, drawn := tops[top.URN]; !drawn {
			continue
		}
		text, ok := r.Value("policy").(string)
		if !ok {
			return graph{}, fmt.Errorf("the policy of %s is not text", r.URN)
		}
		if err := g.addGrants(rec, tops, top, text); err != nil {
			return graph{}, fmt.Errorf("%s: %w", r.URN, err)
		}
	}
	slices.SortFunc(g.edges,
		func(a, b edge) int { return cmp.Or(strings.Compare(a.from, b.from), strings.Compare(a.to, b.to)) })
	g.edges = slices.Compact(g.edges)
	return g, nil
}

func (g *graph) addGrants(
	rec *recorded.Recorder, tops map[string]recorded.Resource, holder recorded.Resource, text string,
) error {
	var document struct {
		Statement []struct {
			Effect           string
			Action, Resource []string
		}
	}
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		return err
	}
	for _, statement := range document.Statement {
		if statement.Effect != "Allow" {
			continue
		}
		for _, arn := range statement.Resource {
			owner, ok := ownerOf(rec, arn)
			if !ok {
				continue
			}
			top := topOf(rec, owner)
			if _, drawn := tops[top.URN]; !drawn || top.URN == holder.URN {
				continue
			}
			if overlaps(statement.Action, reads) {
				g.edges = append(g.edges, edge{top.Name, holder.Name})
			}
			if overlaps(statement.Action, writes) {
				g.edges = append(g.edges, edge{holder.Name, top.Name})
			}
		}
	}
	return nil
}

func overlaps(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// owners says which type of resource an ARN's service and kind belong to; the recorder names resources as the program
// does.
var owners = []struct{ prefix, token string }{
	{"arn:aws:s3:::", "aws:s3/bucketV2:BucketV2"},
	{"arn:aws:dynamodb:" + recorded.Region + ":" + recorded.Account + ":table/", "aws:dynamodb/table:Table"},
	{"arn:aws:glue:" + recorded.Region + ":" + recorded.Account + ":job/", "aws:glue/job:Job"},
	{"arn:aws:states:" + recorded.Region + ":" + recorded.Account + ":stateMachine:",
		"aws:sfn/stateMachine:StateMachine"},
}

func ownerOf(rec *recorded.Recorder, arn string) (recorded.Resource, bool) {
	for _, owner := range owners {
		rest, ok := strings.CutPrefix(arn, owner.prefix)
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(rest, "/")
		for _, r := range rec.OfType(owner.token) {
			if r.Name == name {
				return r, true
			}
		}
	}
	return recorded.Resource{}, false
}

// topOf is the component directly below the stack that r belongs to.
func topOf(rec *recorded.Recorder, r recorded.Resource) recorded.Resource {
	for !r.TopLevel() {
		parent, ok := rec.ByURN(r.Parent)
		if !ok {
			break
		}
		r = parent
	}
	return r
}

func kindOf(r recorded.Resource) string { return r.Type[strings.LastIndex(r.Type, ":")+1:] }
