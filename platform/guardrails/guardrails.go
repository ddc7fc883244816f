// Package guardrails holds the rules that the whole resource graph of every stack has to obey, as small named controls:
// which resources a control is about, and what is wrong with one. Exceptions are written down with a reason, and one
// that nothing needs is an error.
//
// Two kinds of mutants show that the controls watch. A graph mutant changes the recorded graph of a stack and must make
// exactly one control fail; they are part of the ordinary tests. A source mutant changes one line of the program
// instead, which takes a compilation each:
//
//	go test -tags mutants -run TestSourceMutants -timeout 60m ./platform/guardrails
//
// The deny tests beside them ask the documents that a stack makes what each role can do.
package guardrails

import (
	"fmt"

	"dataplatform/internal/graph"
)

// Control is one rule.
type Control struct {
	// Name is the rule in a few words, as the tests call it.
	Name string
	// Protects says what would go wrong without it.
	Protects string
	// Over are the resources the rule is about.
	Over func(g Graph) []graph.Resource
	// Evaluate returns what is wrong with one of them.
	Evaluate func(g Graph, r graph.Resource) []string
}

// Violation is a resource that breaks a control.
type Violation struct {
	Control  string
	Resource graph.Resource
	Problem  string
}

func (o Violation) String() string {
	return fmt.Sprintf("%s: %s %q %s", o.Control, o.Resource.Type, o.Resource.Name, o.Problem)
}

// Controls are all rules.
func Controls() []Control {
	return []Control{
		publicAccessBlocked, strongTransport, ownKey, keysRotate, catalogEncrypted, versionsKept, lifecyclePresent,
		accessLogged, dataWatched, exactGrants, rightsFirst, nothingHasty, knownDeputies, logsEnd, failuresKept,
		failuresAlarmed, alarmsReached, tagsComplete, dataKept, jobsPinned,
	}
}

// Check returns the resources of the graph that break the control, but for the written exceptions.
func (c Control) Check(g Graph) []Violation {
	var violations []Violation
	for _, r := range c.Over(g) {
		if _, excused := exceptionFor(c.Name, g.Stack, r); excused {
			continue
		}
		for _, problem := range c.Evaluate(g, r) {
			violations = append(violations, Violation{Control: c.Name, Resource: r, Problem: problem})
		}
	}
	return violations
}
