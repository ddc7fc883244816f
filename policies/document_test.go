package policies_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/policies"
)

const bucketARN = "arn:aws:s3:::raw-1"

func TestValidate(t *testing.T) {
	good := policies.ReadObjects("ReadRaw", bucketARN, "clicks/")
	tests := map[string]struct {
		give policies.Document
		want string // "" for valid
	}{
		"valid": {policies.Identity(good), ""},
		"empty": {policies.Identity(), "no statements"},
		"no Sid": {policies.Identity(policies.AllowActions("", []string{bucketARN}, "s3:ListBucket")),
			`Sid "" must be letters`},
		"Sid with spaces": {policies.Identity(policies.AllowActions("Read raw", []string{bucketARN},
			"s3:ListBucket")), "must be letters"},
		"Sid twice": {policies.Identity(good, good), `"ReadRaw" is used twice`},
		"no action": {policies.Identity(policies.AllowActions("Nothing", []string{bucketARN})),
			"needs actions"},
		"unresolved resource": {policies.Identity(policies.AllowActions("ReadNothing", []string{""}, "s3:ListBucket")),
			"must be ARNs"},
		"no resource": {policies.Identity(policies.AllowActions("ReadNothing", nil, "s3:ListBucket")),
			"must be ARNs"},
		"principal in a role": {policies.Identity(good.By("AWS", "arn:aws:iam::1:root")), "name no principal"},
		"no principal":        {policies.Bucket(good), "needs a principal"},
		"unknown effect": {policies.Identity(policies.Statement{
			Sid: "Odd", Effect: "Maybe", Action: []string{"s3:GetObject"}, Resource: []string{bucketARN},
		}), `effect "Maybe"`},
		"over the limit": {policies.Identity(many(120)...), "AWS allows 10240"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := tt.give.Validate()
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func many(n int) []policies.Statement {
	statements := make([]policies.Statement, n)
	for i := range statements {
		statements[i] = policies.ReadObjects(fmt.Sprintf("Read%d", i), bucketARN, "clicks/")
	}
	return statements
}

func TestJSONIsWhatAWSReads(t *testing.T) {
	d := policies.Trust(policies.AssumedBy(policies.Lambda).FromAccount("123456789012"))
	assert.JSONEq(t, `{"Version":"2012-10-17","Statement":[{"Sid":"AssumedByService","Effect":"Allow",
		"Principal":{"Service":["lambda.amazonaws.com"]},"Action":["sts:AssumeRole"],
		"Condition":{"StringEquals":{"aws:SourceAccount":["123456789012"]}}}]}`, d.JSON())
	back, err := policies.Parse(d.JSON())
	require.NoError(t, err)
	assert.Equal(t, d.Statement, back.Statement)
	_, err = policies.Parse(`{"Version":"2012-10-17","Statements":[]}`)
	require.Error(t, err)
}

func TestWhenKeepsTheReceiver(t *testing.T) {
	base := policies.ReadObjects("ReadRaw", bucketARN, "clicks/").When("StringEquals", "aws:SourceAccount", "1")
	_ = base.When("StringEquals", "aws:PrincipalArn", "x").When("Bool", "aws:SecureTransport", "true")
	assert.Equal(t, policies.Condition{"StringEquals": {"aws:SourceAccount": {"1"}}}, base.Condition)
}

func TestLint(t *testing.T) {
	all := []string{"*"}
	tests := map[string]struct {
		give policies.Document
		want string // "" for clean
	}{
		"exact": {policies.Identity(policies.ReadObjects("ReadRaw", bucketARN, "clicks/")), ""},
		"wildcard action": {
			policies.Identity(policies.AllowActions("DoAll", []string{bucketARN}, "s3:*")), `"s3:*" is not exact`,
		},
		"part of an action": {
			policies.Identity(policies.AllowActions("GetAll", []string{bucketARN}, "s3:Get*")), "is not exact",
		},
		"every resource": {policies.Identity(policies.AllowActions("ReadAll", all, "s3:GetObject")),
			"s3:GetObject on every resource"},
		"listed exception": {
			policies.Identity(policies.AllowActions("Trace", all, "xray:PutTraceSegments")), "",
		},
		"metrics without namespace": {
			policies.Identity(policies.AllowActions("Measure", all, "cloudwatch:PutMetricData")), "without a namespace",
		},
		"metrics with namespace": {policies.Identity(policies.AllowActions("Measure", all,
			"cloudwatch:PutMetricData").When("StringEquals", "cloudwatch:namespace", "Shop")), ""},
		"any bucket": {policies.Identity(policies.AllowActions("ReadAll", []string{"arn:aws:s3:::*"},
			"s3:GetObject")), "wildcard before its own name"},
		"any table": {policies.Identity(policies.AllowActions("Read",
			[]string{"arn:aws:glue:eu-west-1:1:table/*"}, "glue:GetTable")), "wildcard before its own name"},
		"any log group": {policies.Identity(policies.AllowActions("Log",
			[]string{"arn:aws:logs:eu-west-1:1:log-group:*"}, "logs:PutLogEvents")), "wildcard before its own name"},
		"a log group's streams": {
			policies.Identity(policies.WriteLogs("Log", "arn:aws:logs:eu-west-1:1:log-group:a")), "",
		},
		"a whole bucket": {
			policies.Identity(policies.AllowActions("ReadAll", []string{bucketARN + "/*"}, "s3:GetObject")), "",
		},
		"any account": {policies.Identity(policies.AllowActions("Send",
			[]string{"arn:aws:sqs:eu-west-1:*:q"}, "sqs:SendMessage")), "wildcard before its own name"},
		"everybody": {
			policies.Bucket(policies.ReadObjects("ReadRaw", bucketARN, "clicks/").ByAnyone()), "granted to everybody",
		},
		"refusing everybody":            {policies.Bucket(policies.DenyActions("DenyAll", all, "s3:*").ByAnyone()), ""},
		"a service for any account":     {policies.Trust(policies.AssumedBy(policies.Lambda)), "acts for any account"},
		"a service for this account":    {policies.TrustService(policies.Lambda, "123456789012"), ""},
		"Glue, which passes no account": {policies.TrustGlue(), ""},
		"a rule's event to a topic": {
			policies.Topic(policies.EventsPublish("arn:aws:sns:eu-west-1:123456789012:alarms", "123456789012")), "",
		},
		"a rule's event to a queue": {policies.Queue(policies.AllowActions("Send", []string{
			"arn:aws:sqs:eu-west-1:123456789012:q",
		}, "sqs:SendMessage").By("Service", policies.Events)), "acts for any account"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			findings := policies.Lint(tt.give)
			if tt.want == "" {
				assert.Empty(t, findings)
				return
			}
			assert.Contains(t, strings.Join(findings, "\n"), tt.want)
		})
	}
}

func TestEveryExceptionHasAReason(t *testing.T) {
	for action, reason := range policies.Exceptions {
		assert.NotEmpty(t, reason, action)
	}
	for deputy, reason := range policies.Unconditioned {
		assert.NotEmpty(t, reason, deputy)
	}
}

func TestDocumentsAreStable(t *testing.T) {
	d := policies.Identity(policies.DecryptWith("UseKeys", "arn:aws:kms:eu-west-1:1:key/b",
		"arn:aws:kms:eu-west-1:1:key/a", "arn:aws:kms:eu-west-1:1:key/b"))
	statement, ok := d.Find("UseKeys")
	require.True(t, ok)
	assert.Equal(t, []string{"arn:aws:kms:eu-west-1:1:key/a", "arn:aws:kms:eu-west-1:1:key/b"}, statement.Resource)
	assert.True(t, json.Valid([]byte(d.JSON())))
	_, ok = d.Find("Other")
	assert.False(t, ok)
}
