package guardrails

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/platform/preview"
	"dataplatform/policies"
)

// writtenPrefixes is the list that the erasure's tests plant a customer by.
const writtenPrefixes = "glue-scripts/tests/cases/written_prefixes.json"

// rewriters are the jobs over all tables: what they write in any folder replaces what another role, which has the
// folder by its name, has written there.
var rewriters = []string{"tables", "maintain", breakGlass}

// TestWhereAnyRoleMayWrite: a prefix that is new here, an erasure has to look at, or to say for how long it does not:
// glue-scripts/tests/test_erasure_everywhere.py fails until it does.
func TestWhereAnyRoleMayWrite(t *testing.T) {
	settings, err := preview.EverythingOn(root)
	require.NoError(t, err)
	capturing(settings)
	rec, err := preview.RecordSettings(root, preview.Everything, settings)
	require.NoError(t, err)
	g := Graph{Stack: preview.Everything, Resources: rec.All()}
	all := roles(t, g)
	maps.Copy(all, people(t, g))
	found := map[string]bool{}
	for _, r := range all {
		for _, s := range r.grants.Statement {
			if s.Effect != policies.Allow || !slices.Contains(s.Action, "s3:PutObject") {
				continue
			}
			for _, resource := range s.Resource {
				key, isObject := strings.CutPrefix(resource, "arn:aws:s3:::")
				require.True(t, isObject, "%s: %s writes to %s", r.name, s.Sid, resource)
				if strings.Contains(key, "/*/") && slices.Contains(rewriters, r.name) {
					continue
				}
				found[strings.TrimSuffix(key, "*")] = true
			}
		}
	}
	got := slices.Sorted(maps.Keys(found))
	path := filepath.Join(root, writtenPrefixes)
	if *update {
		text, err := json.MarshalIndent(got, "", " ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, append(text, '\n'), 0o644))
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var want []string
	require.NoError(t, json.Unmarshal(text, &want))
	// A dataset that the list has nothing of lies as the others do.
	set, err := contracts.Load()
	require.NoError(t, err)
	parts := strings.Split(strings.Join(want, ""), "/")
	for _, contract := range set.All() {
		if !slices.Contains(parts, contract.Dataset) {
			got = slices.DeleteFunc(got, func(prefix string) bool {
				return slices.Contains(strings.Split(prefix, "/"), contract.Dataset)
			})
		}
	}
	assert.Equal(t, want, got, "-update writes it anew")
}

// capturing lets the endpoint keep what it is asked, which only one of instances can.
func capturing(settings map[string]any) {
	settings["recommendations"] = map[string]any{
		"enabled": true, "featureGroup": true, "endpoint": map[string]any{
			"instanceType": "ml.c5.large", "instances": 1, "capturePercent": 10,
		},
	}
}
