package guardrails

import (
	"slices"

	"dataplatform/internal/pulumitest"
	"dataplatform/policies"
)

const (
	notificationToken = "aws:s3/bucketNotification:BucketNotification"
	subscriptionToken = "aws:sns/topicSubscription:TopicSubscription"
	invokeConfigToken = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
)

var failuresKept = Control{
	Name:     "what fails for ever is kept",
	Protects: "A record, file, event or start that nothing could be done with is put where somebody finds it, not dropped and not tried for ever.",
	Over: func(g Graph) []pulumitest.Resource {
		asynchronous := slices.DeleteFunc(g.Of(functionToken), func(f pulumitest.Resource) bool { return !g.calledAsynchronously(f) })
		return slices.Concat(g.Of(mappingToken, scheduleToken, targetToken, subscriptionToken, queueToken), asynchronous)
	},
	Judge: func(g Graph, r pulumitest.Resource) []string {
		switch r.Type {
		case mappingToken:
			return g.judgeMapping(r)
		case scheduleToken:
			if _, ok := g.named(r.Value("target.deadLetterConfig.arn"), queueToken); !ok {
				return []string{"forgets what it could not start"}
			}
		case targetToken:
			return g.judgeTarget(r)
		case subscriptionToken:
			// A letter that can't be delivered comes back to nobody: mail servers try by themselves.
			if r.Value("protocol") != "email" && !g.redrives(r) {
				return []string{"forgets what it could not deliver"}
			}
		case queueToken:
			if !g.redrives(r) && !g.takesDeadLetters(r) {
				return []string{"gives messages out again for ever, or until they expire"}
			}
		case functionToken:
			config, _ := g.settingOf(r, invokeConfigToken, "functionName")
			_, own := g.named(r.Value("deadLetterConfig.targetArn"), queueToken, topicToken)
			_, configured := g.named(config.Value("destinationConfig.onFailure.destination"), queueToken, topicToken, bucketToken)
			if !own && !configured {
				return []string{"is called asynchronously and forgets the events it failed on"}
			}
		}
		return nil
	},
}

// judgeMapping: a queue's own redrive policy counts; a stream is read by the mapping's rules, and its failures go to the mapping's destination.
func (g Graph) judgeMapping(m pulumitest.Resource) []string {
	if queue, ok := g.named(m.Value("eventSourceArn"), queueToken); ok {
		if !g.redrives(queue) {
			return []string{"reads a queue that has no dead letters"}
		}
		return nil
	}
	var problems []string
	if _, ok := g.named(m.Value("destinationConfig.onFailure.destinationArn"), bucketToken); !ok { // a queue would get the position only
		problems = append(problems, "puts records that failed into no bucket of the stack")
	}
	if retries, _ := m.Value("maximumRetryAttempts").(float64); retries < 0 || !m.Has("maximumRetryAttempts") {
		problems = append(problems, "tries a bad record until it expires")
	}
	return problems
}

// judgeTarget also asks whether the rule may put anything into the queue.
func (g Graph) judgeTarget(target pulumitest.Resource) []string {
	queue, ok := g.named(target.Value("deadLetterConfig.arn"), queueToken)
	if !ok {
		return []string{"forgets events it could not deliver"}
	}
	rule, ok := g.named(target.Value("rule"), ruleToken)
	if !ok {
		return []string{"belongs to no rule of the stack"}
	}
	document, problem := g.resourcePolicy(queue)
	if problem != "" {
		return nil // the control of the transport says so
	}
	decision, err := policies.Evaluate(policies.Request{
		Principal: policies.Events, Action: "sqs:SendMessage", Resource: queue.Outputs["arn"].StringValue(),
		Context: map[string]string{"aws:SecureTransport": "true", "aws:SourceArn": rule.Outputs["arn"].StringValue(), "aws:SourceAccount": pulumitest.Account},
	}, document)
	if err != nil {
		return []string{err.Error()}
	}
	if decision != policies.Allowed {
		return []string{"names a queue that does not take its dead letters"}
	}
	return g.judgeTopicOf(target)
}

// judgeTopicOf asks whether a topic that is a rule's target takes what is published, and its key encrypts it, without a condition on
// the source: EventBridge shows SNS none (Amazon EventBridge User Guide, "Amazon SNS permissions").
func (g Graph) judgeTopicOf(target pulumitest.Resource) []string {
	topic, ok := g.named(target.Value("arn"), topicToken)
	if !ok {
		return nil
	}
	var problems []string
	arn := topic.Outputs["arn"].StringValue()
	ask := func(what, action, resource string, document policies.Document, context map[string]string) {
		decision, err := policies.Evaluate(policies.Request{Principal: policies.Events, Action: action, Resource: resource, Context: context}, document)
		if err != nil || decision != policies.Allowed {
			problems = append(problems, "publishes to a topic, and "+what+" refuses it")
		}
	}
	if document, problem := g.resourcePolicy(topic); problem == "" {
		ask("the topic", "sns:Publish", arn, document, map[string]string{"aws:SecureTransport": "true"})
	}
	if key, ok := g.named(topic.Value("kmsMasterKeyId"), keyToken); ok {
		if documents, err := Documents(key); err == nil {
			ask("the topic's key", "kms:GenerateDataKey", key.Outputs["arn"].StringValue(), documents["policy"], map[string]string{"kms:EncryptionContext:aws:sns:topicArn": arn})
		}
	}
	return problems
}

// redrives says whether a queue or subscription moves what fails to a queue of the stack.
func (g Graph) redrives(r pulumitest.Resource) bool {
	redrive := decoded(r.Value("redrivePolicy"))
	receives, limited := redrive["maxReceiveCount"].(float64)
	_, known := g.named(redrive["deadLetterTargetArn"], queueToken)
	return known && (r.Type != queueToken || limited && receives >= 1)
}

// takesDeadLetters says whether a queue is where something else's failures go.
func (g Graph) takesDeadLetters(queue pulumitest.Resource) bool {
	for _, r := range g.Resources {
		for _, value := range []any{
			decoded(r.Value("redrivePolicy"))["deadLetterTargetArn"], r.Value("target.deadLetterConfig.arn"), r.Value("deadLetterConfig.arn"),
			r.Value("deadLetterConfig.targetArn"), r.Value("destinationConfig.onFailure.destination"),
		} {
			if answersTo(queue, value) {
				return true
			}
		}
	}
	return false
}

// calledAsynchronously says whether a bucket, rule, schedule or topic calls the function: nobody waits for the answer then.
func (g Graph) calledAsynchronously(f pulumitest.Resource) bool {
	for _, notification := range g.Of(notificationToken) {
		for _, call := range objects(notification.Value("lambdaFunctions")) {
			if answersTo(f, call["lambdaFunctionArn"]) {
				return true
			}
		}
	}
	return slices.ContainsFunc(g.Of(targetToken, subscriptionToken, scheduleToken), func(r pulumitest.Resource) bool {
		return answersTo(f, r.Value("arn")) || answersTo(f, r.Value("endpoint")) || answersTo(f, r.Value("target.arn"))
	})
}
