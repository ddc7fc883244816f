package policies_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/policies"
)

func TestAuthorize(t *testing.T) {
	const (
		account = "arn:aws:iam::123456789012:root"
		role    = "arn:aws:iam::123456789012:role/job"
		key     = "arn:aws:kms:eu-west-1:123456789012:key/k"
	)
	any := []string{"*"}
	may := policies.Identity(policies.AllowActions("DecryptRows", []string{key}, "kms:Decrypt"))
	mayNot := policies.Identity(policies.DenyActions("RefuseRows", []string{key}, "kms:Decrypt"))
	none := policies.Identity(policies.AllowActions("ReadOther", []string{"arn:aws:s3:::b"}, "s3:ListBucket"))
	delegating := policies.Key(policies.AllowActions("AccountUsesKey", any, "kms:Decrypt").By("AWS", account).
		When("StringEquals", "kms:ViaService", "s3.eu-west-1.amazonaws.com"))
	naming := policies.Key(policies.AllowActions("RoleUsesKey", any, "kms:Decrypt").By("AWS", role))
	refusing := policies.Key(policies.DenyActions("RefuseAll", any, "kms:Decrypt").ByAnyone())
	viaS3 := map[string]string{"kms:ViaService": "s3.eu-west-1.amazonaws.com"}
	for name, tt := range map[string]struct {
		give    policies.Policies
		context map[string]string
		want    policies.Decision
		sids    []string
	}{
		"own grant, no policy of the resource": {policies.Policies{Identity: []policies.Document{may}}, nil,
			policies.Allowed, []string{"DecryptRows"}},
		"no grant at all": {policies.Policies{Identity: []policies.Document{none}}, nil,
			policies.NotAllowed, nil},
		"own refusal": {policies.Policies{Identity: []policies.Document{may, mayNot}},
			nil, policies.Denied, []string{"RefuseRows"}},
		"a key without a policy admits nobody": {
			policies.Policies{Identity: []policies.Document{may}, Key: true}, nil, policies.NotAllowed, nil,
		},
		"a key that leaves it to the account": {policies.Policies{
			Identity: []policies.Document{may}, Resource: &delegating, Key: true,
		}, viaS3, policies.Allowed, []string{"DecryptRows"}},
		"the account alone grants nothing": {policies.Policies{
			Identity: []policies.Document{none}, Resource: &delegating, Key: true,
		}, viaS3, policies.NotAllowed, nil},
		"the key's condition does not hold": {policies.Policies{
			Identity: []policies.Document{may}, Resource: &delegating, Key: true,
		}, nil, policies.NotAllowed, nil},
		"a key that names the role": {policies.Policies{
			Identity: []policies.Document{none}, Resource: &naming, Key: true,
		}, nil, policies.Allowed, nil},
		"the resource's refusal": {policies.Policies{
			Identity: []policies.Document{may}, Resource: &refusing, Key: true,
		}, nil, policies.Denied, []string{"RefuseAll"}},
		"outside keys the role's own grant is enough": {policies.Policies{
			Identity: []policies.Document{may}, Resource: &delegating,
		}, nil, policies.Allowed, []string{"DecryptRows"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := policies.Authorize(policies.Request{
				Principal: role, Action: "kms:Decrypt", Resource: key, Context: tt.context,
			}, tt.give)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got.Decision)
			var sids []string
			for _, s := range got.Statements {
				sids = append(sids, s.Sid)
			}
			assert.Equal(t, tt.sids, sids)
		})
	}
}
