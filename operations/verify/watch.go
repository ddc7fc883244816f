package verify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"dataplatform/governance"
)

// soon bounds what has no SLO.
const soon = 10 * time.Minute

// grants holds what Lake Formation says against contracts and roles, and asks as the roles that may be assumed: for a
// column that the role sees, and for one that it does not.
func (v *Verifier) grants() check {
	return check{
		name: "grants, by allow and deny", within: soon,
		toDo: "dataplatform grants lists every grant, to who administers the lake; pulumi up makes what is missing",
		look: func(ctx context.Context) (string, error) {
			if len(v.Outputs.Principals) == 0 {
				return "", uncheckedError{"the catalog is not governed", "set governance.enabled, unless others govern it"}
			}
			listed, err := v.Granted(ctx)
			if err != nil {
				return "", err
			}
			if problems := listed.Problems(); len(problems) > 0 {
				return "", fmt.Errorf("%d of %d grants are not as they should be, the first: %s", len(problems),
					len(listed.Got), problems[0])
			}
			saw := fmt.Sprintf("%d expectations hold", len(listed.Got))
			var asked, not []string
			for _, name := range slices.Sorted(maps.Keys(v.Outputs.Principals)) {
				principal := v.Outputs.Principals[name]
				if principal.Workgroup == "" { // a job's, which queries nothing
					continue
				}
				principal.Name = name
				client, err := v.As(ctx, principal.ARN)
				if err != nil {
					not = append(not, name)
					continue
				}
				if err := v.asks(ctx, client.Query(principal.Workgroup), principal); err != nil {
					return "", fmt.Errorf("as %s: %w", name, err)
				}
				asked = append(asked, name)
			}
			if len(asked) > 0 {
				saw += "; asked and was refused as " + strings.Join(asked, ", ")
			}
			if len(not) > 0 {
				saw += "; may not be assumed from here: " + strings.Join(not, ", ")
			}
			return saw, nil
		},
	}
}

// asks queries for a column that a role sees and, of a table that it sees something of, for one that it does not.
func (v *Verifier) asks(ctx context.Context, as Querier, principal governance.Principal) error {
	var allowed, denied *governance.Cell
	for _, cell := range governance.Expect(v.Contracts, []governance.Principal{principal}) {
		if cell.Column == governance.Writing || cell.Principal != principal.Name {
			continue
		}
		switch {
		case cell.Allowed && allowed == nil:
			allowed = &cell
		case !cell.Allowed && denied == nil:
			denied = &cell
		}
	}
	if allowed != nil {
		if _, err := as.Run(ctx, v.column(*allowed)); err != nil {
			return fmt.Errorf("%s of %s, which it sees: %w", allowed.Column, allowed.Table, err)
		}
	}
	if denied != nil {
		if _, err := as.Run(ctx, v.column(*denied)); err == nil {
			return fmt.Errorf("%s of %s, which it must not see, is answered", denied.Column, denied.Table)
		}
	}
	return nil
}

// column asks for one; no row is needed for an answer or a refusal.
func (v *Verifier) column(cell governance.Cell) string {
	layer, table, _ := strings.Cut(cell.Table, ".")
	return fmt.Sprintf(`SELECT "%s" FROM "%s"."%s" LIMIT 1`, cell.Column, v.Outputs.Databases[layer], table)
}

// alarm sets one off as if its metric had, and waits until CloudWatch has notified the topic and found it to be OK
// again. A metric's alarm goes back to its state by itself (CloudWatch API Reference, SetAlarmState).
func (v *Verifier) alarm() check {
	return check{
		name: "alarm, set off and cleared", within: soon,
		toDo: "the policies of the topic " + v.Outputs.AlarmsTopic + " and of its key have to let CloudWatch in: pulumi up",
		look: func(ctx context.Context) (string, error) {
			name, err := v.quiet(ctx)
			if err != nil {
				return "", err
			}
			before := time.Now().Add(-time.Second)
			if _, err := v.Alarms.SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{
				AlarmName: &name, StateValue: types.StateValueAlarm,
				StateReason: aws.String("dataplatform verify sets this alarm off for a moment: nothing is wrong"),
			}); err != nil {
				return "", fmt.Errorf("set off %s: %w", name, err)
			}
			_, err = v.eventually(ctx, name+" notifies and clears", func(ctx context.Context) (string, error) {
				return v.notified(ctx, name, before)
			})
			if err != nil {
				return "", err
			}
			return name + " notified the topic and cleared; whether somebody hears of it, who subscribes knows", nil
		},
	}
}

// quiet is an alarm of the stack that is OK, tells the topic, and decides no alarm that pages: of these the one that
// is looked at soonest.
func (v *Verifier) quiet(ctx context.Context) (string, error) {
	var metrics []types.MetricAlarm
	var rules strings.Builder
	pages := cloudwatch.NewDescribeAlarmsPaginator(v.Alarms, &cloudwatch.DescribeAlarmsInput{
		AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", err
		}
		for _, one := range page.CompositeAlarms {
			rules.WriteString(aws.ToString(one.AlarmRule))
		}
		metrics = append(metrics, page.MetricAlarms...)
	}
	metrics = slices.DeleteFunc(metrics, func(one types.MetricAlarm) bool {
		return !strings.HasPrefix(aws.ToString(one.AlarmName), namesOf(v.Outputs.Stack)) ||
			one.StateValue != types.StateValueOk || !aws.ToBool(one.ActionsEnabled) ||
			!slices.Contains(one.AlarmActions, v.Outputs.AlarmsTopic) ||
			strings.Contains(rules.String(), aws.ToString(one.AlarmName))
	})
	if len(metrics) == 0 {
		return "", uncheckedError{"no alarm of the stack is OK", "dataplatform status shows the alarms; verify again"}
	}
	chosen := slices.MinFunc(metrics, func(a, b types.MetricAlarm) int {
		span := func(m types.MetricAlarm) int32 { return aws.ToInt32(m.Period) * aws.ToInt32(m.EvaluationPeriods) }
		return cmp.Or(cmp.Compare(span(a), span(b)), cmp.Compare(aws.ToString(a.AlarmName), aws.ToString(b.AlarmName)))
	})
	return aws.ToString(chosen.AlarmName), nil
}

// notified looks into the history of an alarm, as it is back in its state before anybody looks. The words are
// CloudWatch's (AWS re:Post, "Why didn't I receive an SNS notification for my CloudWatch alarm trigger?").
func (v *Verifier) notified(ctx context.Context, name string, since time.Time) (string, error) {
	var notified, cleared bool
	pages := cloudwatch.NewDescribeAlarmHistoryPaginator(v.Alarms,
		&cloudwatch.DescribeAlarmHistoryInput{AlarmName: &name, StartDate: &since})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", err
		}
		for _, item := range page.AlarmHistoryItems {
			summary := aws.ToString(item.HistorySummary)
			switch {
			case strings.HasPrefix(summary, "Failed to execute action "+v.Outputs.AlarmsTopic):
				return "", fmt.Errorf("%s", summary)
			case strings.HasPrefix(summary, "Successfully executed action "+v.Outputs.AlarmsTopic):
				notified = true
			case strings.HasPrefix(summary, "Alarm updated from ALARM to "):
				cleared = true
			}
		}
	}
	if !notified || !cleared {
		return "", nil
	}
	return "done", nil
}

// newest is when something below a prefix was last written; zero when there is nothing.
func (v *Verifier) newest(ctx context.Context, bucket, prefix string) (time.Time, error) {
	var newest time.Time
	pages := s3.NewListObjectsV2Paginator(v.Objects, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return newest, fmt.Errorf("list s3://%s/%s: %w", bucket, prefix, err)
		}
		for _, object := range page.Contents {
			if at := aws.ToTime(object.LastModified); at.After(newest) {
				newest = at
			}
		}
	}
	return newest, nil
}

// accessLogs looks for those of the buckets that the canaries were put into.
func (v *Verifier) accessLogs() check {
	return check{
		name: "access logs", within: soon,
		toDo: "the policy of the bucket " + v.Outputs.Buckets["logs"] + " has to let logging.s3.amazonaws.com put: pulumi up",
		look: func(ctx context.Context) (string, error) {
			var saw []string
			for _, layer := range []string{"landing", "raw"} {
				found, err := v.delivered(ctx, v.Outputs.Buckets["logs"], layer+"/", 24*time.Hour,
					"access logs within hours")
				if err != nil {
					return "", err
				}
				saw = append(saw, layer+"'s "+found)
			}
			return strings.Join(saw, ", "), nil
		},
	}
}

// trail looks for what the audit trail recorded.
func (v *Verifier) trail() check {
	return check{
		name: "audit trail", within: soon,
		toDo: "aws cloudtrail get-trail-status says why; docs/account-settings.md has what others may have changed",
		look: func(ctx context.Context) (string, error) {
			return v.delivered(ctx, v.Outputs.Buckets["audit"], "AWSLogs/", time.Hour, "events after some 5 minutes")
		},
	}
}

// delivered is what AWS has delivered below a prefix. Of a stack that is younger than AWS may take, nothing that came
// is no failure. S3 delivers access logs "within a few hours", as far as it can (Amazon S3 User Guide, "Logging
// requests with server access logging"); CloudTrail in about 5 minutes on average (CloudTrail User Guide, "How
// CloudTrail works").
func (v *Verifier) delivered(
	ctx context.Context, bucket, prefix string, within time.Duration, usually string,
) (string, error) {
	newest, err := v.newest(ctx, bucket, prefix)
	if err != nil {
		return "", err
	}
	if !newest.IsZero() {
		return "newest is of " + newest.UTC().Format(time.DateTime), nil
	}
	made, err := v.StateMachines.DescribeStateMachine(ctx,
		&sfn.DescribeStateMachineInput{StateMachineArn: &v.Outputs.ErasureStateMachine})
	if err != nil {
		return "", err
	}
	age := time.Since(aws.ToTime(made.CreationDate)).Truncate(time.Second)
	if age < within {
		return "", uncheckedError{
			fmt.Sprintf("nothing below s3://%s/%s yet: the stack is %s old, and AWS delivers %s", bucket, prefix, age,
				usually), "verify again after " + within.String(),
		}
	}
	return "", fmt.Errorf("nothing below s3://%s/%s, and the stack is %s old", bucket, prefix, age)
}

// schedules looks when each runs next.
func (v *Verifier) schedules() check {
	return check{
		name: "schedules", within: soon, toDo: "docs/runbooks/run-not-started.md",
		look: func(ctx context.Context) (string, error) {
			var off []string
			var next []string
			for _, pipeline := range slices.Sorted(maps.Keys(v.Outputs.StateMachines)) {
				name := v.Outputs.Schedules[pipeline]
				if name == "" {
					return "", fmt.Errorf("the stack's outputs name no schedule of %s", pipeline)
				}
				got, err := v.Schedules.GetSchedule(ctx, &scheduler.GetScheduleInput{Name: &name})
				if err != nil {
					return "", fmt.Errorf("schedule %s: %w", name, err)
				}
				if got.Target == nil || aws.ToString(got.Target.Arn) != v.Outputs.StateMachines[pipeline].Hourly {
					return "", fmt.Errorf("schedule %s does not start the hourly state machine of %s", name, pipeline)
				}
				if got.State != schedulertypes.ScheduleStateEnabled {
					off = append(off, pipeline)
					continue
				}
				at, err := nextRun(aws.ToString(got.ScheduleExpression), time.Now().UTC())
				if err != nil {
					return "", fmt.Errorf("schedule %s: %w", name, err)
				}
				next = append(next, pipeline+" at "+at.Format("15:04"))
			}
			if len(off) > 0 {
				return "", uncheckedError{"switched off: " + strings.Join(off, ", "),
					"set pipelines.scheduleEnabled, unless somebody else starts the state machines"}
			}
			return strings.Join(next, ", ") + " UTC", nil
		},
	}
}

// nextRun is when an hourly schedule of the platform starts next.
func nextRun(expression string, now time.Time) (time.Time, error) {
	var minute int
	if _, err := fmt.Sscanf(expression, "cron(%d * * * ? *)", &minute); err != nil || minute < 0 || minute > 59 {
		return time.Time{}, fmt.Errorf("%q is no hour's schedule", expression)
	}
	at := now.Truncate(time.Hour).Add(time.Duration(minute) * time.Minute)
	if !at.After(now) {
		at = at.Add(time.Hour)
	}
	return at, nil
}
