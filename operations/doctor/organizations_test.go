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

func TestOrganizationsAskWhoPays(t *testing.T) {
	answer := `{"Organization":{"MasterAccountId":"999999999999"}}`
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "AWSOrganizationsV20161128.DescribeOrganization", r.Header.Get("X-Amz-Target"))
		assert.Contains(t, r.Header.Get("Authorization"), "/us-east-1/organizations/aws4_request")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	defer server.Close()
	organizations := Organizations{Client: server.Client(), Config: aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	}}
	payer, err := organizations.Payer(t.Context(), "123456789012")
	require.NoError(t, err)
	assert.Equal(t, "999999999999", payer)
	status, answer = http.StatusBadRequest, `{"__type":"AWSOrganizationsNotInUseException"}`
	payer, err = organizations.Payer(t.Context(), "123456789012")
	require.NoError(t, err)
	assert.Equal(t, "123456789012", payer, "an account by itself pays for itself")
	answer = `{"__type":"AccessDeniedException"}`
	_, err = organizations.Payer(t.Context(), "123456789012")
	assert.ErrorContains(t, err, "AccessDenied")
}

func TestCostExplorerSaysWhetherATagIsActive(t *testing.T) {
	answer := `{"CostAllocationTags":[{"TagKey":"stack","Type":"UserDefined","Status":"Active"},` +
		`{"TagKey":"owner","Type":"UserDefined","Status":"Inactive"}]}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "AWSInsightsIndexService.ListCostAllocationTags", r.Header.Get("X-Amz-Target"))
		assert.Contains(t, r.Header.Get("Authorization"), "/us-east-1/ce/aws4_request")
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.JSONEq(t, `{"TagKeys":["stack","owner","project"]}`, string(body))
		_, _ = w.Write([]byte(answer))
	}))
	defer server.Close()
	bill := CostExplorer{Client: server.Client(), Config: aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	}}
	tags, err := bill.Tags(t.Context(), "stack", "owner", "project")
	require.NoError(t, err)
	assert.Equal(t, map[string]bool{"stack": true, "owner": false}, tags)
	server.Config.Handler = http.NotFoundHandler()
	_, err = bill.Tags(t.Context(), "stack")
	assert.ErrorContains(t, err, "404")
}
