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
}

// namespaced are the actions of Exceptions that need a condition on cloudwatch:namespace.
var namespaced = []string{"cloudwatch:PutMetricData"}

// logGroupContext is the encryption context by which CloudWatch Logs names the log group it uses a key for.
const logGroupContext = "kms:EncryptionContext:aws:logs:arn"

// sourceKeys are the conditions of which one says for whom a service acts.
var sourceKeys = []string{"aws:SourceAccount", "aws:SourceArn", logGroupContext}

// unconditioned are the services that may assume a role without a condition on the source; see TrustGlue.
var unconditioned = []string{Glue}

// Lint lists what is wider than it has to be. Unlike Validate it judges, so the deployment does not depend on it; tests do.
func Lint(d Document) []string {
	var findings []string
	for _, s := range d.Statement {
		for _, problem := range lintStatement(s, d.kind) {
			findings = append(findings, s.Sid+": "+problem)
		}
	}
	return findings
}

func lintStatement(s Statement, k kind) []string {
	var findings []string
	add := func(format string, args ...any) { findings = append(findings, fmt.Sprintf(format, args...)) }
	if s.Effect == Deny {
		return nil // a refusal is never too wide
	}
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
	for _, service := range s.Principal["Service"] {
		if !slices.Contains(unconditioned, service) && !slices.ContainsFunc(sourceKeys, s.hasCondition) {
			add("%s acts for any account", service)
		}
	}
	return findings
}

// isKeyPolicy also recognises a key policy that was parsed back: it has principals and only kms actions.
func isKeyPolicy(s Statement, k kind) bool {
	return k == kindKey || k.name == "" && s.Principal != nil &&
		!slices.ContainsFunc(s.Action, func(a string) bool { return !strings.HasPrefix(a, "kms:") })
}

// tooWide says whether an ARN has a wildcard in its service, region, account or at the start of its resource part.
func tooWide(arn string) bool {
	if arn == "*" {
		return false // judged by Exceptions
	}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return true
	}
	return strings.ContainsAny(strings.Join(parts[:5], ":"), "*?") || strings.HasPrefix(parts[5], "*")
}

func (s Statement) hasCondition(key string) bool {
	for _, keys := range s.Condition {
		if _, ok := keys[key]; ok {
			return true
		}
	}
	return false
}
