package doctor

import (
	"context"
	"fmt"
	"strings"
)

const (
	// deliveryPolicy is the one that Step Functions, like every service that delivers logs, writes its groups into.
	deliveryPolicy = "AWSLogDeliveryWrite20150319"
	// A region has ten resource policies, each of 5,120 characters (CloudWatch Logs quotas; PutResourcePolicy).
	maxLogPolicies       = 10
	maxLogPolicyLength   = 5120
	vendedGroups         = "/aws/vendedlogs/*"
	roomForVendedEntries = len(
		`,"arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:/aws/vendedlogs/*:log-stream:*"`,
	)
)

// logDelivery looks whether state machines may be given a log. Entries of log groups that are gone stay in the policy
// until somebody takes them out; groups below /aws/vendedlogs/, as a stack's are, share one entry before it is full
// (CloudWatch Logs User Guide, "Log group resource policy size limit considerations").
func (a *Account) logDelivery(ctx context.Context, needs Needs) Check {
	const name, remedy = "log delivery",
		"take entries of log groups that are gone out of the policy with aws logs put-resource-policy"
	documents, err := a.Logs.LogPolicies(ctx)
	if err != nil {
		return unread(name, err)
	}
	document, exists := documents[deliveryPolicy]
	size := fmt.Sprintf("%d of %d characters of the policy %s are used", len(document), maxLogPolicyLength,
		deliveryPolicy)
	switch {
	case !exists && len(documents) >= maxLogPolicies:
		return Check{name, Fail, fmt.Sprintf(
			"%d of %d resource policies exist and none is %s, which state machines with a log need", len(documents),
			maxLogPolicies, deliveryPolicy,
		),
			"delete one with aws logs delete-resource-policy"}
	case !exists:
		return ok(name, "%d of %d resource policies exist, %s will be made", len(documents), maxLogPolicies,
			deliveryPolicy)
	case strings.Contains(document, vendedGroups):
		return ok(name, "%s, and log groups below %s are admitted", size, strings.TrimSuffix(vendedGroups, "*"))
	case len(document)+roomForVendedEntries > maxLogPolicyLength:
		return Check{name, Fail,
			fmt.Sprintf("%s: no room for the logs of the stack's %d state machines", size, needs.StateMachines), remedy}
	case len(document) > maxLogPolicyLength*3/4:
		return Check{name, Warn, size, remedy}
	}
	return ok(name, "%s", size)
}
