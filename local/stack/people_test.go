package stack

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAdmit: who deploys to an endpoint of others is a role of its account, made where it is not there; or its own
// credentials, and the log says why.
func TestAdmit(t *testing.T) {
	const analyst = "arn:aws:iam::123456789012:role/analyst"
	for name, test := range map[string]struct {
		refused       string // the action that the endpoint lacks
		deployer, key string
		log           string
	}{
		"all of it": {deployer: "arn:aws:iam::000000000000:role/ci/deployer", key: "ASIAROLE"},
		"nobody is named": {
			refused: "GetCallerIdentity", key: "test", log: "its own credentials do: who calls: 501",
		},
		"nobody gets a right": {
			refused: "PutRolePolicy", key: "test", log: "its own credentials do: deployer ci/deployer: 501",
		},
		"nobody may be acted as": {refused: "AssumeRole", key: "test",
			log: "its own credentials do: deployer arn:aws:iam::000000000000:role/ci/deployer: 501 Not Implemented: <Error> <Code>NotImplemented</Code></Error>"},
	} {
		t.Run(name, func(t *testing.T) {
			var made []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch action := r.FormValue("Action"); {
				case action == test.refused:
					w.WriteHeader(http.StatusNotImplemented)
					fmt.Fprint(w, "<Error>\n <Code>NotImplemented</Code></Error>")
				case action == "CreateRole" && r.FormValue("RoleName") == "analyst":
					w.WriteHeader(http.StatusConflict)
					fmt.Fprint(w, "<ErrorResponse><Error><Code>EntityAlreadyExists</Code></Error></ErrorResponse>")
				case action == "CreateRole":
					made = append(made,
						r.FormValue("Path")+r.FormValue("RoleName")+" "+r.FormValue("AssumeRolePolicyDocument"))
				case action == "GetCallerIdentity":
					fmt.Fprint(w,
						`<R xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>000000000000</Account></GetCallerIdentityResult></R>`)
				case action == "AssumeRole":
					fmt.Fprint(w,
						"<R><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId></Credentials></AssumeRoleResult></R>")
				}
			}))
			defer server.Close()
			log := &strings.Builder{}
			p := &Platform{Endpoint: server.URL, options: Options{People: []string{analyst}, Log: log}}
			require.NoError(t, p.Admit(t.Context()))
			assert.Equal(t, test.deployer, p.deployer)
			assert.Contains(t, log.String(), test.log)
			if test.log == "" {
				assert.Empty(t, log.String())
				require.Len(t, made, 1)
				assert.Contains(t, made[0], `/ci/deployer {"Version"`)
				assert.Contains(t, made[0], "arn:aws:iam::000000000000:root")
			}
			env, err := p.deployerEnvironment(t.Context())
			require.NoError(t, err)
			assert.Equal(t, test.key, env["AWS_ACCESS_KEY_ID"])
		})
	}
	p := &Platform{Endpoint: "http://127.0.0.1:1", options: Options{People: []string{analyst}, Log: io.Discard}}
	require.ErrorContains(t, p.Admit(t.Context()), "people: "+analyst, "nobody answers there")
}
