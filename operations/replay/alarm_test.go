package replay

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type alarmsOf struct {
	sounding []types.MetricAlarm
	set      []string
}

func (a *alarmsOf) DescribeAlarms(
	context.Context, *cloudwatch.DescribeAlarmsInput, ...func(*cloudwatch.Options),
) (*cloudwatch.DescribeAlarmsOutput, error) {
	return &cloudwatch.DescribeAlarmsOutput{MetricAlarms: a.sounding}, nil
}

func (a *alarmsOf) SetAlarmState(
	_ context.Context, in *cloudwatch.SetAlarmStateInput, _ ...func(*cloudwatch.Options),
) (*cloudwatch.SetAlarmStateOutput, error) {
	a.set = append(a.set, *in.AlarmName+" "+string(in.StateValue))
	return nil, nil
}

// Only the stack's own alarm on batches that wait ends by a replay.
func TestQuiet(t *testing.T) {
	alarm := func(name, topic, page string) types.MetricAlarm {
		return types.MetricAlarm{AlarmName: &name, AlarmActions: []string{topic},
			AlarmDescription: aws.String("Look. See docs/runbooks/" + page + ".md.")}
	}
	alarms := &alarmsOf{sounding: []types.MetricAlarm{
		alarm("another-stacks", "other", "clicks-put-aside"), alarm("dropped", "topic", "clicks-dropped"),
		alarm("put-aside", "topic", "clicks-put-aside"),
	}}
	require.NoError(t, Quiet(t.Context(), alarms, "topic"))
	assert.Equal(t, []string{"put-aside OK"}, alarms.set)
}

// What was replayed waits no more, and is no more listed.
func TestWaiting(t *testing.T) {
	batches := []Batch{{Key: "a", ReplayedAt: "2026-03-01T11:00:00Z"}, {Key: "b"}}
	assert.Equal(t, Failed{Batches: batches[1:], Before: 1}, Waiting(batches, false))
	assert.Equal(t, Failed{Batches: batches}, Waiting(batches, true))
}
