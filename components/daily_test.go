package components_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components"
	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
	"dataplatform/policies"
)

func dailyArgs() *components.DailyArgs {
	return &components.DailyArgs{
		JobName: pulumi.String("maintain-1"),
		JobARN:  pulumi.String("arn:aws:glue:eu-west-1:123456789012:job/maintain-1"), Partition: "aws",
		AccountID: graph.Account, Hour: 3, Minute: 5, Enabled: true, QueueKeyARN: pulumi.String(keyARN),
		TopicARN: pulumi.String(topicARN),
	}
}

func TestDaily(t *testing.T) {
	for _, enabled := range []bool{true, false} {
		rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
			args := dailyArgs()
			args.Enabled = enabled
			_, err := components.NewDaily(ctx, "maintain-daily", args)
			return err
		})
		rec.AssertNoOrphans(t)
		schedule := rec.One(t, scheduleToken, "maintain-daily")
		assert.Equal(t, "cron(5 3 * * ? *)", schedule.String(t, "scheduleExpression"))
		assert.Equal(t, "UTC", schedule.String(t, "scheduleExpressionTimezone"))
		assert.Equal(t, map[bool]string{true: "ENABLED", false: "DISABLED"}[enabled], schedule.String(t, "state"))
		assert.Equal(t, "arn:aws:scheduler:::aws-sdk:glue:startJobRun", schedule.String(t, "target.arn"))
		assert.JSONEq(t, `{"JobName":"maintain-1"}`, schedule.String(t, "target.input"))
		assert.Equal(t, "arn:aws:sqs:eu-west-1:123456789012:maintain-daily-dead-letters", schedule.String(t,
			"target.deadLetterConfig.arn"))
		rec.One(t, alarmToken, "maintain-daily-dead-letters-depth")
		grants, err := policies.Parse(rec.One(t, grantsToken, "maintain-daily-grants").String(t, "policy"))
		require.NoError(t, err)
		assert.Equal(t, []string{"arn:aws:glue:eu-west-1:123456789012:job/maintain-1"}, grants.Statement[0].Resource)
	}
}
