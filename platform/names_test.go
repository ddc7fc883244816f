package platform

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/graph"
	"dataplatform/platform/settings"
	"dataplatform/platform/settings/settingstest"
)

// TestTheLongestStackNameFits: no longer one fits, in no kind that autonaming names.
func TestTheLongestStackNameFits(t *testing.T) {
	for _, learns := range []bool{false, true} {
		rec, err := deployed(t,
			"test", settingstest.With(stackSettings(t, "dev"), map[string]any{"recommendations.enabled": learns}))
		require.NoError(t, err)
		room := 64
		for _, r := range rec.All() {
			if limit, known := nameLimits[r.Type]; known && !r.Has("name") {
				room = min(room, limit-len(strings.NewReplacer("${project}", graph.Project, "${stack}", "",
					"${name}", r.Name, "${hex(6)}", "abcdef").Replace(namePattern)))
			}
		}
		with := settings.Settings{Recommendations: settings.Recommendations{Enabled: learns}}
		assert.Equal(t, room, with.MaxStackName(graph.Project))

		_, err = deployed(t, strings.Repeat("s", room),
			settingstest.With(stackSettings(t, "dev"), map[string]any{"recommendations.enabled": learns}))
		require.NoError(t, err)
		rec, err = deployed(t, strings.Repeat("s", room+1),
			settingstest.With(stackSettings(t, "dev"), map[string]any{"recommendations.enabled": learns}))
		require.ErrorContains(t, err, "roles and rules are called after it and may have 64")
		assert.Empty(t, rec.All())
	}
}

func TestStackNamesThatBucketsCannotHave(t *testing.T) {
	for _, name := range []string{"Prod", "data_team", "-prod", "prod-", "prod.eu"} {
		rec, err := deployed(t, name, stackSettings(t, "dev"))
		require.ErrorContains(t, err, `the stack's name: "`+name+`" is not allowed: want a-z, 0-9 and -`)
		assert.Empty(t, rec.All())
	}
}
