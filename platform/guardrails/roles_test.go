package guardrails

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/graph"
	"dataplatform/policies"
)

// role is a role of a graph with the documents that decide what it can do.
type role struct {
	name   string // without -role
	arn    string
	trust  policies.Document
	grants policies.Document
}

// roles are all roles of a graph by name. Each has exactly one document of grants.
func roles(t *testing.T, g Graph) map[string]role {
	t.Helper()
	found := map[string]role{}
	for _, r := range g.Of(roleToken) {
		grants, ok := g.settingOf(r, grantsToken, "role")
		require.True(t, ok, "%s has no grants", r.Name)
		held, err := Documents(r)
		require.NoError(t, err)
		granted, err := Documents(grants)
		require.NoError(t, err)
		name := strings.TrimSuffix(r.Name, "-role")
		found[name] = role{name, r.Outputs["arn"].StringValue(), held["assumeRolePolicy"], granted["policy"]}
	}
	return found
}

// people are those who query, by kind, each with the policy that the stack makes for them. Their roles are not the
// stack's.
func people(t *testing.T, g Graph) map[string]role {
	t.Helper()
	found := map[string]role{}
	for _, r := range g.Of("aws:iam/policy:Policy") {
		held, err := Documents(r)
		require.NoError(t, err)
		found[r.Name] = role{
			name: r.Name, arn: "arn:aws:iam::123456789012:role/people/" + r.Name, grants: held["policy"],
		}
	}
	return found
}

// may decides a request of a role as AWS does inside one account: by the role's grants and the policy of what it asks
// for, which have to agree where the resource is a key.
func (g Graph) may(t *testing.T, r role, action, resource string, context map[string]string) policies.Decision {
	t.Helper()
	request := policies.Request{
		Principal: r.arn, Action: action, Resource: resource,
		Context: map[string]string{"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"},
	}
	maps.Copy(request.Context, context)
	own, err := policies.Evaluate(request, r.grants)
	require.NoError(t, err)
	holder, ok := g.owner(resource)
	if !ok {
		return own
	}
	if holder.Type == keyToken {
		documents, err := Documents(holder)
		require.NoError(t, err)
		admitted, err := policies.Evaluate(request, documents["policy"])
		require.NoError(t, err)
		if own == policies.Allowed {
			return admitted
		}
		return own
	}
	document, problem := g.resourcePolicy(holder)
	require.Empty(t, problem, holder.Name)
	both, err := policies.Evaluate(request, r.grants, document)
	require.NoError(t, err)
	return both
}

// owner is the resource with a policy of its own that an ARN belongs to.
func (g Graph) owner(arn string) (graph.Resource, bool) {
	bucket, _, _ := strings.Cut(arn, "/")
	if strings.HasPrefix(arn, "arn:aws:s3:::") {
		return g.named(bucket, bucketToken)
	}
	return g.named(arn, keyToken, queueToken, topicToken)
}

// arnOf is the ARN of the one resource of this type and name.
func arnOf(t *testing.T, g Graph, token, name string) string {
	t.Helper()
	return g.Resources[index(t, &g, token, name)].Outputs["arn"].StringValue()
}

func object(bucket, key string) string { return "arn:aws:s3:::" + bucket + "/" + key }

func forEachGraph(t *testing.T, check func(t *testing.T, g Graph, roles map[string]role)) {
	t.Helper()
	for _, g := range allGraphs(t) {
		t.Run(g.Stack, func(t *testing.T) { check(t, g, roles(t, g)) })
	}
}

func byARN(t *testing.T, roles map[string]role, arn string) role {
	t.Helper()
	for _, r := range roles {
		if r.arn == arn {
			return r
		}
	}
	t.Fatalf("no role is %s", arn)
	return role{}
}

// expected is the only entry that a role's name matches: a role nobody thought of has none.
func expected[T any](t *testing.T, list map[string]T, name string) (want T) {
	t.Helper()
	found := 0
	for pattern, entry := range list {
		matched, err := path.Match(pattern, name)
		require.NoError(t, err)
		if matched {
			want, found = entry, found+1
		}
	}
	require.Equal(t, 1, found, "what is expected of the role %s?", name)
	return want
}

// TestExpectationsAreOfRoles: an entry that no role matches is of a role that is gone.
func TestExpectationsAreOfRoles(t *testing.T) {
	names := slices.Collect(maps.Keys(roles(t, graphOf(t, "prod"))))
	names = slices.AppendSeq(names, maps.Keys(roles(t, graphOf(t, recommendations))))
	for _, pattern := range slices.Concat(slices.Collect(maps.Keys(usedKeys)), slices.Collect(maps.Keys(assumers))) {
		assert.True(t, slices.ContainsFunc(names,
			func(name string) bool { matched, err := path.Match(pattern, name); return err == nil && matched }),
			pattern)
	}
}
