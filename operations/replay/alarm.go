package replay

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// waitingPage is the runbook that the alarm on batches that wait names.
const waitingPage = "docs/runbooks/clicks-put-aside.md"

// Alarms is the part of the CloudWatch client that ending an alarm needs.
type Alarms interface {
	cloudwatch.DescribeAlarmsAPIClient
	SetAlarmState(
		context.Context, *cloudwatch.SetAlarmStateInput, ...func(*cloudwatch.Options),
	) (*cloudwatch.SetAlarmStateOutput, error)
}

// Quiet ends the alarm of a stack on batches that were given up: silence does not, for they wait until somebody has
// replayed them. Others of the account, of other topics, stay as they are.
func Quiet(ctx context.Context, alarms Alarms, topic string) error {
	pages := cloudwatch.NewDescribeAlarmsPaginator(alarms, &cloudwatch.DescribeAlarmsInput{
		StateValue: types.StateValueAlarm, AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("alarm on batches that wait: %w", err)
		}
		for _, alarm := range page.MetricAlarms {
			if !slices.Contains(alarm.AlarmActions, topic) ||
				!strings.Contains(aws.ToString(alarm.AlarmDescription), waitingPage) {
				continue
			}
			if _, err := alarms.SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{
				AlarmName: alarm.AlarmName, StateValue: types.StateValueOk,
				StateReason: aws.String("No batch waits any more"),
			}); err != nil {
				return fmt.Errorf("alarm %s: %w", aws.ToString(alarm.AlarmName), err)
			}
		}
	}
	return nil
}
