package policies

// CloudTrail records who called what.
const CloudTrail = "cloudtrail.amazonaws.com"

// TrailRefs are a trail as the policies of its bucket and key know it. Both have to name it before it exists, so its
// name is given, not made.
type TrailRefs struct {
	ARN     string
	Account string
}

// admit lets CloudTrail for this trail only (CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail" and
// "Configure AWS KMS key policies for CloudTrail").
func (r TrailRefs) admit(s Statement) Statement {
	return s.By("Service", CloudTrail).When("StringEquals", "aws:SourceArn", r.ARN)
}

// AuditBucket is the policy of a bucket that the trail writes, and nobody else: an entry that somebody could put by
// hand would prove nothing. It asks for no key: the trail encrypts events with its own, but its digests, which prove
// that no file of events is missing, with S3's (CloudTrail User Guide, "Encrypting CloudTrail log files with AWS KMS
// keys").
func AuditBucket(bucketARN string, r TrailRefs) Document {
	objects := []string{bucketARN + "/AWSLogs/" + r.Account + "/*"}
	return Bucket(append(refuseWeakTransport(bucketARN),
		r.admit(AllowActions("TrailLooksAtBucket", []string{bucketARN}, "s3:GetBucketAcl")),
		r.admit(AllowActions("TrailWritesEvents", objects, "s3:PutObject")).When("StringEquals", "s3:x-amz-acl",
			"bucket-owner-full-control"),
		DenyActions("DenyOtherWriters", []string{bucketARN + "/*"}, "s3:PutObject").ByAnyone().When("StringNotEquals",
			"aws:PrincipalServiceName", CloudTrail),
	)...)
}

// trailUsesKey is what a key policy grants the trail; a bucket key makes it decrypt, too.
func trailUsesKey(r TrailRefs) Statement {
	return r.admit(AllowActions("TrailUsesKey", thisKey, "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"))
}
