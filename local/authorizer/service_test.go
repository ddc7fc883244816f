package authorizer_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/local/authorizer"
	"dataplatform/policies"
)

const (
	role   = "arn:aws:iam::123456789012:role/job"
	bucket = "arn:aws:s3:::raw"
)

// serve gives the answers to batches, each a line.
func serve(t *testing.T, batches ...authorizer.Batch) [][]authorizer.Answer {
	t.Helper()
	var in, out bytes.Buffer
	for _, batch := range batches {
		require.NoError(t, json.NewEncoder(&in).Encode(batch))
	}
	require.NoError(t, authorizer.Serve(&in, &out))
	var answers [][]authorizer.Answer
	for decoder := json.NewDecoder(&out); decoder.More(); {
		var one []authorizer.Answer
		require.NoError(t, decoder.Decode(&one))
		answers = append(answers, one)
	}
	return answers
}

func TestServe(t *testing.T) {
	reads := policies.Identity(policies.ReadObjects("ReadRaw", bucket, "sales/"),
		policies.ListPrefixes("ListRaw", bucket, "sales/"))
	layer := policies.LayerBucket(bucket, "arn:aws:kms:eu-west-1:123456789012:key/k")
	ask := func(action, resource string, context map[string]string) authorizer.Request {
		return authorizer.Request{
			Principal: role, Action: action, Resource: resource, Context: context, Identity: []string{"1"}, Policy: "2",
		}
	}
	got := serve(t,
		authorizer.Batch{Documents: map[string]string{"1": reads.JSON(), "2": layer.JSON()},
			Requests: []authorizer.Request{
				ask("s3:GetObject", bucket+"/sales/a", nil),
				ask("s3:GetObject", bucket+"/clicks/a", nil),
				ask("s3:GetObject", bucket+"/sales/a", map[string]string{"aws:SecureTransport": "false"}),
			}},
		// Policies stay known.
		authorizer.Batch{Requests: []authorizer.Request{
			ask("s3:ListBucket", bucket, map[string]string{"s3:prefix": "sales/2024"}),
			ask("s3:ListBucket", bucket, nil),
		}},
	)
	want := [][]authorizer.Answer{
		{{Decision: policies.Allowed, Sids: []string{"ReadRaw"}}, {Decision: policies.NotAllowed},
			{Decision: policies.Denied, Sids: []string{"DenyPlainHTTP"}}},
		{{Decision: policies.Allowed, Sids: []string{"ListRaw"}}, {Decision: policies.NotAllowed}},
	}
	assert.Equal(t, want, got)
}

func TestServeSaysWhatItDoesNotUnderstand(t *testing.T) {
	odd := `{"Version": "2012-10-17", "Statement": [{"Sid": "Odd", "Effect": "Allow", "NotAction": ["s3:GetObject"]}]}`
	strange := policies.Identity(policies.AllowActions("Strange", []string{"*"}, "s3:GetObject").When("IpAddress",
		"aws:SourceIp", "10.0.0.0/8"))
	got := serve(t, authorizer.Batch{Documents: map[string]string{"odd": odd, "strange": strange.JSON()},
		Requests: []authorizer.Request{
			{Action: "s3:GetObject", Identity: []string{"odd"}},
			{Action: "s3:GetObject", Identity: []string{"strange"}},
			{Action: "s3:GetObject", Identity: []string{"never sent"}},
		}})
	require.Len(t, got, 1)
	for i, want := range []string{`unknown field "NotAction"`, `operator "IpAddress" is not known`,
		`policy "never sent" is not known`} {
		assert.Empty(t, got[0][i].Decision, "no decision is no permission")
		assert.Contains(t, got[0][i].Error, want)
	}
}

func TestServeEndsOnNonsense(t *testing.T) {
	require.ErrorContains(t, authorizer.Serve(strings.NewReader("what?\n"), &bytes.Buffer{}), "read a batch")
}
