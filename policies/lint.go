package policies

import (
	"fmt"
	"slices"
	"strings"
)

// Exceptions are the only actions that may be granted on the resource `*`, each with the reason. Where a reason names a
// condition, Lint checks that it is there.
var Exceptions = map[string]string{
	"cloudwatch:PutMetricData": "metrics have no ARN; the namespace is a condition",

	"logs:CreateLogDelivery":        "Step Functions' log delivery is an account-wide setting without an ARN",
	"logs:GetLogDelivery":           "as logs:CreateLogDelivery",
	"logs:UpdateLogDelivery":        "as logs:CreateLogDelivery",
	"logs:DeleteLogDelivery":        "as logs:CreateLogDelivery",
	"logs:ListLogDeliveries":        "as logs:CreateLogDelivery",
	"logs:PutResourcePolicy":        "as logs:CreateLogDelivery",
	"logs:DescribeResourcePolicies": "as logs:CreateLogDelivery",
	"logs:DescribeLogGroups":        "as logs:CreateLogDelivery",
	"xray:PutTraceSegments":         "traces have no ARN",
	"xray:PutTelemetryRecords":      "traces have no ARN",
	"xray:GetSamplingRules":         "sampling rules are read as a whole",
	"xray:GetSamplingTargets":       "sampling rules are read as a whole",

	"lakeformation:GetDataLakeSettings": "Lake Formation has no resource ARNs; its own grants are the finer rule",
	"lakeformation:PutDataLakeSettings": "as lakeformation:GetDataLakeSettings",
	"lakeformation:ListPermissions":     "as lakeformation:GetDataLakeSettings",
	"lakeformation:GrantPermissions":    "as lakeformation:GetDataLakeSettings",
	"lakeformation:RevokePermissions":   "as lakeformation:GetDataLakeSettings",
	"lakeformation:GetDataAccess":       "as lakeformation:GetDataLakeSettings",
	"lakeformation:ListDataCellsFilter": "as lakeformation:GetDataLakeSettings",
	"lakeformation:GetResourceLFTags":   "as lakeformation:GetDataLakeSettings",

	"cloudwatch:DescribeAlarms": "composite alarms are listed to those only who may list all (CloudWatch API Reference)",

	"athena:ListWorkGroups":     "a list of the account's; each workgroup's own ARN says who may use it",
	"athena:ListDataCatalogs":   "as athena:ListWorkGroups",
	"athena:ListEngineVersions": "engine versions have no ARN",

	"ecr:GetAuthorizationToken":     "a token is for the registry as a whole; the repository's ARN says what may be fetched with it",
	"sagemaker:ListEndpointConfigs": "lists of the account's have no ARN; what may be changed is granted by name",
	"sagemaker:ListModelPackages":   "as sagemaker:ListEndpointConfigs",
	"sagemaker:ListModels":          "as sagemaker:ListEndpointConfigs",
}

// namespaced are the actions of Exceptions that need a condition on cloudwatch:namespace.
var namespaced = []string{"cloudwatch:PutMetricData"}

// logGroupContext is the encryption context by which CloudWatch Logs names the log group it uses a key for.
const logGroupContext = "kms:EncryptionContext:aws:logs:arn"

// Encryption contexts by which SNS and SQS name the topic and the queue they use a key for.
const (
	topicContext = "kms:EncryptionContext:aws:sns:topicArn"
	queueContext = "kms:EncryptionContext:aws:sqs:arn"
)

// sourceKeys are the conditions of which one says for whom a service acts.
var sourceKeys = []string{"aws:SourceAccount", "aws:SourceArn", logGroupContext, topicContext, queueContext}

// Deputy is a service in one thing that it does.
type Deputy struct{ Service, Action string }

// Unconditioned are the services that may assume a role or use a resource without a condition on the source, each with
// the reason.
var Unconditioned = map[Deputy]string{
	{Glue, "sts:AssumeRole"}: "Glue is not documented to pass its source when it assumes a role; see TrustGlue",
}

// Silent are the services that are not documented to say for whom they act when they do something, each with the page
// that says no more. Their condition holds when they are silent, too. The deputy cannot be confused from outside all
// the same: a role is passed inside its account only.
var Silent = map[Deputy]string{
	{
		QuickSight, "sts:AssumeRole",
	}: "Amazon QuickSight User Guide, \"Passing IAM roles to Amazon QuickSight\": a trust policy without conditions",
	{
		Redshift, "sts:AssumeRole",
	}: "Amazon Redshift Management Guide, \"Authorizing Amazon Redshift to access AWS services on your behalf\": only sts:ExternalId of a database user",
	{RedshiftServerless, "sts:AssumeRole"}: "as redshift.amazonaws.com",
	{Events, "sns:Publish"}:                "Amazon EventBridge User Guide, \"Amazon SNS permissions\": a topic policy without conditions",
}

// Lint lists what is wider than it has to be. Unlike Validate it evaluates, so the deployment does not depend on it;
// tests do.
func Lint(d Document) []string { return slices.Concat(Wide(d), Confusable(d)) }

// Wide lists the wildcards of a document's grants: actions that are not exact, resources and principals that are
// everything.
func Wide(d Document) []string {
	return findings(d, func(s Statement) []string { return wide(s, d.kind) })
}

// Confusable lists the grants to services that do not say for whom the service has to act: another account could let
// it.
func Confusable(d Document) []string { return findings(d, confusable) }

func findings(d Document, evaluate func(Statement) []string) []string {
	var all []string
	for _, s := range d.Statement {
		if s.Effect == Deny {
			continue // a refusal is never too wide
		}
		for _, problem := range evaluate(s) {
			all = append(all, s.Sid+": "+problem)
		}
	}
	return all
}

func wide(s Statement, k kind) []string {
	var findings []string
	add := func(format string, args ...any) { findings = append(findings, fmt.Sprintf(format, args...)) }
	for _, action := range s.Action {
		service, name, ok := strings.Cut(action, ":")
		if !ok || service == "" || name == "" || strings.ContainsAny(action, "*?") {
			add("action %q is not exact", action)
		}
	}
	// In a key policy `*` is the key itself.
	if slices.Contains(s.Resource, "*") && !isKeyPolicy(s, k) {
		for _, action := range s.Action {
			if _, listed := Exceptions[action]; !listed {
				add("%s on every resource", action)
			}
			if slices.Contains(namespaced, action) && !s.hasCondition("cloudwatch:namespace") {
				add("%s without a namespace", action)
			}
		}
	}
	for _, resource := range s.Resource {
		if tooWide(resource) {
			add("resource %q has a wildcard before its own name", resource)
		}
	}
	if slices.Contains(s.Principal["AWS"], "*") {
		add("is granted to everybody")
	}
	return findings
}

func confusable(s Statement) []string {
	var findings []string
	for _, service := range s.Principal["Service"] {
		excused := !slices.ContainsFunc(s.Action,
			func(action string) bool { return Unconditioned[Deputy{service, action}] == "" })
		silent := !slices.ContainsFunc(s.Action,
			func(action string) bool { return Silent[Deputy{service, action}] == "" })
		if !excused && !slices.ContainsFunc(sourceKeys,
			func(key string) bool { return s.asserts(key) || silent && s.hasCondition(key) }) {
			findings = append(findings, service+" acts for any account")
		}
	}
	return findings
}

// isKeyPolicy also recognises a key policy that was parsed back: it has principals and only kms actions.
func isKeyPolicy(s Statement, k kind) bool {
	return k == kindKey || k.name == "" && s.Principal != nil &&
		!slices.ContainsFunc(s.Action, func(a string) bool { return !strings.HasPrefix(a, "kms:") })
}

// tooWide says whether an ARN has a wildcard in its service, region or account, or where its resource's own name
// starts: after the type, as in table/*, where there is one.
func tooWide(arn string) bool {
	if arn == "*" {
		return false // evaluated by Exceptions
	}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return true
	}
	name := parts[5]
	// an S3 resource is a bucket's name and, after a slash, a key
	if i := strings.IndexAny(name, "/:"); i >= 0 && parts[2] != "s3" {
		name = name[i+1:]
	}
	return strings.ContainsAny(strings.Join(parts[:5], ":"), "*?") || strings.HasPrefix(parts[5], "*") ||
		strings.HasPrefix(name, "*")
}

// asserts says whether a condition on the key fails when the key is absent.
func (s Statement) asserts(key string) bool {
	for operator, keys := range s.Condition {
		if _, ok := keys[key]; ok && !strings.HasSuffix(operator, "IfExists") {
			return true
		}
	}
	return false
}

func (s Statement) hasCondition(key string) bool {
	for _, keys := range s.Condition {
		if _, ok := keys[key]; ok {
			return true
		}
	}
	return false
}
