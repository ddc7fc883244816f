package guardrails

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"dataplatform/policies"
)

// TestWhoReachesExports: the result of an export is of one person, and whose right it is to fetch it no role of the
// platform decides.
func TestWhoReachesExports(t *testing.T) {
	forEachGraph(t, func(t *testing.T, g Graph, roles map[string]role) {
		may := map[string][]string{
			"s3:GetObject": {"erase", "export"}, "s3:PutObject": {"export"}, "s3:DeleteObjectVersion": {"erase"},
		}
		for action, names := range may {
			key := object("artifacts", policies.ExportsPrefix+"r1/manifest.json")
			for name, r := range roles {
				assert.Equal(t, slices.Contains(names, name), g.may(t, r, action, key, nil) == policies.Allowed,
					"%s: %s", name, action)
			}
			for name, r := range people(t, g) {
				assert.NotEqual(t, policies.Allowed, g.may(t, r, action, key, nil), "%s: %s", name, action)
			}
		}
	})
}
