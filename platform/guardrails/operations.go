package guardrails

import (
	"slices"
	"strings"

	"dataplatform/internal/graph"
)

var logsEnd = Control{
	Name:     "logs are kept and end",
	Protects: "Whatever runs leaves a log in a group of the stack, and no log, which may quote data, is kept for ever.",
	Over:     of(logGroupToken, functionToken, jobToken, stateMachineToken),
	Evaluate: func(g Graph, r graph.Resource) []string {
		var groups []string
		switch r.Type {
		case logGroupToken:
			if days, _ := r.Value("retentionInDays").(float64); days < 1 {
				return []string{"keeps its events for ever"}
			}
			return nil
		case functionToken:
			group, _ := r.Value("loggingConfig.logGroup").(string)
			groups = []string{group}
		case jobToken:
			arguments, _ := r.Value("nonOverridableArguments").(map[string]any)
			prefix, _ := arguments["--custom-logGroup-prefix"].(string)
			groups = []string{prefix + "/output", prefix + "/error"}
		case stateMachineToken:
			destination, _ := r.Value("loggingConfiguration.logDestination").(string)
			groups = []string{strings.TrimSuffix(destination, ":*")}
		}
		var problems []string
		for _, group := range groups {
			if _, ok := g.named(group, logGroupToken); !ok {
				problems = append(problems, "logs to "+group+", which is no group of the stack")
			}
		}
		return problems
	},
}

var failuresAlarmed = Control{
	Name:     "failures raise an alarm",
	Protects: "Nothing stops, refuses or piles up without somebody being notified.",
	Over:     of(functionToken, jobToken, stateMachineToken, queueToken, streamToken),
	Evaluate: func(g Graph, r graph.Resource) []string {
		if r.Type == jobToken {
			return g.evaluateJobAlarm(r)
		}
		// The metrics of which one has to be watched, and the dimension that names the resource.
		want := map[string]struct {
			dimension string
			metrics   []string
		}{
			functionToken:     {"FunctionName", []string{"Errors"}},
			stateMachineToken: {"StateMachineArn", []string{"ExecutionsFailed"}},
			queueToken: {"QueueName",
				[]string{"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"}},
			streamToken: {"StreamName", []string{"WriteProvisionedThroughputExceeded"}},
		}[r.Type]
		for _, w := range g.watched() {
			if slices.Contains(want.metrics, w.metric) && answersTo(r, w.dimensions[want.dimension]) {
				return nil
			}
		}
		return []string{"has no alarm on " + strings.Join(want.metrics, " or ")}
	},
}

// evaluateJobAlarm: Glue has no metric of failed runs, so a rule counts the events that tell of them.
func (g Graph) evaluateJobAlarm(job graph.Resource) []string {
	for _, w := range g.watched() {
		rule, ok := g.named(w.dimensions["RuleName"], ruleToken)
		if !ok || w.metric != "MatchedEvents" {
			continue
		}
		detail, _ := decoded(rule.Value("eventPattern"))["detail"].(map[string]any)
		names, _ := detail["jobName"].([]any)
		states, _ := detail["state"].([]any)
		if slices.ContainsFunc(names, func(name any) bool { return answersTo(job, name) }) &&
			slices.Contains(states, any("FAILED")) && slices.Contains(states, any("TIMEOUT")) {
			return nil
		}
	}
	return []string{"has no alarm on runs that fail or time out"}
}

type watch struct {
	metric     string
	dimensions map[string]any
}

// watched are the metrics of all alarms that tell a topic of the stack. How many samples there are says nothing of what
// was measured.
func (g Graph) watched() []watch {
	var all []watch
	add := func(metric map[string]any) {
		name, _ := metric["metricName"].(string)
		dimensions, _ := metric["dimensions"].(map[string]any)
		all = append(all, watch{name, dimensions})
	}
	for _, alarm := range g.Of(alarmToken) {
		actions, _ := alarm.Value("alarmActions").([]any)
		notified := slices.ContainsFunc(actions,
			func(action any) bool { _, ok := g.named(action, topicToken); return ok })
		if !notified || alarm.Value("actionsEnabled") == false {
			continue
		}
		add(map[string]any{"metricName": alarm.Value("metricName"), "dimensions": alarm.Value("dimensions")})
		for _, query := range objects(alarm.Value("metricQueries")) {
			if metric, ok := query["metric"].(map[string]any); ok && metric["stat"] != "SampleCount" {
				add(metric)
			}
		}
	}
	return all
}

// untaggable are the types that AWS, or its provider, knows no tags for. Any other type has to be tagged.
var untaggable = []string{
	"aws:athena/namedQuery:NamedQuery",
	"aws:cloudwatch/dashboard:Dashboard",
	"aws:cloudwatch/eventTarget:EventTarget",
	"aws:cloudwatch/queryDefinition:QueryDefinition",
	"aws:glue/catalogTable:CatalogTable",
	"aws:glue/catalogTableOptimizer:CatalogTableOptimizer",
	"aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings",
	"aws:glue/securityConfiguration:SecurityConfiguration",
	"aws:iam/rolePolicy:RolePolicy",
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment",
	"aws:kms/alias:Alias",
	"aws:lakeformation/dataCellsFilter:DataCellsFilter",
	"aws:lakeformation/lfTag:LfTag",
	"aws:lakeformation/permissions:Permissions",
	"aws:lakeformation/resource:Resource",
	"aws:lakeformation/resourceLfTags:ResourceLfTags",
	"aws:costexplorer/costAllocationTag:CostAllocationTag",
	"aws:lambda/invocation:Invocation",
	"aws:lambda/permission:Permission",
	"aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
	"aws:redshiftdata/statement:Statement",
	"aws:redshiftserverless/usageLimit:UsageLimit",
	"aws:s3/bucketIntelligentTieringConfiguration:BucketIntelligentTieringConfiguration",
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
	"aws:s3/bucketLoggingV2:BucketLoggingV2",
	"aws:s3/bucketNotification:BucketNotification",
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls",
	"aws:s3/bucketPolicy:BucketPolicy",
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
	"aws:s3/bucketVersioningV2:BucketVersioningV2",
	"aws:scheduler/schedule:Schedule",
	"aws:sns/topicPolicy:TopicPolicy",
	"aws:sns/topicSubscription:TopicSubscription",
	"aws:sqs/queuePolicy:QueuePolicy",
}

var tagsComplete = Control{
	Name:     "tags are complete",
	Protects: "Every cost and every resource found in the account leads to a project, a stack, a component, an owner and a cost centre.",
	Over: func(g Graph) []graph.Resource {
		return slices.DeleteFunc(slices.Clone(g.Resources), func(r graph.Resource) bool {
			return r.Type != providerToken &&
				(!r.Custom || !strings.HasPrefix(r.Type, "aws:") || slices.Contains(untaggable, r.Type))
		})
	},
	Evaluate: func(_ Graph, r graph.Resource) []string {
		// The provider adds what is the same everywhere, the component what is its own.
		property, keys := "tags", []string{"component"}
		if r.Type == providerToken {
			property, keys = "defaultTags.tags", []string{"project", "stack", "owner", "costCentre"}
		}
		tags, _ := r.Value(property).(map[string]any)
		var problems []string
		for _, key := range keys {
			if text, _ := tags[key].(string); text == "" {
				problems = append(problems, "has no tag "+key)
			}
		}
		return problems
	},
}
