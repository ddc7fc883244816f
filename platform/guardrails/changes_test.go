package guardrails

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
	"dataplatform/policies"
)

// change alters a copied graph; it fails the test when there is nothing to alter.
type change func(t *testing.T, g *Graph)

// clone copies a graph so deep that inputs can be changed.
func clone(g Graph) Graph {
	g.Resources = slices.Clone(g.Resources)
	for i, r := range g.Resources {
		g.Resources[i].Inputs = copied(resource.NewObjectProperty(r.Inputs)).ObjectValue()
	}
	return g
}

func copied(value resource.PropertyValue) resource.PropertyValue {
	switch {
	case value.IsObject():
		object := resource.PropertyMap{}
		for key, element := range value.ObjectValue() {
			object[key] = copied(element)
		}
		return resource.NewObjectProperty(object)
	case value.IsArray():
		list := make([]resource.PropertyValue, 0, len(value.ArrayValue()))
		for _, element := range value.ArrayValue() {
			list = append(list, copied(element))
		}
		return resource.NewArrayProperty(list)
	}
	return value
}

// with changes the one resource of this type and name.
func with(token, name string, alter func(*graph.Resource)) change {
	return func(t *testing.T, g *Graph) {
		t.Helper()
		alter(&g.Resources[index(t, g, token, name)])
	}
}

func index(t *testing.T, g *Graph, token, name string) int {
	t.Helper()
	i := slices.IndexFunc(g.Resources, func(r graph.Resource) bool { return r.Type == token && r.Name == name })
	require.GreaterOrEqual(t, i, 0, "%s has no %s %q; there are %q", g.Stack, token, name, names(g.Of(token)))
	return i
}

// drop removes a resource.
func drop(token, name string) change {
	return func(t *testing.T, g *Graph) {
		t.Helper()
		i := index(t, g, token, name)
		g.Resources = slices.Delete(g.Resources, i, i+1)
	}
}

// add adds a resource with these inputs.
func add(r graph.Resource, inputs map[string]any) change {
	return func(_ *testing.T, g *Graph) {
		r.Inputs = resource.NewPropertyMapFromMap(inputs)
		g.Resources = append(g.Resources, r)
	}
}

// set gives an input another value.
func set(token, name, path string, value any) change {
	return func(t *testing.T, g *Graph) {
		t.Helper()
		r := g.Resources[index(t, g, token, name)]
		require.NotEqual(t, value, r.Value(path), "nothing changes")
		ok := parsed(t, path).Set(resource.NewObjectProperty(r.Inputs), resource.NewPropertyValue(value))
		require.True(t, ok, "%s %q has no place %s", token, name, path)
	}
}

// unset takes an input away.
func unset(token, name, path string) change {
	return func(t *testing.T, g *Graph) {
		t.Helper()
		r := g.Resources[index(t, g, token, name)]
		require.True(t, r.Has(path), "%s %q has no %s", token, name, path)
		require.True(t, parsed(t, path).Delete(resource.NewObjectProperty(r.Inputs)))
	}
}

func parsed(t *testing.T, path string) resource.PropertyPath {
	t.Helper()
	steps, err := resource.ParsePropertyPath(path)
	require.NoError(t, err)
	return steps
}

// text is the input at path, which has to be there.
func text(t *testing.T, r graph.Resource, path string) string {
	t.Helper()
	return pulumitest.Resource{Resource: r}.String(t, path)
}

// replace changes a part of an input's text.
func replace(token, name, path, old, by string) change {
	return func(t *testing.T, g *Graph) {
		t.Helper()
		given := text(t, g.Resources[index(t, g, token, name)], path)
		require.Contains(t, given, old)
		set(token, name, path, strings.ReplaceAll(given, old, by))(t, g)
	}
}

// edit changes one statement of a policy.
func edit(token, name, path, sid string, alter func(*policies.Statement)) change {
	return document(token, name, path, func(t *testing.T, d *policies.Document) {
		t.Helper()
		alter(&d.Statement[statement(t, d, sid)])
	})
}

// without removes one statement of a policy.
func without(token, name, path, sid string) change {
	return document(token, name, path, func(t *testing.T, d *policies.Document) {
		t.Helper()
		i := statement(t, d, sid)
		d.Statement = slices.Delete(d.Statement, i, i+1)
	})
}

func statement(t *testing.T, d *policies.Document, sid string) int {
	t.Helper()
	i := slices.IndexFunc(d.Statement, func(s policies.Statement) bool { return s.Sid == sid })
	require.GreaterOrEqual(t, i, 0, "there is no statement %s", sid)
	return i
}

func document(token, name, path string, alter func(*testing.T, *policies.Document)) change {
	return func(t *testing.T, g *Graph) {
		t.Helper()
		d, err := policies.Parse(text(t, g.Resources[index(t, g, token, name)], path))
		require.NoError(t, err)
		alter(t, &d)
		set(token, name, path, d.JSON())(t, g)
	}
}
