package store

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOpenReadsMetadataAsItWasWritten(t *testing.T) {
	for returned, want := range map[string]string{
		"KT-100":                               "KT-100",
		"=?UTF-8?B?S8OcLTEwMA==?=":             "KÜ-100",
		"=?UTF-8?Q?K=C3=9C-100_a?=":            "KÜ-100 a",
		"=?UTF-8?Q?K=C3=9C?= =?UTF-8?Q?-100?=": "KÜ-100",
		"=?UTF-8?B?no base64?=":                "=?UTF-8?B?no base64?=",
		"=?KOI8-R?Q?=C3?=":                     "=?KOI8-R?Q?=C3?=",
		"a=?b?=c":                              "a=?b?=c",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amz-Meta-Product-Id", returned)
			_, _ = io.WriteString(w, "x")
		}))
		client := s3.New(s3.Options{
			BaseEndpoint: aws.String(server.URL), Region: "eu-west-1", UsePathStyle: true,
			Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
		})
		opened, err := S3{Client: client}.Open(t.Context(), "raw", "assets/a.jpg", "")
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"product-id": want}, opened.Metadata)
		require.NoError(t, opened.Body.Close())
		server.Close()
	}
}
