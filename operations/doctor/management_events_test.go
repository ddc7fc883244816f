package doctor

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTrailsWithManagementEvents(t *testing.T) {
	const classic = `{"EventSelectors":[{"ReadWriteType":"%s","IncludeManagementEvents":true}]}`
	const modern = `{"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory","Equals":["%s"]}%s]}]}`
	reads := `,{"Field":"readOnly","Equals":["true"]}`
	trails := map[string]struct {
		selectors string
		off       bool
	}{
		"all":        {selectors: strings.Replace(classic, "%s", "All", 1)},
		"reads":      {selectors: strings.Replace(classic, "%s", "ReadOnly", 1)},
		"advanced":   {selectors: strings.NewReplacer(`"%s"`, `"Management"`, "%s", "").Replace(modern)},
		"some-reads": {selectors: strings.NewReplacer(`"%s"`, `"Management"`, "%s", reads).Replace(modern)},
		"data":       {selectors: strings.NewReplacer(`"%s"`, `"Data"`, "%s", "").Replace(modern)},
		"stopped":    {selectors: strings.Replace(classic, "%s", "All", 1), off: true},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ Name, TrailName string }
		require.NoError(t, json.NewDecoder(r.Body).Decode(&asked))
		var answer string
		switch operation := r.Header.Get("X-Amz-Target"); {
		case strings.HasSuffix(operation, ".DescribeTrails"):
			list := []map[string]any{{"Name": "far", "TrailARN": "far", "HomeRegion": "us-east-1"}}
			for _, name := range []string{"all", "reads", "advanced", "some-reads", "data", "stopped"} {
				list = append(list, map[string]any{
					"Name": name, "TrailARN": name, "HomeRegion": "us-east-1", "IsMultiRegionTrail": true,
				})
			}
			text, err := json.Marshal(map[string]any{"trailList": list})
			require.NoError(t, err)
			answer = string(text)
		case strings.HasSuffix(operation, ".GetTrailStatus"):
			answer = `{"IsLogging":true}`
			if trails[asked.Name].off {
				answer = `{"IsLogging":false}`
			}
		default:
			answer = trails[asked.TrailName].selectors
		}
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	c := CloudTrail{Client: server.Client(), Config: aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	}}
	found, err := c.ManagementTrails(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"all", "advanced"}, found)
}
