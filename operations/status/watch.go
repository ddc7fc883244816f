package status

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"dataplatform/platform/outputs"
)

// ofLate is how far back metrics are looked at: services send theirs with a minute or two of delay.
const ofLate = 15 * time.Minute

// stream asks the mapping how it is, and the metrics how old the records are that it reads. A mapping that is off has
// no age of records.
func (r *Reader) stream(ctx context.Context) (Stream, error) {
	got, err := r.Mappings.GetEventSourceMapping(ctx,
		&lambda.GetEventSourceMappingInput{UUID: &r.Outputs.EventSourceMapping})
	if err != nil {
		return Stream{}, fmt.Errorf("event source mapping: %w", err)
	}
	found := Stream{Mapping: aws.ToString(got.State), Result: aws.ToString(got.LastProcessingResult)}
	age, err := r.newest(ctx, "AWS/Lambda", "IteratorAge", types.StatisticMaximum, "FunctionName",
		r.Outputs.Functions["clicks"])
	if err != nil {
		return found, err
	}
	if len(age) > 0 {
		oldest := time.Duration(age[0] * float64(time.Millisecond))
		found.Age = &oldest
	}
	incoming, err := r.newest(ctx, "AWS/Kinesis", "IncomingRecords", types.StatisticSum, "StreamName",
		r.Outputs.Stream)
	for _, minute := range incoming {
		found.Incoming += int(minute)
	}
	return found, err
}

// queue counts what waits. What is being worked on waits, too: it comes back when that fails.
func (r *Reader) queue(ctx context.Context, name string) (Queue, error) {
	url := r.Outputs.Queues[name]
	q := Queue{Name: name, Dead: strings.HasSuffix(name, outputs.DeadLetters)}
	got, err := r.Queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{
			sqstypes.QueueAttributeNameApproximateNumberOfMessages,
			sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
			sqstypes.QueueAttributeNameApproximateNumberOfMessagesDelayed,
		},
	})
	if err != nil {
		return q, err
	}
	for attribute, text := range got.Attributes {
		messages, err := strconv.Atoi(text)
		if err != nil {
			return q, fmt.Errorf("%s: %w", attribute, err)
		}
		q.Messages += messages
	}
	if q.Dead || q.Messages == 0 {
		return q, nil
	}
	age, err := r.newest(ctx, "AWS/SQS", "ApproximateAgeOfOldestMessage", types.StatisticMaximum, "QueueName",
		url[strings.LastIndex(url, "/")+1:])
	if len(age) > 0 {
		oldest := time.Duration(age[0] * float64(time.Second))
		q.Oldest = &oldest
	}
	return q, err
}

// newest are the values of a metric of the last minutes, the newest first.
func (r *Reader) newest(
	ctx context.Context, namespace, metric string, statistic types.Statistic, dimension, value string,
) ([]float64, error) {
	if value == "" {
		return nil, errors.New("the stack's outputs name no " + dimension + ": update it")
	}
	got, err := r.Metrics.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace: &namespace, MetricName: &metric, Statistics: []types.Statistic{statistic}, Period: aws.Int32(60),
		Dimensions: []types.Dimension{{Name: &dimension, Value: &value}},
		StartTime:  aws.Time(r.Now.Add(-ofLate)), EndTime: aws.Time(r.Now.Add(time.Minute)),
	})
	if err != nil {
		return nil, fmt.Errorf("metric %s: %w", metric, err)
	}
	slices.SortFunc(got.Datapoints,
		func(a, b types.Datapoint) int { return aws.ToTime(b.Timestamp).Compare(aws.ToTime(a.Timestamp)) })
	values := make([]float64, 0, len(got.Datapoints))
	for _, point := range got.Datapoints {
		if statistic == types.StatisticMaximum {
			values = append(values, aws.ToFloat64(point.Maximum))
		} else {
			values = append(values, aws.ToFloat64(point.Sum))
		}
	}
	return values, nil
}

// alarms are those that sound and tell this stack's topic: others of the account are somebody else's.
func (r *Reader) alarms(ctx context.Context) ([]Alarm, error) {
	var found []Alarm
	add := func(name, description *string, actions []string, since *time.Time) {
		if slices.Contains(actions, r.Outputs.AlarmsTopic) {
			found = append(found,
				Alarm{aws.ToString(name), aws.ToTime(since).UTC(), runbook(aws.ToString(description))})
		}
	}
	pages := cloudwatch.NewDescribeAlarmsPaginator(r.Metrics, &cloudwatch.DescribeAlarmsInput{
		StateValue: types.StateValueAlarm,
		AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("alarms: %w", err)
		}
		for _, alarm := range page.CompositeAlarms {
			add(alarm.AlarmName, alarm.AlarmDescription, alarm.AlarmActions, alarm.StateUpdatedTimestamp)
		}
		for _, alarm := range page.MetricAlarms {
			add(alarm.AlarmName, alarm.AlarmDescription, alarm.AlarmActions, alarm.StateUpdatedTimestamp)
		}
	}
	return found, nil
}

// runbook finds the page that an alarm's description names.
func runbook(description string) string {
	_, rest, ok := strings.Cut(description, "docs/runbooks/")
	page, _, end := strings.Cut(rest, ".md")
	if !ok || !end {
		return ""
	}
	return "docs/runbooks/" + page + ".md"
}
