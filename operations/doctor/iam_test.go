package doctor

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestIAMSaysWhatThereIs(t *testing.T) {
	status, answer := http.StatusOK,
		`<GetPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetPolicyResult><Policy><PolicyName>shop-analysts</PolicyName>
		<Tags><member><Key>project</Key><Value>dataplatform</Value></member><member><Key>stack</Key><Value>prod</Value></member></Tags></Policy></GetPolicyResult></GetPolicyResponse>`
	asked := "Action=GetPolicy&PolicyArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Apolicy%2Fshop-analysts"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.Equal(t, asked+"&Version=2010-05-08", string(body))
		assert.Contains(t, r.Header.Get("Authorization"), "/us-east-1/iam/aws4_request")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	defer server.Close()
	iam := IAM{Client: server.Client(), Config: aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	}}
	tags, exists, err := iam.PolicyTags(t.Context(), analystsPolicy)
	require.NoError(t, err)
	assert.True(t, exists)
	assert.Equal(t, map[string]string{"project": "dataplatform", "stack": "prod"}, tags)
	status, answer = http.StatusNotFound,
		`<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code></Error></ErrorResponse>`
	_, exists, err = iam.PolicyTags(t.Context(), analystsPolicy)
	require.NoError(t, err)
	assert.False(t, exists)
	status, answer = http.StatusForbidden, `<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>`
	_, _, err = iam.PolicyTags(t.Context(), analystsPolicy)
	assert.ErrorContains(t, err, "AccessDenied")
	asked, status = "Action=GetRole&RoleName=deployer", http.StatusOK
	answer = `<GetRoleResponse><GetRoleResult><Role><Path>/ci/</Path><Arn>arn:aws:iam::123456789012:role/ci/deployer</Arn></Role></GetRoleResult></GetRoleResponse>`
	role, err := iam.RoleARN(t.Context(), "deployer")
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:iam::123456789012:role/ci/deployer", role)
}
