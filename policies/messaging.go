package policies

import "strings"

// NotificationQueue is the policy of the queue that a bucket's notifications go to: S3 sends, for that bucket only.
func NotificationQueue(queueARN, bucketARN, account string) Document {
	return Queue(
		AllowActions("BucketSendsNotices", []string{queueARN}, "sqs:SendMessage").By("Service", S3).FromAccount(account,
			bucketARN),
		refuseHTTP(queueARN, "sqs:*"),
	)
}

// PrivateQueue is the policy of a queue that roles of the account use by their own policies, such as dead letters.
func PrivateQueue(queueARN string) Document { return Queue(refuseHTTP(queueARN, "sqs:*")) }

// UndeliveredEvents is the policy of the queue for events that a rule could not deliver: EventBridge sends, for the
// account's rules only.
func UndeliveredEvents(queueARN string) Document {
	rules := strings.Replace(queueARN[:strings.LastIndex(queueARN, ":")], ":sqs:", ":events:", 1) + ":rule/*"
	return Queue(
		AllowActions("EventRulesLeaveDeadLetters", []string{queueARN}, "sqs:SendMessage").By("Service",
			Events).When("ArnLike", "aws:SourceArn", rules),
		refuseHTTP(queueARN, "sqs:*"),
	)
}

// AlarmTopic is the policy of the topic that alarms go to: CloudWatch publishes, for this account only; roles of the
// account publish by their own policies.
func AlarmTopic(topicARN, account string) Document {
	return Topic(
		AllowActions("AlarmsPublish", []string{topicARN}, "sns:Publish").By("Service", CloudWatch).FromAccount(account),
		refuseHTTP(topicARN, "sns:Publish"), // SNS takes no wildcard actions in topic policies
	)
}

// EventsPublish lets the rules of EventBridge publish to a topic. It has no condition on the source: EventBridge passes
// none to SNS, and with one every event would be refused (EventBridge User Guide, "Amazon SNS permissions").
func EventsPublish(topicARN string) Statement {
	return AllowActions("EventRulesPublish", []string{topicARN}, "sns:Publish").By("Service", Events)
}

func refuseHTTP(arn string, actions ...string) Statement {
	return DenyActions("DenyPlainHTTP", []string{arn}, actions...).ByAnyone().When("Bool", "aws:SecureTransport",
		"false")
}
