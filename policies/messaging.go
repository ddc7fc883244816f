package policies

import "strings"

// NoticeQueue is the policy of the queue that a bucket's notices go to: S3 sends, for that bucket only.
func NoticeQueue(queueARN, bucketARN, account string) Document {
	return Queue(
		AllowActions("BucketSendsNotices", []string{queueARN}, "sqs:SendMessage").By("Service", S3).FromAccount(account, bucketARN),
		refuseHTTP(queueARN, "sqs:*"),
	)
}

// PrivateQueue is the policy of a queue that roles of the account use by their own policies, such as dead letters.
func PrivateQueue(queueARN string) Document { return Queue(refuseHTTP(queueARN, "sqs:*")) }

// UndeliveredEvents is the policy of the queue for events that a rule could not deliver: EventBridge sends, for the account's rules only.
func UndeliveredEvents(queueARN string) Document {
	rules := strings.Replace(queueARN[:strings.LastIndex(queueARN, ":")], ":sqs:", ":events:", 1) + ":rule/*"
	return Queue(
		AllowActions("EventRulesLeaveDeadLetters", []string{queueARN}, "sqs:SendMessage").By("Service", Events).When("ArnLike", "aws:SourceArn", rules),
		refuseHTTP(queueARN, "sqs:*"),
	)
}

// AlarmTopic is the policy of the topic that alarms go to: CloudWatch publishes, for this account only, and so do rules; roles of
// the account publish by their own policies. What a rule publishes comes without any condition key (Amazon EventBridge User Guide,
// "Amazon SNS permissions"): asked for one, every event would be refused.
func AlarmTopic(topicARN, account string) Document {
	return Topic(
		AllowActions("AlarmsPublish", []string{topicARN}, "sns:Publish").By("Service", CloudWatch).FromAccount(account),
		AllowActions("EventRulesPublish", []string{topicARN}, "sns:Publish").By("Service", Events),
		refuseHTTP(topicARN, "sns:Publish"), // SNS takes no wildcard actions in topic policies
	)
}

func refuseHTTP(arn string, actions ...string) Statement {
	return DenyActions("DenyPlainHTTP", []string{arn}, actions...).ByAnyone().When("Bool", "aws:SecureTransport", "false")
}
