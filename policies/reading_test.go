package policies

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// IAM takes a text where a list of one is meant: such a policy is valid, and refuses nothing by it.
func TestParseReadsTextsForLists(t *testing.T) {
	lists, err := Parse(`{"Version": "2012-10-17", "Statement": [{"Sid": "Read", "Effect": "Allow",
		"Principal": {"AWS": ["a"]}, "Action": ["s3:GetObject"], "Resource": ["*"],
		"Condition": {"StringEquals": {"aws:SourceAccount": ["1"]}}}]}`)
	require.NoError(t, err)
	for _, text := range []string{
		`{"Version": "2012-10-17", "Statement": [{"Sid": "Read", "Effect": "Allow", "Principal": {"AWS": "a"},
			"Action": "s3:GetObject", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}]}`,
		`{"Version": "2012-10-17", "Statement": {"Sid": "Read", "Effect": "Allow", "Principal": {"AWS": "a"},
			"Action": ["s3:GetObject"], "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}}`,
	} {
		read, err := Parse(text)
		require.NoError(t, err)
		assert.Equal(t, lists, read)
	}
	all, err := Parse(`{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*"}]}`)
	require.NoError(t, err)
	assert.Equal(t, map[string][]string{"AWS": {"*"}}, all.Statement[0].Principal)
	for _, text := range []string{
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "NotAction": "s3:*"}]}`,
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": 7}]}`,
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": [["a"]]}]}`, `[]`,
	} {
		_, err := Parse(text)
		assert.Error(t, err, text)
	}
}
