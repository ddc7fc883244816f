package guardrails

import (
	"dataplatform/internal/graph"
	"dataplatform/policies"
)

var publicAccessBlocked = Control{
	Name:     "public access is blocked",
	Protects: "No object can be made public, by whatever policy or access list somebody adds later.",
	Over:     of(bucketToken),
	Evaluate: func(g Graph, b graph.Resource) []string {
		var problems []string
		block, ok := g.settingOf(b, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "bucket")
		if !ok {
			return []string{"has no public access block"}
		}
		for _, property := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls",
			"restrictPublicBuckets"} {
			if !block.True(property) {
				problems = append(problems, "has a public access block without "+property)
			}
		}
		ownership, _ := g.settingOf(b, "aws:s3/bucketOwnershipControls:BucketOwnershipControls", "bucket")
		if ownership.Value("rule.objectOwnership") != "BucketOwnerEnforced" {
			problems = append(problems, "takes access lists: its owner is not enforced")
		}
		return problems
	},
}

var strongTransport = Control{
	Name:     "transport is encrypted",
	Protects: "Data and messages never cross a network in plain text, whoever asks and whatever he may do.",
	Over:     of(bucketToken, queueToken, topicToken),
	Evaluate: func(g Graph, r graph.Resource) []string {
		document, problem := g.resourcePolicy(r)
		if problem != "" {
			return []string{problem}
		}
		arn := r.Outputs["arn"].StringValue()
		requests := map[string][]policies.Request{
			bucketToken: {
				{Action: "s3:GetObject", Resource: arn + "/key"}, {Action: "s3:PutObject", Resource: arn + "/key"},
				{Action: "s3:ListBucket", Resource: arn},
			},
			queueToken: {{Action: "sqs:SendMessage", Resource: arn}, {Action: "sqs:ReceiveMessage", Resource: arn}},
			topicToken: {{Action: "sns:Publish", Resource: arn}},
		}[r.Type]
		weak := map[string]map[string]string{"plain HTTP": {"aws:SecureTransport": "false", "s3:TlsVersion": "1.2"}}
		if r.Type == bucketToken { // other services have no condition on the version; they take none below 1.2
			weak["TLS 1.1"] = map[string]string{"aws:SecureTransport": "true", "s3:TlsVersion": "1.1"}
		}
		var problems []string
		for transport, context := range weak {
			for _, request := range requests {
				request.Principal, request.Context = anybody, context
				decision, err := policies.Evaluate(request, document)
				if err != nil {
					problems = append(problems, err.Error())
				} else if decision != policies.Denied {
					problems = append(problems, "admits "+request.Action+" by "+transport)
				}
			}
		}
		return problems
	},
}

// anybody is a principal that no policy names.
const anybody = "arn:" + graph.Partition + ":iam::" + graph.Account + ":role/anybody"

var versionsKept = Control{
	Name:     "versions are kept",
	Protects: "Data that was overwritten or deleted by mistake, or by malice, can be brought back.",
	Over:     of(bucketToken, tableToken),
	Evaluate: func(g Graph, r graph.Resource) []string {
		if r.Type == tableToken {
			if !r.True("pointInTimeRecovery.enabled") {
				return []string{"has no point-in-time recovery"}
			}
			return nil
		}
		versioning, _ := g.settingOf(r, "aws:s3/bucketVersioningV2:BucketVersioningV2", "bucket")
		if versioning.Value("versioningConfiguration.status") != "Enabled" {
			return []string{"keeps no versions"}
		}
		return nil
	},
}

var lifecyclePresent = Control{
	Name:     "old versions end",
	Protects: "Old versions and uploads that were never finished don't pile up, unseen and paid for, nor outlive the retention of what they copy.",
	Over:     of(bucketToken),
	Evaluate: func(g Graph, b graph.Resource) []string {
		lifecycle, _ := g.settingOf(b, "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "bucket")
		var versions, uploads bool
		for _, rule := range objects(lifecycle.Value("rules")) {
			filter, _ := rule["filter"].(map[string]any)
			if rule["status"] != "Enabled" || filter["prefix"] != "" {
				continue
			}
			versions = versions || rule["noncurrentVersionExpiration"] != nil
			uploads = uploads || rule["abortIncompleteMultipartUpload"] != nil
		}
		var problems []string
		if !versions {
			problems = append(problems, "keeps old versions for ever")
		}
		if !uploads {
			problems = append(problems, "keeps unfinished uploads for ever")
		}
		return problems
	},
}

var accessLogged = Control{
	Name:     "access is logged",
	Protects: "Who read or changed which object can be found afterwards.",
	Over:     of(bucketToken),
	Evaluate: func(g Graph, b graph.Resource) []string {
		logging, ok := g.settingOf(b, "aws:s3/bucketLoggingV2:BucketLoggingV2", "bucket")
		if !ok {
			return []string{"does not log access"}
		}
		if target, ok := g.named(logging.Value("targetBucket"), bucketToken); !ok || target.URN == b.URN {
			return []string{"logs access to no other bucket of the stack"}
		}
		return nil
	},
}
