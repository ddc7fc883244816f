package platform

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"dataplatform/internal/pulumitest"
	"dataplatform/policies"
)

// TestEveryPlaceIsKnownToItsPolicy: each is there once, as the text of its own input.
func TestEveryPlaceIsKnownToItsPolicy(t *testing.T) {
	const fields = 3 + 2 + 1 + 7*3
	var given places[pulumi.StringInput]
	seen := map[*pulumi.StringInput]bool{}
	for i, place := range given.each() {
		*place, seen[place] = pulumi.String(fmt.Sprint(i)), true
	}
	assert.Len(t, seen, fields, "a field that each() forgets would be empty in every policy")
	given.hours = nil // as where a job has no such place
	var found places[string]
	pulumitest.Run(t, func(ctx *pulumi.Context) error {
		return pulumitest.Observe(ctx,
			"policy", pulumi.Map{"policy": policyOf(given, func(at places[string]) policies.Document {
				found = at
				return policies.Identity(policies.Trace())
			})})
	})
	for i, text := range found.each() {
		if text == &found.hours {
			assert.Empty(t, *text)
			continue
		}
		assert.Equal(t, fmt.Sprint(i), *text)
	}
}
