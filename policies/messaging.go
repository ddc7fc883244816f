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
	return Queue(
		AllowActions("EventRulesLeaveDeadLetters", []string{queueARN}, "sqs:SendMessage").By("Service",
			Events).When("ArnLike", "aws:SourceArn", sources(queueARN, "events", "rule/*")),
		refuseHTTP(queueARN, "sqs:*"),
	)
}

// AlarmTopic is the policy of the topic that alarms go to: CloudWatch publishes, for alarms of this account and region
// only; roles of the account publish by their own policies.
func AlarmTopic(topicARN, account string) Document {
	return Topic(
		AllowActions("AlarmsPublish", []string{topicARN}, "sns:Publish").By("Service", CloudWatch).FromAccount(account,
			sources(topicARN, "cloudwatch", "alarm:*")),
		refuseHTTP(topicARN, "sns:Publish"), // SNS takes no wildcard actions in topic policies
	)
}

// EventsPublish lets the rules of EventBridge publish to a topic: those of this account and region, and an event
// without a source. See Silent.
func EventsPublish(topicARN, account string) Statement {
	s := AllowActions("EventRulesPublish", []string{topicARN}, "sns:Publish").By("Service", Events)
	return s.FromAccountIfSaid(account).When("ArnLikeIfExists", "aws:SourceArn", sources(topicARN, "events", "rule/*"))
}

// sources are the things of a service in the account and region of a topic or queue.
func sources(arn, service, things string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return arn
	}
	parts[2], parts[5] = service, things
	return strings.Join(parts, ":")
}

func refuseHTTP(arn string, actions ...string) Statement {
	return DenyActions("DenyPlainHTTP", []string{arn}, actions...).ByAnyone().When("Bool", "aws:SecureTransport",
		"false")
}
