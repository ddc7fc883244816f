package scenarios

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/stretchr/testify/require"
)

// pseudonym is what tables without personal data know a customer by, as transforms/pseudonyms.py makes it.
func pseudonym(secret []byte, number string) string {
	if number == "guest" {
		return number
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("customer:" + number))
	return hex.EncodeToString(mac.Sum(nil))
}

// TestPseudonymsAreThoseOfTheJobs holds the cases of the jobs' own tests.
func TestPseudonymsAreThoseOfTheJobs(t *testing.T) {
	text, err := os.ReadFile("../../glue-scripts/tests/cases/pseudonyms.json")
	require.NoError(t, err)
	var cases []struct{ Key, Number, Pseudonym string }
	require.NoError(t, json.Unmarshal(text, &cases))
	require.NotEmpty(t, cases)
	for _, test := range cases {
		secret, err := hex.DecodeString(test.Key)
		require.NoError(t, err)
		require.Equal(t, test.Pseudonym, pseudonym(secret, test.Number), test.Number)
	}
}

// pseudonym is that of a customer in the stack: its secret is what KMS makes of the message that the jobs send.
func (l *lake) pseudonym(ctx context.Context, t *testing.T, number string) string {
	t.Helper()
	erase := l.Outputs.Jobs["erase"]
	job, err := glue.NewFromConfig(l.config).GetJob(ctx, &glue.GetJobInput{JobName: &erase})
	require.NoError(t, err)
	given := job.Job.NonOverridableArguments
	body, err := json.Marshal(map[string]any{
		"KeyId": given["--pseudonym_key"], "MacAlgorithm": "HMAC_SHA_256",
		"Message": []byte("dataplatform/pseudonyms/" + given["--pseudonym_version"]),
	})
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.Endpoint, bytes.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "TrentService.GenerateMac")
	request.Header.Set("Authorization",
		"AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/kms/aws4_request, SignedHeaders=host, Signature=none")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	var answer struct{ Mac []byte }
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	require.Len(t, answer.Mac, sha256.Size, response.Status)
	return pseudonym(answer.Mac, number)
}
