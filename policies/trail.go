package policies

// CloudTrail records who called what.
const CloudTrail = "cloudtrail.amazonaws.com"

// TrailRefs are a trail as the policies of its bucket and key know it. Both have to name it before it exists, so its name is
// given, not made.
type TrailRefs struct {
	ARN     string
	Account string
}

// admit lets CloudTrail for this trail only (CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail" and "Configure
// AWS KMS key policies for CloudTrail").
func (r TrailRefs) admit(s Statement) Statement {
	return s.By("Service", CloudTrail).When("StringEquals", "aws:SourceArn", r.ARN)
}

// AuditBucket is a layer's policy that also lets the trail write, and nobody else: an entry that somebody could put by hand
// would prove nothing.
func AuditBucket(bucketARN, keyARN string, r TrailRefs) Document {
	objects := []string{bucketARN + "/AWSLogs/" + r.Account + "/*"}
	layer := LayerBucket(bucketARN, keyARN)
	return Bucket(append(layer.Statement,
		r.admit(AllowActions("TrailLooksAtBucket", []string{bucketARN}, "s3:GetBucketAcl")),
		r.admit(AllowActions("TrailWritesEvents", objects, "s3:PutObject")).When("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control"),
		DenyActions("DenyOtherWriters", []string{bucketARN + "/*"}, "s3:PutObject").ByAnyone().When("StringNotEquals", "aws:PrincipalServiceName", CloudTrail),
	)...)
}

// trailUsesKey is what a key policy grants the trail; a bucket key makes it decrypt, too.
func trailUsesKey(r TrailRefs) Statement {
	return r.admit(AllowActions("TrailUsesKey", thisKey, "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"))
}
