package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// S3 decodes the source of a copy as a form: a name that it reads otherwise is of no object, or of another one, and a
// refused file would be nowhere.
func TestCopySourceIsReadAsTheKey(t *testing.T) {
	for _, key := range []string{
		"sales/a.csv", "sales/a+b.csv", "sales/a b.csv", "sales/100%.csv", "sales/a%2Bb.csv", "sales/a?versionId=v1",
		"sales/a#b&c=d;e", "sales/ハート.csv", "sales//a.csv", "sales/../a.csv", "sales/\"a\"\n\x01",
	} {
		for _, version := range []string{"", "v7", "null", "a+b/c="} {
			source := copySource(File{Bucket: "landing", Key: key, Version: version})
			path, query, _ := strings.Cut(source, "?")
			read, err := url.QueryUnescape(path)
			require.NoError(t, err)
			assert.Equal(t, "landing/"+key, read)
			values, err := url.ParseQuery(query)
			require.NoError(t, err)
			assert.Equal(t, version, values.Get("versionId"), source)
		}
	}
}

// requests are what the copy of a file of a size asks of S3.
func requests(t *testing.T, size int64) []string {
	t.Helper()
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, strings.TrimSpace(strings.Join([]string{
			r.Method, r.URL.RequestURI(), r.Header.Get("X-Amz-Copy-Source-Range"),
			r.Header.Get("X-Amz-Tagging-Directive"),
		}, " ")))
		switch {
		case r.URL.Query().Has("uploads"):
			_, _ = io.WriteString(w, "<R><UploadId>u</UploadId></R>")
		case r.Method == http.MethodPost:
			assert.Equal(t, 6, strings.Count(string(body), "<Part>"))
			_, _ = io.WriteString(w, "<R/>")
		default:
			_, _ = fmt.Fprintf(w, "<R><ETag>%d</ETag></R>", len(asked))
		}
	}))
	defer server.Close()
	client := s3.New(s3.Options{
		BaseEndpoint: aws.String(server.URL), Region: "eu-west-1", UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})
	require.NoError(t, objects{client}.Copy(t.Context(), File{Bucket: "landing", Key: "a", Size: size}, "raw", "k"))
	return asked
}

// S3 copies 5 GB in one request, and tags only for those who may read and write them.
func TestCopyOfAnySize(t *testing.T) {
	assert.Equal(t, []string{"PUT /raw/k?x-id=CopyObject  REPLACE"}, requests(t, 5<<30))
	assert.Equal(t, []string{
		"POST /raw/k?uploads=",
		"PUT /raw/k?partNumber=1&uploadId=u&x-id=UploadPartCopy bytes=0-1073741823",
		"PUT /raw/k?partNumber=2&uploadId=u&x-id=UploadPartCopy bytes=1073741824-2147483647",
		"PUT /raw/k?partNumber=3&uploadId=u&x-id=UploadPartCopy bytes=2147483648-3221225471",
		"PUT /raw/k?partNumber=4&uploadId=u&x-id=UploadPartCopy bytes=3221225472-4294967295",
		"PUT /raw/k?partNumber=5&uploadId=u&x-id=UploadPartCopy bytes=4294967296-5368709119",
		"PUT /raw/k?partNumber=6&uploadId=u&x-id=UploadPartCopy bytes=5368709120-5368709120",
		"POST /raw/k?uploadId=u",
	}, requests(t, 5<<30+1))
}
