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

func TestCloudTrailSaysWhichTrailsThereAre(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Contains(t, r.Header.Get("X-Amz-Target"), ".DescribeTrails")
		assert.Contains(t, r.Header.Get("Authorization"), "/eu-west-1/cloudtrail/aws4_request")
		_, err := io.WriteString(w, `{"trailList":[{"Name":"shop-data"},{"Name":"organization"}]}`)
		assert.NoError(t, err)
	}))
	defer server.Close()
	trails := CloudTrail{Client: server.Client(), Config: aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	}}
	found, err := trails.Trails(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"shop-data", "organization"}, found)
	server.Config.Handler = http.NotFoundHandler()
	_, err = trails.Trails(t.Context())
	assert.ErrorContains(t, err, "404")
}
