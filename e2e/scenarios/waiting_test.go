package scenarios

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/e2e/load"
	"dataplatform/operations/replay"
	"dataplatform/operations/status"
)

// quickAlarmMinute is how long a minute of alarms is while those of an hour are waited for.
const quickAlarmMinute = 0.2

// TestWaiting: what no run has taken is taken by one run with the present hour, is seen by an alarm when its mark is
// lost, and a file that cannot be read is put apart, reported, shown and taken again.
func TestWaiting(t *testing.T) {
	ctx, l, _ := deployed(t)
	l.pace(ctx, t, quickAlarmMinute)
	now := time.Now().UTC().Truncate(time.Hour)
	l.sixHours(ctx, t, now)
	l.forgottenHour(ctx, t, now)
	l.fileApart(ctx, t)
	destroyed(ctx, t, l)
}

// sixHours lets clicks come for six hours without a run, and again into an hour that had one, days ago.
func (l *lake) sixHours(ctx context.Context, t *testing.T, now time.Time) {
	ran := now.Add(-30 * time.Hour)
	l.arrive(ctx, t, ran, 3)
	require.NoError(t, l.stateMachines.Hours(ctx, l.Outputs.StateMachines["clicks"].Hourly, ran, ran.Add(time.Hour)))
	require.Empty(t, l.status(ctx, t, "clicks").Hours)
	var waiting []time.Time
	l.arrive(ctx, t, ran, 2)
	waiting = append(waiting, ran)
	for hours := 6; hours > 0; hours-- {
		hour := now.Add(-time.Duration(hours) * time.Hour)
		l.arrive(ctx, t, hour, 5)
		waiting = append(waiting, hour)
	}
	require.Equal(t, waiting, l.status(ctx, t, "clicks").Hours)
	counted, err := l.stateMachines.Once(ctx, l.Outputs.StateMachines["clicks"].Hourly,
		now.Add(5*time.Minute).Format(time.RFC3339), []string{"curate"})
	require.NoError(t, err)
	require.Equal(t, 35, counted[0].Datasets["clicks"].Processed)
	require.Len(t, counted[0].CaughtUp, 6)
	require.Empty(t, l.status(ctx, t, "clicks").Hours)
	l.requireAgreements(ctx, t)
}

// forgottenHour loses the mark of an hour: the next run of another one sees that its rows are nowhere.
func (l *lake) forgottenHour(ctx context.Context, t *testing.T, now time.Time) {
	const alarm = "clicks-curate-tables-disagree"
	hour := now.Add(-8 * time.Hour)
	l.arrive(ctx, t, hour, 4)
	table := l.Outputs.Tables["hours"]
	_, err := dynamodb.NewFromConfig(l.config).DeleteItem(ctx,
		&dynamodb.DeleteItemInput{TableName: &table, Key: map[string]types.AttributeValue{
			"dataset": &types.AttributeValueMemberS{Value: "clicks"},
			"hour":    &types.AttributeValueMemberS{Value: hour.Format(time.RFC3339)},
		}})
	require.NoError(t, err)
	require.Empty(t, l.raised(ctx, t, "clicks-curate"))
	stateMachine := l.Outputs.StateMachines["clicks"].Hourly
	require.NoError(t, l.stateMachines.Hours(ctx, stateMachine, now.Add(-2*time.Hour), now.Add(-time.Hour)))
	eventually(ctx, t, 2*time.Minute,
		"an alarm of tables that disagree", func() bool { return l.raised(ctx, t, "clicks-curate")[alarm] })
	require.NoError(t, l.stateMachines.Hours(ctx, stateMachine, hour, hour.Add(time.Hour)))
	eventually(ctx, t, 2*time.Minute,
		"no alarm when the hour was computed", func() bool { return !l.raised(ctx, t, "clicks-curate")[alarm] })
	l.requireAgreements(ctx, t)
}

// fileApart lets landing have counted more records in a file than are there, among good ones.
func (l *lake) fileApart(ctx context.Context, t *testing.T) {
	const alarm = "sales-process-files-apart"
	arrival := time.Date(2025, time.June, 6, 10, 20, 0, 0, time.UTC)
	var drops []load.Drop
	for i := range 3 {
		drops = append(drops, load.Drop{
			Name: fmt.Sprintf("%d.csv", i), Arrival: arrival,
			Content: fmt.Appendf(nil,
				"%s58000%d,20001,LANTERN,2,2025-06-06 10:05:00,1.25,12000.0,France\n", salesHeaderLine, i),
		})
	}
	l.drop(ctx, t, drops)
	digest := load.Digest(drops[1].Content)
	l.counted(ctx, t, digest, "7")
	stateMachine, hour := l.Outputs.StateMachines["sales"].Hourly, arrival.Truncate(time.Hour)
	require.NoError(t, l.stateMachines.Hours(ctx, stateMachine, hour, hour.Add(time.Hour)))
	invoices := func() [][]string {
		return l.rows(ctx, t,
			`SELECT invoice_no FROM "%s"."sales" ORDER BY invoice_no`, l.Outputs.Databases["processed"])
	}
	require.Equal(t, [][]string{{"580000"}, {"580002"}}, invoices(), "the others are published in the same run")
	require.Equal(t, [][]string{{digest + ":0"}},
		l.rows(ctx, t, `SELECT identity FROM "%s"."quarantine" WHERE dataset = 'sales' AND reason = '%s'`,
			l.Outputs.Databases["raw"], contracts.ReasonUnreadable))
	require.Equal(t, []status.Apart{{File: digest, Error: "CountError"}}, l.status(ctx, t, "sales").Apart)
	eventually(ctx, t, 2*time.Minute,
		"an alarm of a file put apart", func() bool { return l.raised(ctx, t, "sales-process")[alarm] })

	l.counted(ctx, t, digest, "1")
	q := l.refusals(t)
	plan, err := q.Refused(ctx, replay.Selection{Dataset: "sales", Reason: contracts.ReasonUnreadable})
	require.NoError(t, err)
	l.do(ctx, t, q, plan, "sales")
	require.Equal(t, [][]string{{"580000"}, {"580001"}, {"580002"}}, invoices())
	require.Empty(t, l.rows(ctx, t, `SELECT identity FROM "%s"."quarantine"`, l.Outputs.Databases["raw"]))
	require.Empty(t, l.status(ctx, t, "sales").Apart)
	eventually(ctx, t, 2*time.Minute,
		"no alarm after the mend", func() bool { return !l.raised(ctx, t, "sales-process")[alarm] })
}

// counted changes how many records landing has counted in a file.
func (l *lake) counted(ctx context.Context, t *testing.T, digest, records string) {
	t.Helper()
	table, set := l.Outputs.Tables["files"], "SET data_records = :records"
	_, err := dynamodb.NewFromConfig(l.config).UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &table, UpdateExpression: &set, ExpressionAttributeValues: map[string]types.AttributeValue{
			":records": &types.AttributeValueMemberN{Value: records},
		},
		Key: map[string]types.AttributeValue{
			"dataset": &types.AttributeValueMemberS{Value: "sales"},
			"file_id": &types.AttributeValueMemberS{Value: digest},
		},
	})
	require.NoError(t, err)
}

// arrive hands views to the function as the stream would have in an hour that is over.
func (l *lake) arrive(ctx context.Context, t *testing.T, hour time.Time, events int) {
	t.Helper()
	const shard = "shardId-000000000000"
	var records []any
	for range events {
		l.seed++
		at := hour.Add(time.Duration(l.seed%3000) * time.Second)
		data := fmt.Sprintf(`{"event_id":"past-%d","event_type":"product_view","event_time":%q,"visitor_id":"v%d","url":"/p","product_id":"20001"}`,
			l.seed, at.Format(time.RFC3339), l.seed%7)
		sequence := fmt.Sprintf("49590338271490256608559692538361571095921575989136%06d", l.seed)
		records = append(records, map[string]any{
			"kinesis": map[string]any{
				"kinesisSchemaVersion": "1.0", "partitionKey": "p", "sequenceNumber": sequence,
				"data":                        base64.StdEncoding.EncodeToString([]byte(data)),
				"approximateArrivalTimestamp": json.Number(fmt.Sprintf("%d.000", at.Unix())),
			},
			"eventSource": "aws:kinesis", "eventVersion": "1.0", "eventID": shard + ":" + sequence,
			"eventName": "aws:kinesis:record", "awsRegion": l.Outputs.Region,
			"eventSourceARN": l.streamARN(),
		})
	}
	payload, err := json.Marshal(map[string]any{"Records": records})
	require.NoError(t, err)
	function := l.Outputs.Functions["clicks"]
	answer, err := lambda.NewFromConfig(l.config).Invoke(ctx,
		&lambda.InvokeInput{FunctionName: &function, Payload: payload})
	require.NoError(t, err)
	require.Nil(t, answer.FunctionError, "%s", answer.Payload)
	require.JSONEq(t, `{"batchItemFailures":[]}`, string(answer.Payload))
}

// status reads how a pipeline is, as the command does.
func (l *lake) status(ctx context.Context, t *testing.T, pipeline string) status.Pipeline {
	t.Helper()
	set, err := contracts.Load()
	require.NoError(t, err)
	found := status.New(l.config, set, l.Outputs).Read(ctx)
	require.Empty(t, found.Unread)
	return found.Pipelines[slices.IndexFunc(found.Pipelines,
		func(p status.Pipeline) bool { return p.Name == pipeline })]
}
