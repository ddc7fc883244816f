package policies_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/policies"
)

func TestEvaluate(t *testing.T) {
	const role = "arn:aws:iam::123456789012:role/clicks"
	object := bucketARN + "/clicks/a"
	read := policies.Identity(policies.ReadObjects("ReadRaw", bucketARN, "clicks/"))
	denyHTTP := policies.Bucket(policies.DenyActions("DenyPlainHTTP", []string{bucketARN,
		bucketARN + "/*"}, "s3:*").ByAnyone().When("Bool", "aws:SecureTransport", "false"))
	condition := func(operator, key string, values ...string) policies.Document {
		return policies.Identity(policies.ReadObjects("ReadRaw", bucketARN, "clicks/").When(operator, key, values...))
	}
	ask := func(context ...string) policies.Request {
		r := policies.Request{Principal: role, Action: "s3:GetObject", Resource: object, Context: map[string]string{}}
		for i := 0; i < len(context); i += 2 {
			r.Context[context[i]] = context[i+1]
		}
		return r
	}
	tests := map[string]struct {
		give policies.Request
		by   []policies.Document
		want policies.Decision
	}{
		"granted": {ask(), []policies.Document{read}, policies.Allowed},
		"action in other case": {policies.Request{Action: "S3:getobject", Resource: object},
			[]policies.Document{read}, policies.Allowed},
		"other action": {policies.Request{Action: "s3:PutObject", Resource: object},
			[]policies.Document{read}, policies.NotAllowed},
		"other prefix": {policies.Request{
			Action: "s3:GetObject", Resource: bucketARN + "/sales/a",
		}, []policies.Document{read}, policies.NotAllowed},
		"other bucket": {policies.Request{
			Action: "s3:GetObject", Resource: "arn:aws:s3:::raw-2/clicks/a",
		}, []policies.Document{read}, policies.NotAllowed},
		"below the prefix": {policies.Request{Action: "s3:GetObject", Resource: object + "/b/[c]"},
			[]policies.Document{read}, policies.Allowed},
		"refusal wins": {ask("aws:SecureTransport", "false"),
			[]policies.Document{read, denyHTTP}, policies.Denied},
		"refusal does not apply": {ask("aws:SecureTransport", "true"),
			[]policies.Document{read, denyHTTP}, policies.Allowed},
		"account root stands for its roles": {ask(), []policies.Document{policies.Bucket(
			policies.ReadObjects("ReadRaw", bucketARN, "clicks/").By("AWS", "arn:aws:iam::123456789012:root"),
		)}, policies.Allowed},
		"another account's root": {ask(), []policies.Document{policies.Bucket(
			policies.ReadObjects("ReadRaw", bucketARN, "clicks/").By("AWS", "arn:aws:iam::999999999999:root"),
		)}, policies.NotAllowed},
		"service principal": {
			policies.Request{Principal: policies.S3, Action: "s3:GetObject", Resource: object},
			[]policies.Document{
				policies.Bucket(policies.ReadObjects("ReadRaw", bucketARN, "clicks/").By("Service", policies.S3)),
			},
			policies.Allowed,
		},
		"StringEquals holds": {ask("k", "a"),
			[]policies.Document{condition("StringEquals", "K", "b", "a")}, policies.Allowed},
		"StringEquals fails": {ask("k", "c"),
			[]policies.Document{condition("StringEquals", "k", "b", "a")}, policies.NotAllowed},
		"StringEquals without the key": {ask(), []policies.Document{condition("StringEquals", "k", "a")},
			policies.NotAllowed},
		"StringEqualsIfExists without the key": {ask(),
			[]policies.Document{condition("StringEqualsIfExists", "k", "a")}, policies.Allowed},
		"StringNotEquals holds": {ask("k", "c"),
			[]policies.Document{condition("StringNotEquals", "k", "a", "b")}, policies.Allowed},
		"StringNotEquals fails": {ask("k", "b"),
			[]policies.Document{condition("StringNotEquals", "k", "a", "b")}, policies.NotAllowed},
		"StringNotEquals without the key": {ask(), []policies.Document{condition("StringNotEquals", "k", "a")},
			policies.Allowed},
		"StringLike": {ask("k", "clicks/x"), []policies.Document{condition("StringLike", "k", "clicks/*")},
			policies.Allowed},
		"StringNotLike": {ask("k", "clicks/x"),
			[]policies.Document{condition("StringNotLike", "k", "clicks/*")}, policies.NotAllowed},
		"ArnLike": {ask("k", "arn:aws:s3:::a"),
			[]policies.Document{condition("ArnLike", "k", "arn:aws:s3:::?")}, policies.Allowed},
		"NumericLessThan holds": {ask("k", "1.1"), []policies.Document{condition("NumericLessThan", "k", "1.2")},
			policies.Allowed},
		"NumericLessThan fails": {ask("k", "1.2"), []policies.Document{condition("NumericLessThan", "k", "1.2")},
			policies.NotAllowed},
		"NumericGreaterThan": {ask("k", "3"), []policies.Document{condition("NumericGreaterThan", "k", "2")},
			policies.Allowed},
		"Null, absent":  {ask(), []policies.Document{condition("Null", "k", "true")}, policies.Allowed},
		"Null, present": {ask("k", "v"), []policies.Document{condition("Null", "k", "true")}, policies.NotAllowed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := policies.Evaluate(tt.give, tt.by...)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestEvaluateRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, tt := range []struct{ operator, value, have, want string }{
		{"IpAddress", "10.0.0.0/8", "10.0.0.1", "not known to the evaluator"},
		{"NumericLessThan", "one", "1", "invalid syntax"},
		{"NumericLessThan", "1", "one", "invalid syntax"},
	} {
		d := policies.Identity(policies.AllowActions("Do", []string{bucketARN}, "s3:ListBucket").When(tt.operator,
			"k", tt.value))
		_, err := policies.Evaluate(policies.Request{
			Action: "s3:ListBucket", Resource: bucketARN, Context: map[string]string{"k": tt.have},
		}, d)
		require.ErrorContains(t, err, tt.want)
	}
}
