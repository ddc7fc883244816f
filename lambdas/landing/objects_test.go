package main

import (
	"net/url"
	"strings"
	"testing"

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
