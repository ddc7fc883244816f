package policies_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/policies"
)

const role = "arn:aws:iam::123456789012:role/clicks"

type asking struct {
	principal, action, resource string
	context                     map[string]string
	want                        policies.Decision
}

func check(t *testing.T, tests map[string]asking, documents ...policies.Document) {
	t.Helper()
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := policies.Evaluate(policies.Request{
				Principal: tt.principal, Action: tt.action, Resource: tt.resource, Context: tt.context,
			}, documents...)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestLayerBucket(t *testing.T) {
	const (
		secure = "aws:SecureTransport"
		tls    = "s3:TlsVersion"
		sse    = "s3:x-amz-server-side-encryption"
		sseKey = "s3:x-amz-server-side-encryption-aws-kms-key-id"
		sseC   = "s3:x-amz-server-side-encryption-customer-algorithm"
	)
	put := func(want policies.Decision, context ...string) asking {
		c := map[string]string{secure: "true", tls: "1.3"}
		for i := 0; i < len(context); i += 2 {
			c[context[i]] = context[i+1]
		}
		return asking{role, "s3:PutObject", raw + "/clicks/a", c, want}
	}
	grant := policies.Identity(policies.WriteObjects("WriteRaw", raw, "clicks/"))
	check(t, map[string]asking{
		"bucket's own encryption":    put(policies.Allowed),
		"the layer's key, named":     put(policies.Allowed, sse, "aws:kms", sseKey, key("raw")),
		"another key":                put(policies.Denied, sse, "aws:kms", sseKey, key("curated")),
		"KMS without naming the key": put(policies.Denied, sse, "aws:kms"),
		"S3's own key":               put(policies.Denied, sse, "AES256"),
		"a customer's key":           put(policies.Denied, sseC, "AES256"),
		"plain HTTP":                 put(policies.Denied, secure, "false"),
		"TLS 1.1":                    put(policies.Denied, tls, "1.1"),
		"TLS 1.2":                    put(policies.Allowed, tls, "1.2"),
		"listing over plain HTTP":    {role, "s3:ListBucket", raw, map[string]string{secure: "false"}, policies.Denied},
	}, policies.LayerBucket(raw, key("raw")), grant)
}

func TestLogsBucket(t *testing.T) {
	service := func(account, source string) map[string]string {
		return map[string]string{
			"aws:SecureTransport": "true", "aws:PrincipalServiceName": policies.S3Logging, "aws:SourceAccount": account,
			"aws:SourceArn": source,
		}
	}
	d := policies.LogsBucket(policies.LogsBucketRefs{
		BucketARN: logs, Account: account, SourceARNs: []string{raw, curated},
	})
	grant := policies.Identity(policies.WriteObjects("WriteLogs", logs, ""))
	check(t, map[string]asking{
		"logging service for a layer": {policies.S3Logging, "s3:PutObject", logs + "/raw/a",
			service(account, raw), policies.Allowed},
		"logging service for another bucket": {policies.S3Logging, "s3:PutObject", logs + "/raw/a",
			service(account, "arn:aws:s3:::other"), policies.NotAllowed},
		"logging service for another account": {policies.S3Logging, "s3:PutObject", logs + "/raw/a",
			service("999999999999", raw), policies.NotAllowed},
	}, d)
	check(t, map[string]asking{
		"a role with every right to put": {role, "s3:PutObject", logs + "/raw/a",
			map[string]string{"aws:SecureTransport": "true"}, policies.Denied},
		"another service": {policies.Events, "s3:PutObject", logs + "/raw/a",
			map[string]string{"aws:SecureTransport": "true", "aws:PrincipalServiceName": policies.Events},
			policies.Denied},
	}, d, grant)
}

func TestAuditBucket(t *testing.T) {
	trail := policies.TrailRefs{ARN: "arn:aws:cloudtrail:eu-west-1:" + account + ":trail/shop-data", Account: account}
	audit, events := "arn:aws:s3:::audit", "/AWSLogs/"+account+"/CloudTrail/a.json.gz"
	by := func(source, acl string) map[string]string {
		return map[string]string{
			"aws:SecureTransport": "true", "aws:PrincipalServiceName": policies.CloudTrail, "aws:SourceArn": source,
			"s3:x-amz-acl": acl,
		}
	}
	const owned = "bucket-owner-full-control"
	d := policies.AuditBucket(audit, trail)
	digest := by(trail.ARN, owned)
	digest["s3:x-amz-server-side-encryption"] = "AES256"
	check(t, map[string]asking{
		"its digest under S3's key": {policies.CloudTrail,
			"s3:PutObject", audit + "/AWSLogs/" + account + "/CloudTrail-Digest/a.json.gz", digest, policies.Allowed},
		"the trail": {policies.CloudTrail, "s3:PutObject", audit + events, by(trail.ARN, owned),
			policies.Allowed},
		"the trail looks": {policies.CloudTrail, "s3:GetBucketAcl", audit, by(trail.ARN, ""),
			policies.Allowed},
		"another trail": {policies.CloudTrail, "s3:PutObject", audit + events, by(trail.ARN+"2", owned),
			policies.NotAllowed},
		"objects of another owner": {policies.CloudTrail, "s3:PutObject", audit + events, by(trail.ARN, "private"),
			policies.NotAllowed},
		"for another account": {policies.CloudTrail, "s3:PutObject", audit + "/AWSLogs/999999999999/a",
			by(trail.ARN, owned), policies.NotAllowed},
	}, d)
	check(t, map[string]asking{
		"a role with every right to put": {role, "s3:PutObject", audit + events,
			map[string]string{"aws:SecureTransport": "true", "s3:x-amz-acl": owned}, policies.Denied},
		"plain HTTP": {role, "s3:GetObject", audit + events, map[string]string{"aws:SecureTransport": "false"},
			policies.Denied},
	}, d, policies.Identity(policies.WriteObjects("WriteEvents", audit, "")))

	k := policies.KeyPolicy(policies.KeyRefs{
		Partition: "aws", Account: account, Region: "eu-west-1", Via: []string{"s3"}, Trail: trail,
	})
	check(t, map[string]asking{
		"the trail encrypts": {policies.CloudTrail, "kms:GenerateDataKey", key("audit"), by(trail.ARN, ""),
			policies.Allowed},
		"another trail encrypts": {policies.CloudTrail, "kms:GenerateDataKey", key("audit"), by(trail.ARN+"2", ""),
			policies.NotAllowed},
		"the trail administers": {policies.CloudTrail, "kms:PutKeyPolicy", key("audit"), by(trail.ARN, ""),
			policies.NotAllowed},
	}, k)
}

func TestKeyPolicy(t *testing.T) {
	d := policies.KeyPolicy(policies.KeyRefs{
		Partition: "aws", Account: account, Region: "eu-west-1", Via: []string{"s3", "dynamodb"},
		Services: []string{policies.S3},
	})
	via := func(service string, more ...string) map[string]string {
		c := map[string]string{"kms:CallerAccount": account}
		if service != "" {
			c["kms:ViaService"] = service + ".eu-west-1.amazonaws.com"
		}
		for i := 0; i < len(more); i += 2 {
			c[more[i]] = more[i+1]
		}
		return c
	}
	other := "arn:aws:iam::999999999999:role/clicks"
	check(t, map[string]asking{
		"through S3": {role, "kms:Decrypt", key("raw"), via("s3"), policies.Allowed},
		"directly":   {role, "kms:Decrypt", key("raw"), via(""), policies.NotAllowed},
		"through a service not named": {role, "kms:Decrypt", key("raw"), via("secretsmanager"),
			policies.NotAllowed},
		"administer": {role, "kms:PutKeyPolicy", key("raw"), via(""), policies.Allowed},
		"grant for a service": {role, "kms:CreateGrant", key("raw"),
			via("dynamodb", "kms:GrantIsForAWSResource", "true"), policies.Allowed},
		"grant for a friend": {role, "kms:CreateGrant", key("raw"),
			via("dynamodb", "kms:GrantIsForAWSResource", "false"), policies.NotAllowed},
		"another account": {other, "kms:Decrypt", key("raw"), via("s3"), policies.NotAllowed},
		"S3 for this account": {policies.S3, "kms:GenerateDataKey", key("raw"),
			map[string]string{"aws:SourceAccount": account}, policies.Allowed},
		"S3 for another account": {policies.S3, "kms:GenerateDataKey", key("raw"),
			map[string]string{"aws:SourceAccount": "999999999999"}, policies.NotAllowed},
		"a service that was not admitted": {policies.Events, "kms:GenerateDataKey", key("raw"),
			map[string]string{"aws:SourceAccount": account}, policies.NotAllowed},
	}, d)
	_, hasServices := policies.KeyPolicy(policies.KeyRefs{
		Partition: "aws", Account: account, Region: "eu-west-1", Via: []string{"s3"},
	}).Find("ServicesUseKey")
	assert.False(t, hasServices)
}

func TestKeyPolicyForARole(t *testing.T) {
	refs := policies.KeyRefs{
		Partition: "aws", Account: account, Region: "eu-west-1", Via: []string{"glue"}, RoleARN: role,
	}
	check(t, map[string]asking{
		"the role, in its own name": {role, "kms:Decrypt", key("catalog"), nil, policies.Allowed},
		"another role":              {role + "2", "kms:Decrypt", key("catalog"), nil, policies.NotAllowed},
		"the role, giving it away":  {role, "kms:CreateGrant", key("catalog"), nil, policies.NotAllowed},
	}, policies.KeyPolicy(refs))
	refs.RoleARN = ""
	_, admitted := policies.KeyPolicy(refs).Find("RoleUsesKey")
	assert.False(t, admitted)
}

func TestKeyPolicyForLogGroups(t *testing.T) {
	refs := policies.KeyRefs{
		Partition: "aws", Account: account, Region: "eu-west-1", Via: []string{"sqs"}, LogGroups: true,
	}
	const service = "logs.eu-west-1.amazonaws.com"
	of := func(account string) map[string]string {
		return map[string]string{
			"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-west-1:" + account + ":log-group:/aws/lambda/clicks",
		}
	}
	check(t, map[string]asking{
		"a log group of the account": {service, "kms:GenerateDataKey", key("operations"), of(account),
			policies.Allowed},
		"reading it": {service, "kms:Decrypt", key("operations"), of(account), policies.Allowed},
		"a log group of another account": {service, "kms:GenerateDataKey", key("operations"), of("999999999999"),
			policies.NotAllowed},
		"anything else":   {service, "kms:GenerateDataKey", key("operations"), nil, policies.NotAllowed},
		"another service": {policies.S3, "kms:GenerateDataKey", key("operations"), of(account), policies.NotAllowed},
	}, policies.KeyPolicy(refs))
	refs.LogGroups = false
	_, admitted := policies.KeyPolicy(refs).Find("LogGroupsUseKey")
	assert.False(t, admitted)
}

func TestKeyPolicyForEventRules(t *testing.T) {
	refs := policies.KeyRefs{
		Partition: "aws", Account: account, Region: "eu-west-1", Via: []string{"sqs", "sns"}, EventRules: true,
	}
	of := func(context, service, account string) map[string]string {
		return map[string]string{
			"kms:EncryptionContext:" + context: "arn:aws:" + service + ":eu-west-1:" + account + ":alarms",
		}
	}
	check(t, map[string]asking{
		"a topic of the account": {policies.Events, "kms:GenerateDataKey", key("operations"),
			of("aws:sns:topicArn", "sns", account), policies.Allowed},
		"a queue of the account": {policies.Events, "kms:Decrypt", key("operations"),
			of("aws:sqs:arn", "sqs", account), policies.Allowed},
		"a topic of another account": {policies.Events, "kms:GenerateDataKey", key("operations"),
			of("aws:sns:topicArn", "sns", "999999999999"), policies.NotAllowed},
		"a queue of another account": {policies.Events, "kms:GenerateDataKey", key("operations"),
			of("aws:sqs:arn", "sqs", "999999999999"), policies.NotAllowed},
		"anything else": {policies.Events, "kms:GenerateDataKey", key("operations"),
			map[string]string{"aws:SourceAccount": account}, policies.NotAllowed},
		"another service with the topic": {policies.S3, "kms:GenerateDataKey", key("operations"),
			of("aws:sns:topicArn", "sns", account), policies.NotAllowed},
	}, policies.KeyPolicy(refs))
	refs.EventRules = false
	for _, sid := range []string{"EventRulesUseKeyOfTopics", "EventRulesUseKeyOfQueues"} {
		_, admitted := policies.KeyPolicy(refs).Find(sid)
		assert.False(t, admitted, sid)
	}
}

func TestQueuesAndTopic(t *testing.T) {
	from := func(account, source string) map[string]string {
		return map[string]string{"aws:SecureTransport": "true", "aws:SourceAccount": account, "aws:SourceArn": source}
	}
	check(t, map[string]asking{
		"the bucket's notifications": {policies.S3, "sqs:SendMessage", queue, from(account, landing), policies.Allowed},
		"another bucket":             {policies.S3, "sqs:SendMessage", queue, from(account, raw), policies.NotAllowed},
		"another account": {policies.S3, "sqs:SendMessage", queue, from("999999999999", landing),
			policies.NotAllowed},
		"S3 reading": {policies.S3, "sqs:ReceiveMessage", queue, from(account, landing),
			policies.NotAllowed},
		"anything on plain HTTP": {role, "sqs:ReceiveMessage", queue, map[string]string{"aws:SecureTransport": "false"},
			policies.Denied},
	}, policies.NotificationQueue(queue, landing, account))
	check(t, map[string]asking{
		"a rule's event": {policies.Events, "sqs:SendMessage", queue,
			from(account, "arn:aws:events:eu-west-1:123456789012:rule/failures"), policies.Allowed},
		"a rule of another owner": {policies.Events, "sqs:SendMessage", queue,
			from("999999999999", "arn:aws:events:eu-west-1:999999999999:rule/failures"), policies.NotAllowed},
		"plain HTTP": {role, "sqs:ReceiveMessage", queue, map[string]string{"aws:SecureTransport": "false"},
			policies.Denied},
	}, policies.UndeliveredEvents(queue))
	check(t, map[string]asking{
		"an alarm": {policies.CloudWatch, "sns:Publish", topic,
			from(account, "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a"), policies.Allowed},
		"an alarm of another account": {policies.CloudWatch, "sns:Publish", topic, from("999999999999", ""),
			policies.NotAllowed},
		"an alarm of another region": {policies.CloudWatch, "sns:Publish", topic,
			from(account, "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a"), policies.NotAllowed},
		"plain HTTP": {role, "sns:Publish", topic, map[string]string{"aws:SecureTransport": "false"}, policies.Denied},
	}, policies.AlarmTopic(topic, account))
	check(t, map[string]asking{
		"a rule's event, without its source": {policies.Events, "sns:Publish", topic,
			map[string]string{"aws:SecureTransport": "true"}, policies.Allowed},
		"a rule of this account": {policies.Events, "sns:Publish", topic,
			from(account, "arn:aws:events:eu-west-1:123456789012:rule/failures"), policies.Allowed},
		"a rule of another account": {policies.Events, "sns:Publish", topic,
			from("999999999999", "arn:aws:events:eu-west-1:999999999999:rule/failures"), policies.NotAllowed},
		"what is no rule": {policies.Events, "sns:Publish", topic,
			from(account, "arn:aws:scheduler:eu-west-1:123456789012:schedule/a/b"), policies.NotAllowed},
		"a rule, for more": {policies.Events, "sns:Subscribe", topic, map[string]string{"aws:SecureTransport": "true"},
			policies.NotAllowed},
		"another service": {policies.S3, "sns:Publish", topic, from(account, ""), policies.NotAllowed},
	}, policies.Topic(policies.EventsPublish(topic, account)))
	check(t, map[string]asking{
		"plain HTTP": {role, "sqs:SendMessage", queue,
			map[string]string{"aws:SecureTransport": "false"}, policies.Denied},
		"nothing is granted by the queue itself": {role, "sqs:SendMessage", queue,
			map[string]string{"aws:SecureTransport": "true"}, policies.NotAllowed},
	}, policies.PrivateQueue(queue))
}

func TestTrust(t *testing.T) {
	assume := func(principal, account string) asking {
		return asking{principal, "sts:AssumeRole",
			"", map[string]string{"aws:SourceAccount": account, "aws:SourceArn": stateMachine}, policies.NotAllowed}
	}
	allowed := func(a asking) asking { a.want = policies.Allowed; return a }
	check(t, map[string]asking{
		"the service":                     allowed(assume(policies.States, account)),
		"the service for another account": assume(policies.States, "999999999999"),
		"another service":                 assume(policies.Lambda, account),
	}, policies.TrustService(policies.States, account, stateMachine))
	check(t, map[string]asking{
		"the service for another machine": assume(policies.States, account),
	}, policies.TrustService(policies.States, account, stateMachine+"-other"))
	check(t, map[string]asking{
		"Glue": allowed(assume(policies.Glue, account)),
		"EC2":  assume("ec2.amazonaws.com", account),
	}, policies.TrustGlue())
	check(t, map[string]asking{
		"the named role": allowed(assume(role, account)),
		"another role":   assume(role+"2", account),
	}, policies.TrustPrincipals(role))
}
