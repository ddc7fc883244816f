package s3event

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func message(name, key string) string {
	return fmt.
		Sprintf(`{"Records":[{"eventTime":"2026-03-01T12:30:05.250Z","eventName":%q,"s3":{"bucket":{"name":"raw"},`+
			`"object":{"key":%q,"size":7,"versionId":"v1","sequencer":"0055AED6DCD90281E5"}}}]}`, name, key)
}

func TestParse(t *testing.T) {
	for give, want := range map[string]string{
		"assets/a.jpg":                         "assets/a.jpg",
		"assets/red+apple%2Bpear.jpg":          "assets/red apple+pear.jpg",
		"assets/%E3%83%8F%E3%83%BC%E3%83%88/a": "assets/ハート/a",
		"assets/100%25":                        "assets/100%",
	} {
		got, err := Parse(message("ObjectCreated:Put", give))
		require.NoError(t, err)
		assert.Equal(t, []Event{{
			Name: "ObjectCreated:Put", Bucket: "raw", Key: want, Version: "v1", Size: 7,
			Sequencer: "0055AED6DCD90281E5", Time: time.Date(2026, 3, 1, 12, 30, 5, 250e6, time.UTC),
		}}, got)
	}
	got, err := Parse(`{"Service":"Amazon S3","Event":"s3:TestEvent"}`)
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestParseRefuses(t *testing.T) {
	for give, want := range map[string]string{
		"no JSON": "not an S3 event notification: invalid", `{"Event":"other"}`: "it has no Records",
		message("ObjectCreated:Put", "%zz"): `key "%zz"`,
		message("ObjectCreated:Put", ""):    "lacks bucket, key or eventTime",
	} {
		_, err := Parse(give)
		assert.ErrorContains(t, err, want)
	}
}

func TestKinds(t *testing.T) {
	for name, want := range map[string][3]bool{
		"ObjectCreated:CompleteMultipartUpload": {true, false, false}, "ObjectRemoved:Delete": {false, false, true},
		"ObjectRemoved:DeleteMarkerCreated": {false, true, false}, "LifecycleExpiration:Delete": {false, false, true},
		"LifecycleExpiration:DeleteMarkerCreated": {false, true, false}, "ObjectTagging:Put": {false, false, false},
	} {
		e := Event{Name: name}
		assert.Equal(t, want, [3]bool{e.Created(), e.DeleteMarker(), e.Removed()}, name)
	}
	assert.True(t, Event{Key: "assets/products/"}.Folder())
	assert.True(t, Event{Key: "assets/products/85123A_$folder$"}.Folder())
	assert.False(t, Event{Key: "assets/products/85123A_$folder$", Size: 1}.Folder())
	assert.False(t, Event{Key: "assets/products/", Size: 1}.Folder())
	assert.Equal(t, "s3://raw/assets/a b?versionId=v1", Event{Bucket: "raw", Key: "assets/a b", Version: "v1"}.URI())
	assert.Equal(t, "s3://raw/a", Event{Bucket: "raw", Key: "a"}.URI())
}
