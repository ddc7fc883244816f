package guardrails

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/graph"
	"dataplatform/policies"
)

// pseudonymMakers are the jobs that write tables which know customers by pseudonyms, or look for pseudonyms.
var pseudonymMakers = []string{"customers-curate", "erase", "export", "maintain", "sales-curate"}

// TestOnlyJobsThatNeedThemMakePseudonyms: whoever makes them can count customers out of every table.
func TestOnlyJobsThatNeedThemMakePseudonyms(t *testing.T) {
	forEachGraph(t, func(t *testing.T, g Graph, roles map[string]role) {
		want := slices.Clone(pseudonymMakers)
		if g.Stack == recommendations {
			want = append(want, "features")
		}
		key := pseudonymKey(t, g)
		for name, r := range roles {
			for _, action := range []string{"kms:GenerateMac", "kms:VerifyMac", "kms:Decrypt", "kms:CreateGrant"} {
				expected := policies.NotAllowed
				if action == "kms:GenerateMac" && slices.Contains(want, name) {
					expected = policies.Allowed
				}
				context := map[string]string{"kms:CallerAccount": graph.Account, "kms:MacAlgorithm": "HMAC_SHA_256"}
				assert.Equal(t, expected, g.may(t, r, action, key.Outputs["arn"].StringValue(), context), "%s: %s",
					name, action)
			}
		}
		for name, r := range people(t, g) {
			context := map[string]string{"kms:CallerAccount": graph.Account, "kms:MacAlgorithm": "HMAC_SHA_256"}
			assert.Equal(t, policies.NotAllowed,
				g.may(t, r, "kms:GenerateMac", key.Outputs["arn"].StringValue(), context), name)
		}
	})
}

// TestJobsGetAKeyExactlyWhereTheyMayUseIt: the argument and the right go together.
func TestJobsGetAKeyExactlyWhereTheyMayUseIt(t *testing.T) {
	forEachGraph(t, func(t *testing.T, g Graph, _ map[string]role) {
		want := slices.Clone(pseudonymMakers)
		if g.Stack == recommendations {
			want = append(want, "features")
		}
		key := pseudonymKey(t, g).Outputs["arn"].StringValue()
		for _, job := range g.Of(jobToken) {
			if slices.Contains(want, job.Name) {
				assert.Equal(t, key, job.Value("nonOverridableArguments.--pseudonym_key"), job.Name)
				assert.Equal(t, "1", job.Value("nonOverridableArguments.--pseudonym_version"), job.Name)
			} else {
				assert.False(t, job.Has("nonOverridableArguments.--pseudonym_key"), job.Name)
			}
		}
	})
}

func pseudonymKey(t *testing.T, g Graph) graph.Resource {
	t.Helper()
	keys := slices.DeleteFunc(g.Of(keyToken), func(r graph.Resource) bool { return r.Name != "pseudonyms" })
	require.Len(t, keys, 1)
	return keys[0]
}
