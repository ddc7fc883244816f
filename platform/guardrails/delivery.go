package guardrails

import (
	"slices"

	"dataplatform/internal/graph"
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
	Over: func(g Graph) []graph.Resource {
		asynchronous := slices.DeleteFunc(g.Of(functionToken),
			func(f graph.Resource) bool { return !g.calledAsynchronously(f) })
		return slices.Concat(g.Of(mappingToken, scheduleToken, targetToken, subscriptionToken, queueToken),
			asynchronous)
	},
	Evaluate: func(g Graph, r graph.Resource) []string {
		switch r.Type {
		case mappingToken:
			return g.evaluateMapping(r)
		case scheduleToken:
			if _, ok := g.named(r.Value("target.deadLetterConfig.arn"), queueToken); !ok {
				return []string{"forgets what it could not start"}
			}
		case targetToken:
			return g.evaluateTarget(r)
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
			_, configured := g.named(config.Value("destinationConfig.onFailure.destination"), queueToken, topicToken,
				bucketToken)
			if !own && !configured {
				return []string{"is called asynchronously and forgets the events it failed on"}
			}
		}
		return nil
	},
}

// evaluateMapping: a queue's own redrive policy counts; a stream is read by the mapping's rules, and its failures go to
// the mapping's destination.
func (g Graph) evaluateMapping(m graph.Resource) []string {
	if queue, ok := g.named(m.Value("eventSourceArn"), queueToken); ok {
		if !g.redrives(queue) {
			return []string{"reads a queue that has no dead letters"}
		}
		return nil
	}
	var problems []string
	// a queue would get the position only
	destination, ok := g.named(m.Value("destinationConfig.onFailure.destinationArn"), bucketToken)
	if !ok {
		problems = append(problems, "puts records that failed into no bucket of the stack")
	} else if g.writesItself(m, destination) {
		problems = append(problems, "puts records that failed where its function writes, which may be why they failed")
	}
	// Tries that are counted are over in minutes of an outage.
	if retries, ok := m.Value("maximumRetryAttempts").(float64); !ok || retries != -1 {
		problems = append(problems, "gives records up after some tries, however young they are")
	}
	stream, _ := g.named(m.Value("eventSourceArn"), streamToken)
	kept, _ := stream.Value("retentionPeriod").(float64)
	if age, ok := m.Value("maximumRecordAgeInSeconds").(float64); !ok || age < 0 || age >= kept*3600 {
		problems = append(problems, "tries a record until it expires")
	}
	return problems
}

// writesItself says whether a mapping's function has the name of the bucket in its environment, and so writes there
// itself.
func (g Graph) writesItself(m, bucket graph.Resource) bool {
	function, _ := g.named(m.Value("functionName"), functionToken)
	variables, _ := function.Value("environment.variables").(map[string]any)
	for _, value := range variables {
		if answersTo(bucket, value) {
			return true
		}
	}
	return false
}

// evaluateTarget also asks whether the rule may put anything into the queue, and may tell a topic anything.
func (g Graph) evaluateTarget(target graph.Resource) []string {
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
		Context: map[string]string{
			"aws:SecureTransport": "true", "aws:SourceArn": rule.Outputs["arn"].StringValue(),
			"aws:SourceAccount": graph.Account,
		},
	}, document)
	if err != nil {
		return []string{err.Error()}
	}
	if decision != policies.Allowed {
		return []string{"names a queue that does not take its dead letters"}
	}
	problems := g.evaluateEventsKey(queue, "kms:EncryptionContext:aws:sqs:arn")
	if topic, ok := g.named(target.Value("arn"), topicToken); ok {
		problems = append(problems, g.evaluateEventsTopic(topic)...)
	}
	return problems
}

// evaluateEventsTopic asks as EventBridge does, which passes no source when it publishes.
func (g Graph) evaluateEventsTopic(topic graph.Resource) []string {
	document, problem := g.resourcePolicy(topic)
	if problem != "" {
		return nil // the control of the transport says so
	}
	decision, err := policies.Evaluate(policies.Request{
		Principal: policies.Events, Action: "sns:Publish", Resource: topic.Outputs["arn"].StringValue(),
		Context: map[string]string{"aws:SecureTransport": "true"},
	}, document)
	if err != nil {
		return []string{err.Error()}
	}
	if decision != policies.Allowed {
		return []string{"tells a topic that refuses its events"}
	}
	return g.evaluateEventsKey(topic, "kms:EncryptionContext:aws:sns:topicArn")
}

// evaluateEventsKey asks whether EventBridge may use the key of a topic or queue, which names itself in the encryption
// context.
func (g Graph) evaluateEventsKey(r graph.Resource, context string) []string {
	key, ok := g.named(r.Value("kmsMasterKeyId"), keyToken)
	if !ok {
		return nil // the control of the keys says so
	}
	documents, err := Documents(key)
	if err != nil {
		return []string{err.Error()}
	}
	arn := r.Outputs["arn"].StringValue()
	for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
		decision, err := policies.Evaluate(policies.Request{
			Principal: policies.Events, Action: action, Resource: key.Outputs["arn"].StringValue(),
			Context: map[string]string{context: arn},
		}, documents["policy"])
		if err != nil {
			return []string{err.Error()}
		}
		if decision != policies.Allowed {
			return []string{"is refused " + action + " on the key of " + r.Name}
		}
	}
	return nil
}

// redrives says whether a queue or subscription moves what fails to a queue of the stack.
func (g Graph) redrives(r graph.Resource) bool {
	redrive := decoded(r.Value("redrivePolicy"))
	receives, limited := redrive["maxReceiveCount"].(float64)
	_, known := g.named(redrive["deadLetterTargetArn"], queueToken)
	return known && (r.Type != queueToken || limited && receives >= 1)
}

// takesDeadLetters says whether a queue is where something else's failures go.
func (g Graph) takesDeadLetters(queue graph.Resource) bool {
	for _, r := range g.Resources {
		for _, value := range []any{
			decoded(r.Value("redrivePolicy"))["deadLetterTargetArn"], r.Value("target.deadLetterConfig.arn"),
			r.Value("deadLetterConfig.arn"), r.Value("deadLetterConfig.targetArn"),
			r.Value("destinationConfig.onFailure.destination"),
		} {
			if answersTo(queue, value) {
				return true
			}
		}
	}
	return false
}

// calledAsynchronously says whether a bucket, rule, schedule or topic calls the function: nobody waits for the answer
// then.
func (g Graph) calledAsynchronously(f graph.Resource) bool {
	for _, notification := range g.Of(notificationToken) {
		for _, call := range objects(notification.Value("lambdaFunctions")) {
			if answersTo(f, call["lambdaFunctionArn"]) {
				return true
			}
		}
	}
	return slices.ContainsFunc(g.Of(targetToken, subscriptionToken, scheduleToken), func(r graph.Resource) bool {
		return answersTo(f, r.Value("arn")) || answersTo(f, r.Value("endpoint")) || answersTo(f, r.Value("target.arn"))
	})
}
