package policies

import "cmp"

// KeyRefs are what a key's policy depends on.
type KeyRefs struct {
	Partition string
	Account   string
	Region    string
	// Via are the services (s3, kinesis, dynamodb, sqs, sns) through which roles of the account may use the key, when
	// their own policies allow it. Nobody uses it directly.
	Via []string
	// Services are service principals that use the key on their own behalf, for this account only, for example S3
	// putting notifications on an encrypted queue.
	Services []string
	// RoleARN is a role that a service uses the key by, in the role's own name, when its own policy allows it; "" for
	// none.
	RoleARN string
	// Trail is a trail whose events the key encrypts; the zero value for none.
	Trail TrailRefs
	// LogGroups lets CloudWatch Logs encrypt the account's log groups with the key.
	LogGroups bool
	// EventRules lets EventBridge bring events to the account's topics and queues that the key encrypts.
	EventRules bool
}

const commercialSuffix = "amazonaws.com"

// suffixes are the domains of partitions that have one of their own (botocore, partitions.json).
var suffixes = map[string]string{
	"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu", "aws-iso": "c2s.ic.gov", "aws-iso-b": "sc2s.sgov.gov",
	"aws-iso-e": "cloud.adc-e.uk", "aws-iso-f": "csp.hci.ic.gov",
}

// dnsSuffix is the domain of a partition. Most service principals have the commercial one everywhere; that of
// CloudWatch Logs has the region and the partition's (aws-cdk, region-info, defaultServicePrincipal).
func dnsSuffix(partition string) string {
	return cmp.Or(suffixes[partition], commercialSuffix)
}

// thisKey is how a key policy says "this key"; it can name nothing else.
var thisKey = []string{"*"}

// KeyPolicy lets the account administer the key without using it, and its roles use it through the named services only.
func KeyPolicy(r KeyRefs) Document {
	root := "arn:" + r.Partition + ":iam::" + r.Account + ":root"
	via := make([]string, 0, len(r.Via))
	for _, service := range r.Via {
		via = append(via, service+"."+r.Region+".amazonaws.com")
	}
	// AWS does not say which of the two the condition sees in a partition with a domain of its own.
	if suffix := dnsSuffix(r.Partition); suffix != commercialSuffix {
		for _, service := range r.Via {
			via = append(via, service+"."+r.Region+"."+suffix)
		}
	}
	throughServices := func(s Statement) Statement {
		return s.By("AWS", root).When("StringEquals", "kms:ViaService", via...).When("StringEquals",
			"kms:CallerAccount", r.Account)
	}
	statements := []Statement{
		administer("kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey",
			"kms:DisableKeyRotation", "kms:EnableKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy",
			"kms:GetKeyRotationStatus", "kms:ListGrants", "kms:ListKeyPolicies", "kms:ListKeyRotations",
			"kms:ListResourceTags", "kms:PutKeyPolicy", "kms:RevokeGrant", "kms:RotateKeyOnDemand",
			"kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias",
			"kms:UpdateKeyDescription").By("AWS", root),
		throughServices(AllowActions("AccountUsesKeyThroughServices", thisKey,
			"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey",
			"kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo")),
		// DynamoDB keeps its access to a table's key as a grant.
		throughServices(AllowActions("ServicesKeepGrants", thisKey, "kms:CreateGrant")).When("Bool",
			"kms:GrantIsForAWSResource", "true"),
	}
	if len(r.Services) > 0 {
		statements = append(statements, AllowActions("ServicesUseKey", thisKey, "kms:Decrypt", "kms:GenerateDataKey").
			By("Service", r.Services...).FromAccount(r.Account))
	}
	if r.RoleARN != "" {
		statements = append(statements,
			AllowActions("RoleUsesKey", thisKey, "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey").By("AWS",
				r.RoleARN))
	}
	if r.Trail != (TrailRefs{}) {
		statements = append(statements, trailUsesKey(r.Trail))
	}
	if r.LogGroups {
		statements = append(statements, logGroupsUseKey(r))
	}
	if r.EventRules {
		statements = append(statements, eventRulesUseKey(r, "EventRulesUseKeyOfTopics", topicContext, "sns"),
			eventRulesUseKey(r, "EventRulesUseKeyOfQueues", queueContext, "sqs"))
	}
	return Key(statements...)
}

// logGroupsUseKey admits CloudWatch Logs for the log groups of the account. It names the group in the encryption
// context, which is what says for whom it acts (CloudWatch Logs User Guide, "Encrypt log data using KMS").
func logGroupsUseKey(r KeyRefs) Statement {
	return AllowActions("LogGroupsUseKey", thisKey,
		"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom",
		"kms:ReEncryptTo").
		By("Service", "logs."+r.Region+"."+dnsSuffix(r.Partition)).
		When("StringLike", logGroupContext, "arn:"+r.Partition+":logs:"+r.Region+":"+r.Account+":log-group:*")
}

// eventRulesUseKey admits EventBridge for the topics or queues of the account. It passes no source with the call, so a
// condition on one never holds and events are lost without a word (SNS Developer Guide, "Enable compatibility between
// event sources from AWS services and encrypted topics"); but SNS and SQS name in the encryption context what they
// encrypt.
func eventRulesUseKey(r KeyRefs, sid, context, service string) Statement {
	return AllowActions(sid, thisKey, "kms:Decrypt", "kms:GenerateDataKey").By("Service", Events).
		When("StringLike", context, "arn:"+r.Partition+":"+service+":"+r.Region+":"+r.Account+":*")
}
