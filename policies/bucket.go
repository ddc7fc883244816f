package policies

// everywhere is a bucket and all its objects.
func everywhere(bucketARN string) []string { return []string{bucketARN, bucketARN + "/*"} }

// refuseWeakTransport refuses plain HTTP and TLS below 1.2, to everybody.
func refuseWeakTransport(bucketARN string) []Statement {
	return []Statement{
		DenyActions("DenyPlainHTTP", everywhere(bucketARN), "s3:*").ByAnyone().When("Bool", "aws:SecureTransport",
			"false"),
		DenyActions("DenyOldTLS", everywhere(bucketARN), "s3:*").ByAnyone().When("NumericLessThan", "s3:TlsVersion",
			"1.2"),
	}
}

// Condition keys of the encryption a put asks for; absent when it leaves the choice to the bucket.
const (
	encryptionHeader  = "s3:x-amz-server-side-encryption"
	keyHeader         = "s3:x-amz-server-side-encryption-aws-kms-key-id"
	customerKeyHeader = "s3:x-amz-server-side-encryption-customer-algorithm"
)

// ifNoneMatch is the condition key of a put that is refused where the object is there already (Amazon S3 User Guide,
// "Enforce conditional writes on Amazon S3 buckets").
const ifNoneMatch = "s3:if-none-match"

// LayerBucket is the policy of a layer's bucket: strong transport, and objects under the layer's key only. A put that
// names no encryption gets the bucket's, which is that key.
func LayerBucket(bucketARN, keyARN string) Document {
	objects := []string{bucketARN + "/*"}
	put := func(sid string) Statement { return DenyActions(sid, objects, "s3:PutObject").ByAnyone() }
	return Bucket(append(refuseWeakTransport(bucketARN),
		// An absent key would hold for a negated operator, with or without IfExists: ask for presence too.
		put("DenyOtherEncryption").When("Null", encryptionHeader, "false").When("StringNotEquals", encryptionHeader,
			"aws:kms"),
		put("DenyOtherKeys").When("Null", keyHeader, "false").When("StringNotEquals", keyHeader, keyARN),
		// aws:kms without a key would take the account's aws/s3 key.
		put("DenyUnnamedKey").When("StringEquals", encryptionHeader, "aws:kms").When("Null", keyHeader, "true"),
		put("DenyCustomerKeys").When("Null", customerKeyHeader, "false"),
	)...)
}

// WithinOrganization refuses the objects of a bucket to whoever is of no account of the organization, and to nobody
// without one. Services that come by themselves, such as those that deliver logs, are of none (IAM User Guide,
// "aws:PrincipalIsAWSService"). Settings of the bucket it leaves alone, so that a wrong name locks nobody out for good.
func WithinOrganization(bucketARN, organization string) []Statement {
	if organization == "" {
		return nil
	}
	return []Statement{
		// Who is of no organization has no such key.
		DenyActions("DenyOutsideOrganization", everywhere(bucketARN), "s3:GetObject*", "s3:PutObject*",
			"s3:DeleteObject*", "s3:ListBucket*").ByAnyone().
			When("StringNotEqualsIfExists", "aws:PrincipalOrgID", organization).
			When("BoolIfExists", "aws:PrincipalIsAWSService", "false"),
	}
}

// LogsBucketRefs are what the logs bucket's policy depends on.
type LogsBucketRefs struct {
	BucketARN  string
	Account    string
	SourceARNs []string // the buckets whose access is logged
}

// LogsBucket is the policy of the access logs' bucket: the S3 logging service may put, for the platform's buckets;
// nobody else may, and nobody weakly.
func LogsBucket(r LogsBucketRefs) Document {
	objects := []string{r.BucketARN + "/*"}
	return Bucket(append(refuseWeakTransport(r.BucketARN),
		AllowActions("S3WritesAccessLogs", objects, "s3:PutObject").By("Service", S3Logging).FromAccount(r.Account,
			r.SourceARNs...),
		// The key is absent when the caller is no service, and an absent key does not equal.
		DenyActions("DenyOtherWriters", objects, "s3:PutObject").ByAnyone().When("StringNotEquals",
			"aws:PrincipalServiceName", S3Logging),
	)...)
}
