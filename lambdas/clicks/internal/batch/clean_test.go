package batch

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
)

// canaries are addresses and numbers in the forms that visitors, links and forms send them in. Numbers are looked for
// where visitors type alone.
func canaries(field string) []string {
	given := []string{
		"canary@example.com", "mail canary@example.com, please", "canary%40example.com", "canary＠example.com",
	}
	if field == typedByVisitors || strings.HasPrefix(field, "utm_") {
		given = append(given, "call +44 20 7946 0958", "020 7946 0958")
	}
	return given
}

// TestNoFreeTextNamesAnybody sends addresses and numbers in every text of the contract, and looks for them in every
// column of the processed row but the ids, which nobody reads who may not know single visitors.
func TestNoFreeTextNamesAnybody(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	raw, _ := set.Get("raw.clicks")
	processed, _ := set.Get("processed.clicks")
	kept := []string{"event_id", "visitor_id", "user_id"}
	for _, id := range kept {
		column, _ := processed.Column(id)
		require.Contains(t, []string{contracts.Pseudonymous, contracts.PersonalData}, column.Classification, id)
	}
	var sent []string
	for _, field := range raw.Event() {
		if field.Logical != "string" || len(field.Enum) > 0 || field.Pattern != "" {
			continue
		}
		for _, canary := range canaries(field.Name) {
			if field.MaxLength != nil && len(canary) > *field.MaxLength {
				canary = "c@e.example"[:min(11, *field.MaxLength)]
			}
			sent = append(sent, with(field.Name, quoted(t, canary)))
		}
	}
	for _, field := range []string{"url", "referrer"} {
		for _, address := range []string{
			"https://canary@example.com/", "https://canary:secret@shop.example.com/a", "//canary@example.com",
			"https://shop.example.com/unsubscribe/%s/now", "https://shop.example.com/?mail=%s", "/search?q=%s&page=2",
			"/?page=%s", "/?token=1#%s", "https://%s", "%s",
		} {
			for _, canary := range canaries(field) {
				sent = append(sent, with(field, quoted(t, strings.ReplaceAll(address, "%s", canary))))
			}
		}
		for _, name := range []string{"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"} {
			for _, canary := range canaries(name) {
				value := strings.NewReplacer("%", "%25", " ", "+", "+", "%2B").Replace(canary)
				sent = append(sent, with(field, quoted(t, "https://shop.example.com/?"+name+"="+value)))
			}
		}
	}
	b := build(t, newProcessor(t), sent...)
	require.Empty(t, b.Counts.Quarantined)
	rows := allParquet(t, b.Processed)
	require.Len(t, rows, len(sent))
	for i, row := range rows {
		for column, value := range row {
			if !slices.Contains(kept, column) {
				assert.NotRegexp(t, `canary|c@e|7946`, fmt.Sprint(value), "%s of %s", column, sent[i])
			}
		}
	}
	assert.Greater(t, len(sent), 100)
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	encoded, err := json.Marshal(text)
	require.NoError(t, err)
	return string(encoded)
}

func TestCleanAddress(t *testing.T) {
	allowed := []string{"page", "utm_source"}
	for give, want := range map[string]string{
		"https://shop.example.com/a/b":                      "https://shop.example.com/a/b",
		"https://shop.example.com/a?page=2&session=1&page=": "https://shop.example.com/a?page=2&page=",
		"https://a:b@shop.example.com:8443/#top":            "https://shop.example.com:8443/",
		"/a?utm_source=x%20y&Page=2":                        "/a?utm_source=x%20y",
		"/a?page":                                           "/a?page=",
		"/a?page=b@example.com":                             "/a?page=(redacted)",
		"/b@example.com?x=1":                                "/(redacted)",
		"?session=1":                                        "/",
		"//host.example?page=1":                             "//host.example?page=1",
		"-":                                                 "-",
	} {
		got, _ := cleanAddress([]byte(give), []byte("kept"), allowed)
		assert.Equal(t, want, string(got), give)
	}
}
