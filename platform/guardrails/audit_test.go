package guardrails

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheTrailSeesEveryBucket: copies, code and books, too, but not what it writes itself, nor the access logs.
func TestTheTrailSeesEveryBucket(t *testing.T) {
	for _, g := range allGraphs(t) {
		trails := g.Of(trailToken)
		require.Len(t, trails, 1, g.Stack)
		for _, bucket := range g.Of(bucketToken) {
			assert.Equal(t, bucket.Name != "audit" && bucket.Name != "logs",
				watches(trails[0], bucket.Outputs["arn"].StringValue()+"/"), "%s: %s", g.Stack, bucket.Name)
		}
	}
}
