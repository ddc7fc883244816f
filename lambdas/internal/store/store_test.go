package store

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
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
		client := clientOf(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amz-Meta-Product-Id", returned)
			_, _ = io.WriteString(w, "x")
		}))
		opened, err := S3{Client: client}.Open(t.Context(), "raw", "assets/a.jpg", "")
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"product-id": want}, opened.Metadata)
		require.NoError(t, opened.Body.Close())
	}
}

// bucket answers as S3 does to conditional puts, and to questions for tags.
type bucket struct {
	tags  map[string]string // by key; "" of an object without
	times int
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	tags, there := b.tags[r.URL.Path]
	w.Header().Set("X-Amz-Version-Id", "first")
	switch {
	case r.Method == http.MethodGet && r.URL.Query().Has("tagging"):
		name, value, _ := strings.Cut(tags, "=")
		_, _ = fmt.Fprintf(w, `<Tagging><TagSet><Tag><Key>%s</Key><Value>%s</Value></Tag></TagSet></Tagging>`, name, value)
	case r.Method == http.MethodPut && r.Header.Get("If-None-Match") == "*" && there:
		w.WriteHeader(http.StatusPreconditionFailed)
		_, _ = io.WriteString(w, `<Error><Code>PreconditionFailed</Code></Error>`)
	case r.Method == http.MethodPut:
		b.tags[r.URL.Path] = r.Header.Get("X-Amz-Tagging")
		b.times++
	default:
		w.WriteHeader(http.StatusForbidden)
	}
}

func TestAnObjectIsWrittenOnce(t *testing.T) {
	b := &bucket{tags: map[string]string{}}
	s := S3{Client: clientOf(t, b)}
	put := func(rows string, level int, once bool) (string, error) {
		var packed bytes.Buffer
		zip, err := gzip.NewWriterLevel(&packed, level)
		require.NoError(t, err)
		_, err = io.WriteString(zip, rows)
		require.NoError(t, errors.Join(err, zip.Close()))
		return s.Put(t.Context(), Object{
			Bucket: "raw", Key: "sales/a", Body: bytes.NewReader(packed.Bytes()), Once: once,
		})
	}
	for level := range 3 { // the first, and retries of what had no answer, packed otherwise
		version, err := put("rows", level, true)
		require.NoError(t, err)
		assert.Equal(t, "first", version)
	}
	_, err := put("other", 1, true)
	require.ErrorIs(t, err, ErrOtherContent)
	require.ErrorContains(t, err, "put s3://raw/sales/a: ")
	assert.Equal(t, 1, b.times)
	b.tags["/raw/sales/a"] = "" // as an erasure leaves it
	_, err = put("rows", 1, true)
	require.NoError(t, err)
	assert.Equal(t, 1, b.times, "what an erasure took does not come back")
	_, err = put("other", 1, false) // rows of quarantine are replaced
	require.NoError(t, err)
	assert.Equal(t, 2, b.times)
}

func clientOf(t *testing.T, handler http.Handler) *s3.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return s3.New(s3.Options{
		BaseEndpoint: aws.String(server.URL), Region: "eu-west-1", UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})
}
