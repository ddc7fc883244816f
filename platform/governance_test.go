package platform

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
	"dataplatform/platform/settings/settingstest"
)

const permissionsToken = "aws:lakeformation/permissions:Permissions"

// checkGrants: with Lake Formation on, a role that IAM alone lets read the catalog fails when it runs.
func checkGrants(t *testing.T, rec *pulumitest.Recorder) {
	granted := map[string]bool{}
	for _, grant := range rec.OfType(permissionsToken) {
		granted[grant.String(t, "principal")] = true
	}
	readers := 0
	for _, r := range rec.OfType(rolePolicyToken) {
		role := r.String(t, "role")
		if strings.HasPrefix(r.Name, "governance-") || !strings.Contains(r.String(t, "policy"), `"glue:GetTable"`) {
			continue // the function of governance is an admin
		}
		readers++
		assert.True(t, granted["arn:aws:iam::123456789012:role/"+role],
			"%s reads the catalog: grant it what it reads", role)
	}
	assert.GreaterOrEqual(t, readers, 5)
	// The table migration runs inside the deployment, when it has been granted what it needs.
	migrate := rec.One(t, "aws:lambda/invocation:Invocation", "tables")
	waits := 0
	for _, grant := range rec.OfType(permissionsToken) {
		if grant.String(t, "principal") == "arn:aws:iam::123456789012:role/tables-role" {
			waits++
			assert.True(t, migrate.WaitsFor(grant), grant.Name)
		}
	}
	assert.NotZero(t, waits)
	rec.One(t, "aws:lambda/invocation:Invocation", "governance")
}

func TestGovernanceCanBeLeftOut(t *testing.T) {
	rec, err := deployed(t,
		"test", settingstest.With(stackSettings(t, "dev"), map[string]any{"governance.enabled": false}))
	require.NoError(t, err)
	for _, r := range rec.All() {
		assert.False(t, strings.HasPrefix(r.Type, "aws:lakeformation/"), r.Name)
	}
	rec.One(t, "aws:lambda/invocation:Invocation", "tables")
}

func TestWhoDeploysIsAdmin(t *testing.T) {
	rec, err := deployed(t, "test", stackSettings(t, "dev"))
	require.NoError(t, err)
	administrators := func() []string {
		var event struct{ Administrators struct{ Admins []string } }
		rec.One(t, "aws:lambda/invocation:Invocation", "governance-administrators").DecodeJSON(t, "input", &event)
		return event.Administrators.Admins
	}
	assert.Equal(t, []string{"arn:aws:iam::123456789012:role/deployer"}, administrators())

	led := settingstest.With(stackSettings(t, "dev"),
		map[string]any{"governance.admins": []any{"arn:aws:iam::123456789012:role/lead"}})
	rec, err = deployed(t, "test", led, graph.WithPreview())
	require.NoError(t, err, "who previews need not be one")
	assert.Equal(t, []string{"arn:aws:iam::123456789012:role/lead"}, administrators())

	rec, err = deployed(t, "test", led)
	require.ErrorContains(t, err,
		"governance.admins: arn:aws:iam::123456789012:role/deployer deploys, but is not among them")
	assert.False(t,
		slices.ContainsFunc(rec.All(), func(r pulumitest.Resource) bool { return strings.HasPrefix(r.Type, "aws:") }),
		"it is refused before anything is created")
}

// TestADeployersPathIsReadOfItsRole: its session does not show it, and Lake Formation would be given a role that is not
// there.
func TestADeployersPathIsReadOfItsRole(t *testing.T) {
	const session = "arn:aws:sts::123456789012:assumed-role/deployer/ci-42"
	const (
		identity = "aws:index/getCallerIdentity:getCallerIdentity"
		role     = "aws:iam/getSessionContext:getSessionContext"
	)
	answer := func(token, property, value string) graph.Option {
		return graph.WithInvoke(token, func(resource.PropertyMap) (resource.PropertyMap, error) {
			return resource.PropertyMap{
				resource.PropertyKey(property): resource.NewStringProperty(value),
				"accountId":                    resource.NewStringProperty(graph.Account),
			}, nil
		})
	}
	denied := graph.WithInvoke(role,
		func(resource.PropertyMap) (resource.PropertyMap, error) { return nil, errors.New("AccessDenied") })
	named := settingstest.With(stackSettings(t, "dev"),
		map[string]any{"governance.admins": []any{"arn:aws:iam::123456789012:role/ci/deployer"}})
	for name, tt := range map[string]struct {
		settings map[string]any
		options  []graph.Option
		want     string // the administrator, or none
	}{
		"read": {options: []graph.Option{answer(role, "issuerArn",
			"arn:aws:iam::123456789012:role/ci/deployer")}, want: "role/ci/deployer"},
		"not to be read":                {options: []graph.Option{denied}, want: ""},
		"not to be read, in a preview":  {options: []graph.Option{denied, graph.WithPreview()}, want: "role/deployer"},
		"not to be read, and not asked": {settings: named, options: []graph.Option{denied}, want: "role/ci/deployer"},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.settings == nil {
				tt.settings = stackSettings(t, "dev")
			}
			rec, err := deployed(t, "test", tt.settings, append(tt.options, answer(identity, "arn", session))...)
			if tt.want == "" {
				require.ErrorContains(t, err, "the role deployer, which deploys, cannot be read")
				require.ErrorContains(t, err, "AccessDenied")
				require.ErrorContains(t, err, "allow it iam:GetRole on itself, or name it in governance.admins")
				return
			}
			require.NoError(t, err)
			input := rec.One(t, "aws:lambda/invocation:Invocation", "governance-administrators").String(t, "input")
			assert.Contains(t, input, `"admins":["arn:aws:iam::123456789012:`+tt.want+`"]`)
		})
	}
}
