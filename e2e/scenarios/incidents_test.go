package scenarios

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/e2e/load"
	"dataplatform/operations/status"
)

// quickAlarmMinute is how long a minute of alarms is while those of an hour are waited for. All are looked at ten times
// a second then, so it is so for no longer.
const quickAlarmMinute = 0.2

// TestIncidents causes one thing after the other that goes wrong on a platform. Each makes an alarm sound and shows in
// status, and is mended by the commands of its runbook alone; then nothing is lost, and nothing is there twice. One run
// mends what several incidents left, where their pages say the same: a run takes most of the time.
func TestIncidents(t *testing.T) {
	ctx, l, options := deployed(t)
	o := newOperator(ctx, t, l)
	o.pace(ctx, t, 2*alarmMinute)
	now := time.Now().UTC().Truncate(time.Hour)
	ran := now.Add(-8 * time.Hour)
	for _, incident := range []struct {
		name string
		run  func()
	}{
		{"the shell of a rehearsal", func() { o.rehearsal(ctx, t, options) }},
		// The first, as the tables may or may not have what comes in an hour that is not over.
		{"an hour that was forgotten", func() { o.forgottenHour(ctx, t, ran) }},
		{"a wrong deployment", func() { o.wrongDeployment(ctx, t) }},
		{"sink, log and destination denied", func() { o.everythingDenied(ctx, t) }},
		{"throttles of DynamoDB and S3", func() { o.throttled(ctx, t) }},
		{"a job killed while it publishes", func() { o.killedPublishing(ctx, t) }},
		{"a file that cannot be read", func() { o.fileApart(ctx, t) }},
		{"six hours without a run", func() { o.sixHours(ctx, t, now, ran) }},
		{"protection that is taken away", func() { o.protectionTaken(ctx, t) }},
	} {
		o.since = time.Now()
		incident.run()
		fmt.Fprintf(os.Stderr, "%s: %.0f s\n", incident.name, time.Since(o.since).Seconds())
	}
	destroyed(ctx, t, l)
}

// apart are files of which landing counts more records in the second than are there.
func (o *operator) apart() (drops []load.Drop, digest string) {
	for i := range 3 {
		drops = append(drops, load.Drop{
			Name: fmt.Sprintf("%d.csv", i), Arrival: time.Date(2025, time.June, 6, 10, 20, 0, 0, time.UTC),
			Content: fmt.Appendf(nil,
				"%s58000%d,20001,LANTERN,2,2025-06-06 10:05:00,1.25,12000.0,France\n", salesHeaderLine, i),
		})
	}
	return drops, load.Digest(drops[1].Content)
}

// fileApart looks at what the run after killedPublishing made of a file that cannot be read, among good ones.
func (o *operator) fileApart(ctx context.Context, t *testing.T) {
	const alarm = "sales-process-files-apart"
	o.since = o.killed // the run that mended the last incident put the file apart
	drops, digest := o.apart()
	invoices := func() [][]string {
		return o.rows(ctx, t,
			`SELECT invoice_no FROM "%s"."sales" WHERE invoice_no LIKE '58000%%' ORDER BY invoice_no`,
			o.Outputs.Databases["processed"])
	}
	unreadable := func() [][]string {
		return o.rows(ctx, t, `SELECT identity FROM "%s"."quarantine" WHERE dataset = 'sales' AND reason = '%s'`,
			o.Outputs.Databases["raw"], contracts.ReasonUnreadable)
	}
	o.sounding(ctx, t, alarm, func() {}, "APART sales file "+digest+": CountError")
	require.Equal(t, [][]string{{"580000"}, {"580002"}}, invoices(), "the others were published in the same run")
	require.Equal(t, [][]string{{digest + ":0"}}, unreadable())
	require.Equal(t, []status.Apart{{File: digest, Error: "CountError"}}, o.status(ctx, t, "sales").Apart)

	o.counted(ctx, t, digest, "1") // the mend
	o.follow(ctx, t, "files-apart", map[string]string{"dataset": "sales"})
	require.Equal(t, [][]string{{"580000"}, {"580001"}, {"580002"}}, invoices())
	require.Empty(t, unreadable())
	require.Empty(t, o.status(ctx, t, "sales").Apart)
	o.sales = plus(o.sales, load.Expected{Received: len(drops), Processed: len(drops)})
	requireCounts(t, o.sales, o.countSales(ctx, t))
	o.pace(ctx, t, quickAlarmMinute)
	o.over(ctx, t, alarm)
	o.pace(ctx, t, 2*alarmMinute)
}

// sixHours lets clicks come for six hours without a run, and again into an hour that had one. What the incidents before
// it left for a run, the same run takes.
func (o *operator) sixHours(ctx context.Context, t *testing.T, now, ran time.Time) {
	const alarm = "clicks-hourly-freshness"
	o.pace(ctx, t, quickAlarmMinute)
	require.NotContains(t, o.status(ctx, t, "clicks").Hours, ran)
	o.over(ctx, t, alarm)
	waiting := []time.Time{ran}
	o.arrive(ctx, t, ran, 2)
	for hours := 6; hours > 0; hours-- {
		hour := now.Add(-time.Duration(hours) * time.Hour)
		o.arrive(ctx, t, hour, 5)
		waiting = append(waiting, hour)
	}
	require.Subset(t, o.status(ctx, t, "clicks").Hours, waiting)
	o.sounding(ctx, t, alarm, func() { o.arrive(ctx, t, now.Add(-time.Hour), 1) },
		"hours of raw without a run", "LATE")
	o.pace(ctx, t, 2*alarmMinute)

	require.Contains(t, o.follow(ctx, t, "hours-stale", map[string]string{"dataset": "clicks"}),
		"clicks curate, hours that waited, too: ")
	for _, taken := range waiting {
		require.NotContains(t, o.status(ctx, t, "clicks").Hours, taken)
	}
	o.requireClicks(ctx, t)
	require.NoError(t, o.runClicks(ctx, time.Now())) // the hour that is not over, too
	o.requireAgreements(ctx, t)
	o.pace(ctx, t, quickAlarmMinute)
	o.over(ctx, t, alarm)
	o.pace(ctx, t, 2*alarmMinute)
}

// forgottenHour loses the mark of an hour: a run of a later one sees that its rows are nowhere.
func (o *operator) forgottenHour(ctx context.Context, t *testing.T, ran time.Time) {
	const alarm = "clicks-curate-tables-disagree"
	hour := ran.Add(-22 * time.Hour)
	o.arrive(ctx, t, ran, 3)
	o.arrive(ctx, t, hour, 4)
	table := o.Outputs.Tables["hours"]
	_, err := dynamodb.NewFromConfig(o.config).DeleteItem(ctx,
		&dynamodb.DeleteItemInput{TableName: &table, Key: map[string]types.AttributeValue{
			"dataset": &types.AttributeValueMemberS{Value: "clicks"},
			"hour":    &types.AttributeValueMemberS{Value: hour.Format(time.RFC3339)},
		}})
	require.NoError(t, err)
	require.NoError(t, o.stateMachines.Hours(ctx, o.Outputs.StateMachines["clicks"].Hourly, ran, ran.Add(time.Hour)))
	o.sounding(ctx, t, alarm, func() {})

	o.follow(ctx, t, "tables-disagree", map[string]string{
		"start": hour.Format(time.RFC3339), "end": hour.Add(time.Hour).Format(time.RFC3339),
	})
	o.requireAgreements(ctx, t)
	o.pace(ctx, t, quickAlarmMinute)
	o.over(ctx, t, alarm)
	o.pace(ctx, t, 2*alarmMinute)
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
		l.session.Ledger.Clicks = append(l.session.Ledger.Clicks, load.Click{
			Identity: shard + ":" + sequence + ":0", EventID: fmt.Sprintf("past-%d", l.seed), SentAt: at,
		})
	}
	l.clicks = plus(l.clicks, load.Expected{Received: events, Processed: events})
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
