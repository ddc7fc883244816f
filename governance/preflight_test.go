package governance_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/governance"
)

func TestIdentity(t *testing.T) {
	for give, want := range map[string]string{
		"arn:aws:sts::123456789012:assumed-role/deployer/ci-42": account + "deployer",
		"arn:aws:iam::123456789012:user/anna":                   "arn:aws:iam::123456789012:user/anna",
		"arn:aws:sts::123456789012:user/moto":                   "arn:aws:iam::123456789012:user/moto",
	} {
		got, err := governance.Identity(give)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := governance.Identity("somebody")
	assert.ErrorContains(t, err, "neither a role nor a user")
}

func TestOnlyARolesSessionHasARole(t *testing.T) {
	role, session :=
		governance.SessionRole("arn:aws-cn:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0123/anna@example.com")
	assert.True(t, session)
	assert.Equal(t, "AWSReservedSSO_Admin_0123", role)
	for _, caller := range []string{account + "deployer", "arn:aws:iam::123456789012:user/anna",
		"arn:aws:sts::123456789012:federated-user/anna"} {
		_, session = governance.SessionRole(caller)
		assert.False(t, session, caller)
	}
}

func TestWhoDeploysIsAdmin(t *testing.T) {
	const caller = "arn:aws:sts::123456789012:assumed-role/deployer/ci-42"
	alone, err := governance.Admins(nil, caller)
	require.NoError(t, err)
	assert.Equal(t, []string{account + "deployer"}, alone)

	configured := []string{account + "somewhere/deployer", account + "lead"}
	named, err := governance.Admins(configured, caller)
	require.NoError(t, err, "a session does not show its role's path")
	assert.Equal(t, configured, named)

	for _, other := range []string{account + "lead", "arn:aws:iam::999999999999:role/deployer"} {
		_, err = governance.Admins([]string{other}, caller)
		assert.ErrorContains(t, err, "is not among them", other)
	}
}

func TestPreflight(t *testing.T) {
	const caller = "arn:aws:sts::123456789012:assumed-role/deployer/ci-42"
	for name, tt := range map[string]struct {
		want     governance.Wanted
		found    governance.Found
		notes    []string
		problems []string
	}{
		"a fresh account": {
			want:  governance.Wanted{Engineers: 1, Analysts: 2},
			found: governance.Found{Caller: caller, OpenToIAM: true},
			notes: []string{
				"deploys: " + caller, "admins now: nobody", "admins after the deployment: " + account + "deployer",
				"makes it one", "open to whoever IAM lets", "governance.dataScientists is empty",
			},
		},
		"deployed already": {
			want: governance.Wanted{
				Admins: []string{account + "deployer"}, Engineers: 1, Analysts: 1, DataScientists: 1,
			},
			found: governance.Found{Caller: caller, Admins: []string{account + "deployer",
				account + "governance-function-role-1a2b"}, Tags: []string{"layer", "other"}},
			notes: []string{"admins now: " + account + "deployer", "the LF-tag layer exists"},
		},
		"somebody else is admin": {
			want: governance.Wanted{Engineers: 1, Analysts: 1, DataScientists: 1},
			found: governance.Found{
				Caller: caller, Admins: []string{account + "lead", account + "governance-function-role-1a2b"},
			},
			notes: []string{"admins after the deployment: " + account + "lead, " + account + "deployer, and the role"},
		},
		"another deployed": {
			want: governance.Wanted{
				Admins: []string{account + "lead", account + "deployer"}, Engineers: 1, Analysts: 1, DataScientists: 1,
			},
			found:    governance.Found{Caller: caller, Admins: []string{account + "lead"}, Deployed: true},
			problems: []string{"could neither change nor drop what another made"},
		},
		"another deployed and named both": {
			want: governance.Wanted{
				Admins: []string{account + "lead", account + "deployer"}, Engineers: 1, Analysts: 1, DataScientists: 1,
			},
			found: governance.Found{
				Caller: caller, Admins: []string{account + "lead", account + "deployer"}, Deployed: true,
			},
		},
		"who deploys is forgotten": {
			want: governance.Wanted{
				Admins: []string{account + "lead"}, Engineers: 1, Analysts: 1, DataScientists: 1,
			},
			found:    governance.Found{Caller: caller, Admins: []string{account + "lead"}},
			problems: []string{"deploys, but is not among them"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := governance.Check(tt.want, tt.found)
			all := strings.Join(got.Notes, "\n")
			for _, note := range tt.notes {
				assert.Contains(t, all, note)
			}
			require.Len(t, got.Problems, len(tt.problems))
			for i, problem := range tt.problems {
				assert.Contains(t, got.Problems[i], problem)
			}
		})
	}
	quiet := governance.Check(governance.Wanted{Engineers: 1, Analysts: 1, DataScientists: 1},
		governance.Found{Caller: caller, Admins: []string{account + "deployer"}})
	assert.Len(t, quiet.Notes, 3, "nothing to say beside who is who")
}
