package guardrails

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/platform/preview"
	"dataplatform/platform/settings"
)

var update = flag.Bool("update", false, "write the list of what is kept anew")

var keptFile = filepath.Join("testdata", "kept.txt")

const keptHead = `# What outlives a stack: stack, options, kind and name of every resource that has one of the two options. To the engine a change of
# either is no change: no preview shows it and no count has it, and the next destroy deletes. So a change of this list is to be read
# line by line: protected resources stay in the state, and no destroy goes on that would delete one; retained ones stay on AWS when
# they leave the state. Written by ` + "`go test ./platform/guardrails -run TestKept -update`" + `.
`

// TestKept compares protect and retainOnDelete of every resource of every stack with the kept list.
func TestKept(t *testing.T) {
	// The stack that keeps its data, with all that it can have beside.
	given, err := settings.Object(root, "prod")
	require.NoError(t, err)
	given["recommendations"] = map[string]any{"enabled": true, "featureGroup": true}
	given["analytics"] = map[string]any{"quickSight": map[string]any{
		"enabled": true, "viewers": []any{"arn:aws:quicksight:eu-west-1:123456789012:group/default/analysts"},
	}}
	rec, err := preview.RecordSettings(root, "prod", given)
	require.NoError(t, err)
	all := append(append([]Graph(nil), allGraphs(t)...),
		Graph{Stack: "prod-with-everything", KeepsData: true, Resources: rec.All()})

	var lines []string
	for _, g := range all {
		kept := 0
		for _, r := range g.Resources {
			if !r.Protect && !r.RetainOnDelete {
				continue
			}
			kept++
			options := "retained"
			switch {
			case r.Protect && r.RetainOnDelete:
				options = "protected,retained"
			case r.Protect:
				options = "protected"
			}
			lines = append(lines, fmt.Sprintf("%s %s %s %s", g.Stack, options, r.Type, r.Name))
		}
		assert.Equal(t, g.KeepsData, kept > 0, "%s keeps %d resources", g.Stack, kept)
	}
	got := strings.Split(keptHead+strings.Join(lines, "\n"), "\n")
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(keptFile), 0o755))
		require.NoError(t, os.WriteFile(keptFile, []byte(strings.Join(got, "\n")+"\n"), 0o644))
	}
	text, err := os.ReadFile(keptFile)
	require.NoError(t, err)
	want := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	const meant = "; where that is meant, -update writes the list anew"
	assert.Empty(t, notIn(want, got), "kept no longer, or otherwise"+meant)
	assert.Empty(t, slices.DeleteFunc(notIn(got, want), func(line string) bool { return keptAsOthers(line, want) }),
		"kept and not in the list"+meant)
}

// keptAsOthers says whether a line is of a table that is kept as another one of its layer: a new dataset is added by
// its contracts alone.
func keptAsOthers(line string, want []string) bool {
	layer := line[:strings.LastIndex(line, "-")+1]
	return strings.Contains(line, " aws:glue/catalogTable:CatalogTable ") &&
		slices.ContainsFunc(want, func(other string) bool { return strings.HasPrefix(other, layer) })
}

func notIn(lines, others []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return slices.Contains(others, line) })
}
