package guardrails

import (
	"slices"
	"strings"

	"dataplatform/internal/graph"
)

const (
	stackToken      = "aws:cloudformation/stack:Stack"
	permissionToken = "aws:lakeformation/permissions:Permissions"
	compositeToken  = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
	encryptingToken = "aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings"
	locationToken   = "aws:lakeformation/resource:Resource"
	invocationToken = "aws:lambda/invocation:Invocation"
)

// Untried are the kinds that the provider makes with one call, which AWS refuses while it does not know everywhere what
// the call needs. The real provider was asked: see the test of haste in local/stack.
var Untried = map[string]string{
	notificationToken: "S3 tries whether it may send to the queue; a queue's policy may take a minute (SQS API Reference, SetQueueAttributes)",
	compositeToken:    "CloudWatch says that its alarms do not exist (awsdocs/aws-cloudformation-user-guide#911)",
	encryptingToken:   "Glue tries the role and the key",
	locationToken:     "Lake Formation tries the role",
	trailToken:        "CloudTrail tries the bucket and the key",
	logGroupToken:     "CloudWatch Logs tries the key",
}

// slow are the kinds that are there seconds after they were asked for: AWS takes its time, or the provider asks until
// IAM or KMS answers the same several times in a row.
var slow = []string{permissionToken, mappingToken, functionToken, invocationToken, scheduleToken, stateMachineToken,
	keyToken, queueToken}

var nothingHasty = Control{
	Name:     "nothing follows at once that is not tried again",
	Protects: "No first deployment depends on how fast AWS tells all its servers of a new role, policy, queue or alarm.",
	Over: func(g Graph) []graph.Resource {
		return slices.DeleteFunc(slices.Clone(g.Resources),
			func(r graph.Resource) bool { return Untried[r.Type] == "" && r.Type != stackToken })
	},
	Evaluate: func(g Graph, r graph.Resource) []string {
		needs := slices.DeleteFunc(g.needs(r), func(need graph.Resource) bool {
			// A key with a policy is there when KMS has said the same of the policy five times, a second apart
			// (terraform-provider-aws, waitKeyPolicyPropagated).
			return need.Type == keyToken && need.Has("policy")
		})
		if len(needs) == 0 {
			return nil
		}
		var between []string
		before := g.before(r.DependsOn)
		for _, s := range g.Of(slow...) {
			if before[s.URN] {
				between = append(between, s.DependsOn...)
			}
		}
		var problems []string
		settled := g.before(between)
		for _, need := range needs {
			if !settled[need.URN] {
				problems = append(problems, "comes seconds after "+need.Name)
			}
		}
		return problems
	},
}

// needs are what AWS tries when it is asked for a resource.
func (g Graph) needs(r graph.Resource) []graph.Resource {
	var found []graph.Resource
	add := func(value any, tokens ...string) {
		if need, ok := g.named(value, tokens...); ok {
			found = append(found, need)
		}
	}
	switch r.Type {
	case notificationToken:
		for _, queue := range objects(r.Value("queues")) {
			add(queue["queueArn"], queueToken)
		}
	case compositeToken:
		rule, _ := r.Value("alarmRule").(string)
		for _, alarm := range g.Of(alarmToken) {
			if strings.Contains(rule, `"`+alarm.Outputs["name"].StringValue()+`"`) {
				found = append(found, alarm)
			}
		}
	case locationToken, encryptingToken, stackToken: // CloudFormation rolls back what QuickSight refuses
		for _, arn := range g.actsWith(&r) {
			if role, ok := g.named(arn, roleToken); ok {
				found = append(found, g.rightsOf(role)...)
			}
		}
	case trailToken, logGroupToken:
		add(r.Value("kmsKeyId"), keyToken)
	}
	return found
}
