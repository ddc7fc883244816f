package guardrails

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/graph"
	"dataplatform/platform/preview"
	"dataplatform/platform/settings"
)

const root = "../.."

// graphs are the graphs of all stacks, recorded once: no test changes them.
var graphs = sync.OnceValues(func() ([]Graph, error) {
	names, err := settings.Names(root)
	if err != nil {
		return nil, err
	}
	var all []Graph
	for _, name := range names {
		given, err := settings.Object(root, name)
		if err != nil {
			return nil, err
		}
		rec, err := preview.Record(root, name)
		if err != nil {
			return nil, err
		}
		disposable, _ := given["disposableData"].(bool)
		all = append(all, Graph{Stack: name, KeepsData: !disposable, Resources: rec.All()})
	}
	// No stack of the project has recommendations: one that has is evaluated as well.
	given, err := settings.Object(root, "dev")
	if err != nil {
		return nil, err
	}
	given["prefix"], given["recommendations"] = "shop_"+recommendations,
		map[string]any{"enabled": true, "featureGroup": true}
	rec, err := preview.RecordSettings(root, "dev", given)
	if err != nil {
		return nil, err
	}
	return append(all, Graph{Stack: recommendations, Resources: rec.All()}), nil
})

// recommendations is the graph of dev with recommendations.
const recommendations = "recommendations"

func allGraphs(t *testing.T) []Graph {
	t.Helper()
	all, err := graphs()
	require.NoError(t, err)
	return all
}

// graphOf is the graph of one stack.
func graphOf(t *testing.T, stack string) Graph {
	t.Helper()
	all := allGraphs(t)
	i := slices.IndexFunc(all, func(g Graph) bool { return g.Stack == stack })
	require.GreaterOrEqual(t, i, 0, stack)
	return all[i]
}

// TestControls has one test a control and stack; source mutants go by their names.
func TestControls(t *testing.T) {
	given, err := preview.EverythingOn(root)
	require.NoError(t, err)
	everything, err := preview.RecordSettings(root, preview.Everything, given)
	require.NoError(t, err)
	all := append(slices.Clone(allGraphs(t)), Graph{Stack: preview.Everything, Resources: everything.All()})
	for _, control := range Controls() {
		t.Run(control.Name, func(t *testing.T) {
			for _, g := range all {
				t.Run(g.Stack, func(t *testing.T) {
					for _, violation := range control.Check(g) {
						t.Error(violation)
					}
				})
			}
		})
	}
}

// TestControlsAreAboutSomething: a control that finds nothing to evaluate would never fail.
func TestControlsAreAboutSomething(t *testing.T) {
	prod, seen := graphOf(t, "prod"), map[string]bool{}
	for _, control := range Controls() {
		assert.NotEmpty(t, control.Over(prod), control.Name)
		assert.Greater(t, len(control.Protects), 40, control.Name)
		assert.True(t, strings.HasSuffix(control.Protects, "."), control.Name)
		assert.False(t, seen[control.Name], "two controls are called %s", control.Name)
		seen[control.Name] = true
	}
	for _, g := range allGraphs(t) {
		assert.Equal(t, g.Stack == "prod", g.KeepsData, "which stacks keep their data")
	}
}

// TestEveryExceptionIsNeeded: one that excuses nothing hides the next violation.
func TestEveryExceptionIsNeeded(t *testing.T) {
	for _, e := range Exceptions {
		assert.NotEmpty(t, e.Reason, e)
		i := slices.IndexFunc(Controls(), func(c Control) bool { return c.Name == e.Control })
		require.GreaterOrEqual(t, i, 0, "there is no control %s", e.Control)
		control, needed := Controls()[i], false
		for _, g := range allGraphs(t) {
			for _, r := range control.Over(g) {
				if found, excused := exceptionFor(control.Name, g.Stack, r); excused && found == e &&
					len(control.Evaluate(g, r)) > 0 {
					needed = true
				}
			}
		}
		assert.True(t, needed, "%s: the exception of %s %s in %q excuses nothing", e.Control, e.Type, e.Name, e.Stack)
	}
}

// TestUntaggableTypesTakeNoTags: the platform adds tags wherever there is a place for them.
func TestUntaggableTypesTakeNoTags(t *testing.T) {
	for _, g := range allGraphs(t) {
		for _, r := range g.Resources {
			if slices.Contains(untaggable, r.Type) {
				assert.False(t, r.Has("tags"), "%s takes tags", r.Type)
			}
		}
	}
}

// violations are those of all controls, by the control's name.
func violations(g Graph) map[string][]string {
	found := map[string][]string{}
	for _, control := range Controls() {
		for _, violation := range control.Check(g) {
			found[control.Name] = append(found[control.Name], violation.String())
		}
	}
	return found
}

func names(resources []graph.Resource) []string {
	var all []string
	for _, r := range resources {
		all = append(all, r.Name)
	}
	return all
}
