package guardrails

import (
	"slices"

	"dataplatform/internal/graph"
	"dataplatform/policies"
)

// The keys of what is no layer, by the name of the key.
const (
	operationsKey = "operations"
	rawKey        = "raw"       // a stream holds what raw will hold
	artifactsKey  = "artifacts" // tables are the platform's own books
)

// keyed says for each type where its key is named and which key it has to be; "" is the key of its own name.
var keyed = map[string]struct{ property, key string }{
	queueToken:    {"kmsMasterKeyId", operationsKey},
	topicToken:    {"kmsMasterKeyId", operationsKey},
	logGroupToken: {"kmsKeyId", operationsKey},
	streamToken:   {"kmsKeyId", rawKey},
	tableToken:    {"serverSideEncryption.kmsKeyArn", artifactsKey},
}

const byDefault = "rules[0].applyServerSideEncryptionByDefault."

var ownKey = Control{
	Name:     "data is encrypted with its own key",
	Protects: "Who may use one layer's key reads that layer only, and a key that is taken away takes exactly its own data away.",
	Over:     of(bucketToken, queueToken, topicToken, logGroupToken, streamToken, tableToken),
	Evaluate: func(g Graph, r graph.Resource) []string {
		if r.Type == bucketToken {
			return g.evaluateBucketKey(r)
		}
		want := keyed[r.Type]
		key, ok := g.named(r.Value(want.property), keyToken)
		switch {
		case !ok:
			return []string{"is encrypted with no key of the stack"}
		case key.Name != want.key:
			return []string{"is encrypted with the key " + key.Name + " instead of " + want.key}
		case r.Type == streamToken && r.Value("encryptionType") != "KMS",
			r.Type == tableToken && !r.True("serverSideEncryption.enabled"):
			return []string{"names a key and does not encrypt"}
		}
		return nil
	},
}

// evaluateBucketKey looks at the default and at what the bucket's policy lets others choose.
func (g Graph) evaluateBucketKey(b graph.Resource) []string {
	encryption, _ := g.settingOf(b,
		"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2", "bucket")
	key, ok := g.named(encryption.Value(byDefault+"kmsMasterKeyId"), keyToken)
	switch {
	case !ok || encryption.Value(byDefault+"sseAlgorithm") != "aws:kms":
		return []string{"is encrypted with no key of the stack"}
	case key.Name != b.Name:
		return []string{"is encrypted with the key " + key.Name}
	case !encryption.True("rules[0].bucketKeyEnabled"):
		return []string{"asks KMS for every object: it has no bucket key"}
	}
	document, problem := g.resourcePolicy(b)
	if problem != "" {
		return nil // the control of the transport says so
	}
	var problems []string
	for choice, context := range map[string]map[string]string{
		"S3's own encryption": {"s3:x-amz-server-side-encryption": "AES256"},
		"another key": {
			"s3:x-amz-server-side-encryption":                "aws:kms",
			"s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:eu-west-1:123456789012:key/other",
		},
		"the account's key": {"s3:x-amz-server-side-encryption": "aws:kms"},
	} {
		context["aws:SecureTransport"], context["s3:TlsVersion"] = "true", "1.3"
		decision, err := policies.Evaluate(policies.Request{
			Principal: anybody, Action: "s3:PutObject", Resource: b.Outputs["arn"].StringValue() + "/key",
			Context: context,
		}, document)
		if err != nil {
			problems = append(problems, err.Error())
		} else if decision != policies.Denied {
			problems = append(problems, "takes objects under "+choice)
		}
	}
	return problems
}

var keysRotate = Control{
	Name:     "keys rotate",
	Protects: "Key material that leaks opens a year's data, not everything ever written.",
	Over:     of(keyToken),
	Evaluate: func(_ Graph, key graph.Resource) []string {
		// KMS rotates keys that encrypt, and no others (AWS KMS Developer Guide, "Rotate AWS KMS keys"): what leaks of
		// this one is a secret that it made, and another version of that is a setting.
		if key.Value("keyUsage") == "GENERATE_VERIFY_MAC" {
			return nil
		}
		if !key.True("enableKeyRotation") {
			return []string{"is never rotated"}
		}
		return nil
	},
}

var catalogEncrypted = Control{
	Name:     "the catalog is encrypted",
	Protects: "Table definitions, which name columns, places and owners, are unreadable without a key of the stack; and whoever else has tables in the catalog can read them when the stack is gone.",
	// Of databases that are kept: the setting is the whole account's, and its key would go with a stack whose data is
	// disposable.
	Over: func(g Graph) []graph.Resource {
		return slices.DeleteFunc(g.Of(databaseToken), func(r graph.Resource) bool { return !r.RetainOnDelete })
	},
	Evaluate: func(g Graph, database graph.Resource) []string {
		settings := g.Of("aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings")
		if len(settings) != 1 {
			return []string{"is in a catalog that no setting of the stack encrypts"}
		}
		const atRest = "dataCatalogEncryptionSettings.encryptionAtRest."
		var problems []string
		mode := settings[0].Value(atRest + "catalogEncryptionMode")
		if _, ok := g.named(settings[0].Value(atRest+"sseAwsKmsKeyId"), keyToken); !ok ||
			mode != "SSE-KMS" && mode != "SSE-KMS-WITH-SERVICE-ROLE" {
			problems = append(problems, "is in a catalog that is not encrypted with a key of the stack")
		}
		role, _ := g.named(settings[0].Value(atRest+"catalogEncryptionServiceRole"), roleToken) // dataKept asks of keys
		for _, r := range []graph.Resource{settings[0], role} {
			if !(r.Protect && r.RetainOnDelete) {
				problems = append(problems, "is in a catalog that nobody can read without "+r.Name+", which may go")
			}
		}
		if !database.WaitsFor(settings[0]) {
			problems = append(problems, "may be made before its catalog is encrypted, and then stays as it is")
		}
		return problems
	},
}
