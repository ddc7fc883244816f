// Package pulumitest asserts on what the recorder of internal/graph saw: a test reads the inputs of resources as data,
// after the program has ended.
package pulumitest

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/internal/graph"
)

// Recorder is the recorder, for tests.
type Recorder struct{ *graph.Recorder }

// RunErr runs the program and returns what it registered, also when it failed.
func RunErr(program pulumi.RunFunc, opts ...graph.Option) (*Recorder, error) {
	rec, err := graph.Run(program, opts...)
	return &Recorder{rec}, err
}

// Run is RunErr for programs that must succeed.
func Run(t testing.TB, program pulumi.RunFunc, opts ...graph.Option) *Recorder {
	t.Helper()
	rec, err := RunErr(program, opts...)
	if err != nil {
		t.Fatalf("program failed: %v", err)
	}
	return rec
}

// All returns every resource, sorted by URN.
func (rec *Recorder) All() []Resource { return wrapped(rec.Recorder.All()) }

// OfType returns every resource of a type token, sorted by URN.
func (rec *Recorder) OfType(token string) []Resource { return wrapped(rec.Recorder.OfType(token)) }

// Children returns the direct children of a resource.
func (rec *Recorder) Children(parent Resource) []Resource {
	return wrapped(rec.Recorder.Children(parent.Resource))
}

// ByURN returns the resource of a URN.
func (rec *Recorder) ByURN(urn string) (Resource, bool) {
	r, ok := rec.Recorder.ByURN(urn)
	return Resource{r}, ok
}

// One returns the only resource of this type and name.
func (rec *Recorder) One(t testing.TB, token, name string) Resource {
	t.Helper()
	found := slices.DeleteFunc(rec.OfType(token), func(r Resource) bool { return r.Name != name })
	if len(found) != 1 {
		var names []string
		for _, r := range rec.OfType(token) {
			names = append(names, r.Name)
		}
		t.Fatalf("want one %s named %q, got %d; of that type there are %q", token, name, len(found), names)
	}
	return found[0]
}

// observedType marks values that a test program handed to Observe.
const observedType = "pulumitest:index:Observed"

type observed struct{ pulumi.ResourceState }

// Observe records values of a test program, for example a component's outputs, so that they can be asserted on after
// the run.
func Observe(ctx *pulumi.Context, name string, values pulumi.Map) error {
	return ctx.RegisterComponentResourceV2(observedType, name, values, &observed{})
}

// Observed returns what Observe recorded under name.
func (rec *Recorder) Observed(t testing.TB, name string) Resource {
	t.Helper()
	return rec.One(t, observedType, name)
}
