package stack

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Change is one resource that an operation did something to.
type Change struct {
	Type string `json:"type"`
	Name string `json:"name"`
	// Op is the engine's word: create, update, delete, replace.
	Op string `json:"op"`
	// Properties are the paths that differ, if the engine named any.
	Properties []string `json:"properties,omitempty"`
}

func (c Change) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s", c.Op, c.Type, c.Name, strings.Join(c.Properties, " ")))
}

// Refusal is a resource that could not be made, changed or deleted, and why.
type Refusal struct {
	Type   string `json:"type"`
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

func (r Refusal) String() string { return strings.TrimSpace(r.Type+" "+r.Name) + ": " + r.Reason }

// Step is how long one resource took.
type Step struct {
	Type string `json:"type"`
	Name string `json:"name"`
	Op   string `json:"op"`
	// At is when it began, in seconds since the operation did.
	At      float64 `json:"at"`
	Seconds float64 `json:"seconds"`
}

// slowestShown is how many of the longest steps a report keeps.
const slowestShown = 10

const stackType = "pulumi:pulumi:Stack"

// operationReport gathers an operation's events.
type operationReport struct {
	seen    map[string]bool
	changes map[string]*Change
	order   []string // of changes
	started map[string]time.Time
	steps   []Step
	refused []Refusal
	made    map[string]bool
	began   time.Time
}

// follow reads events until the stream or the operation is over.
func follow(stream <-chan events.EngineEvent, over <-chan struct{}) *operationReport {
	a := &operationReport{
		seen: map[string]bool{}, changes: map[string]*Change{}, started: map[string]time.Time{},
		made: map[string]bool{}, began: time.Now(),
	}
	for {
		select {
		case event, open := <-stream:
			if !open {
				return a
			}
			a.take(event)
		case <-over:
			return a
		}
	}
}

func (a *operationReport) take(event events.EngineEvent) {
	switch {
	case event.ResourcePreEvent != nil:
		a.started[event.ResourcePreEvent.Metadata.URN] = time.Now()
		a.note(event.ResourcePreEvent.Metadata)
	case event.ResOutputsEvent != nil:
		meta := event.ResOutputsEvent.Metadata
		a.note(meta)
		if meta.Type != stackType {
			a.made[meta.URN] = true
		}
		if start, ok := a.started[meta.URN]; ok && changing(meta.Op) {
			kind, name := split(meta.URN)
			a.steps = append(a.steps,
				Step{kind, name, string(meta.Op), start.Sub(a.began).Seconds(), time.Since(start).Seconds()})
		}
	case event.DiagnosticEvent != nil && event.DiagnosticEvent.Severity == "error":
		// A provider's log may name its resource with a line end behind.
		kind, name := split(strings.TrimSpace(event.DiagnosticEvent.URN))
		refusal := Refusal{kind, name, strings.TrimSpace(event.DiagnosticEvent.Message)}
		// The provider logs a resource's error before the engine tells it: once is enough.
		if i := slices.IndexFunc(a.refused, func(r Refusal) bool { return r.Type == kind && r.Name == name }); i >= 0 {
			a.refused[i] = refusal
			return
		}
		a.refused = append(a.refused, refusal)
	}
}

// changing reports whether an operation on a resource changes anything. A
// refresh is announced as such, and ends as same, update or delete.
func changing(op apitype.OpType) bool {
	switch op {
	case apitype.OpSame, apitype.OpRefresh, apitype.OpRead, apitype.OpReadDiscard, apitype.OpReadReplacement:
		return false
	}
	return true
}

func (a *operationReport) note(meta apitype.StepEventMetadata) {
	if meta.Type == stackType {
		return
	}
	a.seen[meta.URN] = true
	if !changing(meta.Op) {
		return
	}
	change := a.changes[meta.URN]
	if change == nil {
		kind, name := split(meta.URN)
		change = &Change{Type: kind, Name: name, Op: string(meta.Op)}
		a.changes[meta.URN] = change
		a.order = append(a.order, meta.URN)
	}
	if meta.Op == apitype.OpCreate || meta.Op == apitype.OpDelete {
		return
	}
	for path, diff := range meta.DetailedDiff {
		change.Properties = append(change.Properties, fmt.Sprintf("%s(%s)", path, diff.Kind))
	}
	if len(meta.DetailedDiff) == 0 {
		change.Properties = append(change.Properties, meta.Diffs...)
	}
	slices.Sort(change.Properties)
	change.Properties = slices.Compact(change.Properties)
}

func (a *operationReport) operation() Operation {
	o := Operation{Resources: len(a.seen), Made: len(a.made)}
	o.Refused = slices.DeleteFunc(slices.Clone(a.refused),
		func(r Refusal) bool { return r.Type == "" || r.Type == stackType })
	if len(o.Refused) == 0 { // otherwise the program and the stack fail because a resource did
		o.Refused = a.refused
	}
	for _, urn := range a.order {
		o.Changes = append(o.Changes, *a.changes[urn])
	}
	slices.SortFunc(a.steps, func(x, y Step) int { return cmp.Compare(y.Seconds, x.Seconds) })
	o.Slowest = a.steps[:min(slowestShown, len(a.steps))]
	return o
}

// explain prefers the engine's diagnostics to the whole console text that the
// Automation API returns.
func (a *operationReport) explain(err error) error {
	if len(a.refused) == 0 {
		return err
	}
	lines := make([]string, len(a.refused))
	for i, refusal := range a.refused {
		lines[i] = refusal.String()
	}
	return errors.New(strings.Join(lines, "\n"))
}

// split takes type and name from urn:pulumi:stack::project::parent$type::name.
func split(urn string) (kind, name string) {
	parts := strings.SplitN(urn, "::", 4)
	if len(parts) < 4 {
		return "", urn
	}
	return parts[2][strings.LastIndex(parts[2], "$")+1:], parts[3]
}
