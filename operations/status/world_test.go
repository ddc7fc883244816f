package status

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	alarmtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	gluetypes "github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/platform/outputs"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world is a stack in memory. Objects are "bucket/key" with the time they were written and their content.
type world struct {
	objects map[string]object
	tables  map[string]string // metadata_location by database.table
	files   map[string][]file // by dataset, in the order of arrival
	hours   []time.Time       // of clicks, marked
	runs    map[string][]sfntypes.ExecutionListItem
	alarms  cloudwatch.DescribeAlarmsOutput
	ended   sfn.DescribeExecutionOutput
	queues  map[string][3]string // visible, not visible and delayed, by URL
	metrics map[string][]float64 // by name, the newest first
	// throttled are the calls that are refused.
	throttled map[string]bool
}

var errThrottled = errors.New("ThrottlingException: Rate exceeded\nfor the account")

func (w *world) refused(call string) error {
	if w.throttled[call] {
		return errThrottled
	}
	return nil
}

func (w *world) DescribeExecution(
	_ context.Context, in *sfn.DescribeExecutionInput, _ ...func(*sfn.Options),
) (*sfn.DescribeExecutionOutput, error) {
	if *in.ExecutionArn != "arn:of:hour" {
		return nil, fmt.Errorf("no execution %s", *in.ExecutionArn)
	}
	return &w.ended, w.refused("DescribeExecution")
}

func (w *world) GetEventSourceMapping(
	_ context.Context, in *lambda.GetEventSourceMappingInput, _ ...func(*lambda.Options),
) (*lambda.GetEventSourceMappingOutput, error) {
	if *in.UUID != "mapping" {
		return nil, fmt.Errorf("no mapping %s", *in.UUID)
	}
	return &lambda.GetEventSourceMappingOutput{
		State: aws.String("Enabled"), LastProcessingResult: aws.String("OK"),
	}, w.refused("GetEventSourceMapping")
}

func (w *world) GetQueueAttributes(
	_ context.Context, in *sqs.GetQueueAttributesInput, _ ...func(*sqs.Options),
) (*sqs.GetQueueAttributesOutput, error) {
	found := map[string]string{}
	for i, name := range in.AttributeNames {
		found[string(name)] = cmp.Or(w.queues[*in.QueueUrl][i], "0")
	}
	return &sqs.GetQueueAttributesOutput{Attributes: found}, w.refused("GetQueueAttributes")
}

func (w *world) GetMetricStatistics(
	_ context.Context, in *cloudwatch.GetMetricStatisticsInput, _ ...func(*cloudwatch.Options),
) (*cloudwatch.GetMetricStatisticsOutput, error) {
	out := &cloudwatch.GetMetricStatisticsOutput{}
	for i, value := range w.metrics[*in.MetricName] {
		point := alarmtypes.Datapoint{Timestamp: aws.Time(now.Add(-time.Duration(i) * time.Minute))}
		if in.Statistics[0] == alarmtypes.StatisticMaximum {
			point.Maximum = &value
		} else {
			point.Sum = &value
		}
		out.Datapoints = slices.Insert(out.Datapoints, i/2, point) // in no order, as CloudWatch answers
	}
	return out, w.refused("GetMetricStatistics")
}

type object struct {
	at   time.Time
	text string
}

// GetObjectTagging gives an object whose content is "replayed" the tag of one.
func (w *world) GetObjectTagging(
	_ context.Context, in *s3.GetObjectTaggingInput, _ ...func(*s3.Options),
) (*s3.GetObjectTaggingOutput, error) {
	out := &s3.GetObjectTaggingOutput{}
	if w.objects[*in.Bucket+"/"+*in.Key].text == "replayed" {
		out.TagSet = []s3types.Tag{{Key: aws.String("replayed-at"), Value: aws.String("2026-03-01T11:00:00Z")}}
	}
	return out, nil
}

type file struct {
	arrival   time.Time
	key       string // of raw
	processed bool
	apart     string // the error for which it is
}

// ListObjectsV2 answers two entries a page.
func (w *world) ListObjectsV2(
	_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options),
) (*s3.ListObjectsV2Output, error) {
	out := &s3.ListObjectsV2Output{}
	last := ""
	for _, name := range slices.Sorted(maps.Keys(w.objects)) {
		bucket, key, _ := strings.Cut(name, "/")
		rest, ok := strings.CutPrefix(key, aws.ToString(in.Prefix))
		if bucket != *in.Bucket || !ok {
			continue
		}
		entry := key
		if folder, _, deeper := strings.Cut(rest, "/"); deeper && in.Delimiter != nil {
			entry = *in.Prefix + folder + "/"
		}
		if entry == last || entry <= aws.ToString(in.ContinuationToken) {
			continue
		}
		if len(out.Contents)+len(out.CommonPrefixes) == 2 {
			out.IsTruncated, out.NextContinuationToken = aws.Bool(true), aws.String(last)
			break
		}
		last = entry
		if entry == key {
			at := w.objects[name].at
			out.Contents = append(out.Contents, s3types.Object{Key: &entry, LastModified: &at})
		} else {
			out.CommonPrefixes = append(out.CommonPrefixes, s3types.CommonPrefix{Prefix: &entry})
		}
	}
	return out, nil
}

func (w *world) GetObject(
	_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options),
) (*s3.GetObjectOutput, error) {
	found, ok := w.objects[*in.Bucket+"/"+*in.Key]
	if !ok {
		return nil, fmt.Errorf("NoSuchKey")
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(found.text))}, nil
}

func (w *world) GetTable(
	_ context.Context, in *glue.GetTableInput, _ ...func(*glue.Options),
) (*glue.GetTableOutput, error) {
	location, ok := w.tables[*in.DatabaseName+"."+*in.Name]
	if !ok {
		location = "s3://lake/empty.json"
	}
	return &glue.GetTableOutput{
		Table: &gluetypes.Table{Parameters: map[string]string{"metadata_location": location}},
	}, nil
}

func (w *world) Query(
	_ context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options),
) (*dynamodb.QueryOutput, error) {
	out := &dynamodb.QueryOutput{}
	if err := w.refused("Query"); err != nil {
		return nil, err
	}
	if *in.TableName == "hours" {
		for _, hour := range w.hours {
			out.Items = append(out.Items, map[string]dynamotypes.AttributeValue{
				"hour": &dynamotypes.AttributeValueMemberS{Value: hour.Format(time.RFC3339)},
			})
		}
		return out, nil
	}
	for _, one := range w.files[in.ExpressionAttributeValues[":dataset"].(*dynamotypes.AttributeValueMemberS).Value] {
		if in.FilterExpression == nil || !one.processed || one.apart != "" {
			item := map[string]dynamotypes.AttributeValue{
				"arrival": &dynamotypes.AttributeValueMemberS{Value: one.arrival.Format(time.RFC3339)},
			}
			item["bucket"], item["key"] = &dynamotypes.AttributeValueMemberS{Value: "raw"},
				&dynamotypes.AttributeValueMemberS{Value: one.key}
			if one.apart != "" {
				item["file_id"], item["quarantine_error"] = &dynamotypes.AttributeValueMemberS{Value: "d1"},
					&dynamotypes.AttributeValueMemberS{Value: one.apart}
				item["quarantined_at"] = item["arrival"]
			}
			out.Items = append(out.Items, item)
		}
	}
	if in.ScanIndexForward != nil && !*in.ScanIndexForward {
		slices.Reverse(out.Items)
		out.Items = out.Items[:min(len(out.Items), int(aws.ToInt32(in.Limit)))]
	}
	return out, nil
}

func (w *world) ListExecutions(
	_ context.Context, in *sfn.ListExecutionsInput, _ ...func(*sfn.Options),
) (*sfn.ListExecutionsOutput, error) {
	return &sfn.ListExecutionsOutput{Executions: w.runs[*in.StateMachineArn]}, w.refused("ListExecutions")
}

func (w *world) DescribeAlarms(
	_ context.Context, in *cloudwatch.DescribeAlarmsInput, _ ...func(*cloudwatch.Options),
) (*cloudwatch.DescribeAlarmsOutput, error) {
	if in.StateValue != alarmtypes.StateValueAlarm {
		return nil, fmt.Errorf("all alarms were asked for")
	}
	return &w.alarms, w.refused("DescribeAlarms")
}

func metadata(t *testing.T, at time.Time, summary map[string]string) object {
	t.Helper()
	text, err := json.Marshal(map[string]any{"current-snapshot-id": 2, "snapshots": []any{
		map[string]any{
			"snapshot-id": 1, "timestamp-ms": at.Add(-time.Hour).UnixMilli(),
			"summary": map[string]string{"total-records": "1"},
		},
		map[string]any{"snapshot-id": 2, "timestamp-ms": at.UnixMilli(), "summary": summary},
	}})
	require.NoError(t, err)
	return object{at, string(text)}
}

func execution(name string, at time.Time, status sfntypes.ExecutionStatus) []sfntypes.ExecutionListItem {
	return []sfntypes.ExecutionListItem{
		{Name: &name, ExecutionArn: aws.String("arn:of:" + name), StartDate: &at, Status: status},
	}
}

func read(t *testing.T, change func(*world)) Status {
	t.Helper()
	w := &world{
		objects: map[string]object{
			"lake/empty.json": {now, `{"current-snapshot-id": -1, "snapshots": []}`},
			"lake/sales.json": metadata(t, now.Add(-10*time.Minute),
				map[string]string{"total-records": "120", "total-position-deletes": "20"}),
			"raw/clicks/ingest_date=2026-02-28/ingest_hour=23/a.gz": {
				at: now.Add(-13 * time.Hour),
			},
			"raw/clicks/ingest_date=2026-03-01/ingest_hour=10/b.gz": {
				at: now.Add(-90 * time.Minute),
			},
			"raw/clicks/ingest_date=2026-03-01/ingest_hour=11/c.gz": {
				at: now.Add(-2 * time.Minute),
			},
			"raw/clicks/ingest_date=2026-03-01/ingest_hour=11/d.gz": {
				at: now.Add(-1 * time.Minute),
			},
			"raw/quarantine/clicks/reason=wrong_type/ingest_date=2026-03-01/ingest_hour=01/e.gz": {
				at: now.Add(-11 * time.Hour),
			},
			"raw/quarantine/sales/reason=empty_file/ingest_date=2026-03-01/ingest_hour=03/f.gz": {
				at: now.Add(-9 * time.Hour),
			},
			"raw/quarantine/sales/reason=wrong_header/ingest_date=2026-03-01/ingest_hour=02/g.gz": {
				at: now.Add(-10 * time.Hour),
			},
			"raw/sales/h.gz": {at: now.Add(-4 * time.Minute)},
			"processed/clicks/event_date=2026-03-01/event_hour=11/c.parquet": {at: now.Add(-3 * time.Minute)},
			"artifacts/runs/sales/day-0/process.json": {
				text: `{"datasets":{"sales":{"received":10,"processed":7,"duplicates":2,"quarantined":1}}}`,
			},
			"artifacts/runs/sales/day-0/curate.json":  {text: `{"datasets":{"sales":{"received":10,"processed":10}}}`},
			"artifacts/runs/sales/day-1/process.json": {text: `{"datasets":{"sales":{"received":5,"processed":5}}}`},
			"artifacts/runs/clicks/hour/curate.json":  {text: `{"datasets":{"clicks":{"received":3,"processed":3}}}`},
		},
		tables: map[string]string{"db_processed.sales": "s3://lake/sales.json"},
		files: map[string][]file{
			"sales": {{arrival: now.Add(-3 * time.Hour), processed: true}, {
				arrival: now.Add(-30 * time.Minute), processed: false,
			}, {arrival: now.Add(-20 * time.Minute), key: "sales/h.gz"}},
			"products": {{arrival: now.Add(-26 * time.Hour), processed: false}},
		},
		runs: map[string][]sfntypes.ExecutionListItem{
			"sales-hourly":   execution("hour", now.Add(-2*time.Hour), sfntypes.ExecutionStatusFailed),
			"sales-backfill": execution("day", now.Add(-time.Hour), sfntypes.ExecutionStatusSucceeded),
			"clicks-hourly":  execution("hour", now.Add(-50*time.Minute), sfntypes.ExecutionStatusRunning),
		},
		alarms: sounding(),
	}
	if change != nil {
		change(w)
	}
	set, err := contracts.Load()
	require.NoError(t, err)
	stateMachines := map[string]outputs.StateMachines{}
	for _, pipeline := range set.Pipelines() {
		stateMachines[pipeline.Name] = outputs.StateMachines{
			Hourly: pipeline.Name + "-hourly", Backfill: pipeline.Name + "-backfill",
		}
	}
	reader := Reader{
		Contracts: set, Objects: w, Tables: w, Ledger: w, StateMachines: w, Mappings: w, Queues: w, Metrics: w,
		Now: now,
		Outputs: outputs.Outputs{
			Buckets: map[string]string{
				"raw": "raw", "processed": "processed", "curated": "curated", "artifacts": "artifacts",
				"discarded": "discarded",
			},
			AlarmsTopic: "topic",
			Databases:   map[string]string{"raw": "db_raw", "processed": "db_processed", "curated": "db_curated"},
			Tables:      map[string]string{"files": "files", "hours": "hours"}, StateMachines: stateMachines,
			Stream: "clicks", EventSourceMapping: "mapping", Functions: map[string]string{"clicks": "clicks"},
			Queues: map[string]string{
				"landing": "https://queues/landing", "landing-dead-letters": "https://queues/dead",
				"assets": "https://queues/assets", "sales-schedule-dead-letters": "https://queues/starts",
			},
		},
	}
	return reader.Read(t.Context())
}

// sounding are an alarm of this stack, and one of another.
func sounding() cloudwatch.DescribeAlarmsOutput {
	return cloudwatch.DescribeAlarmsOutput{MetricAlarms: []alarmtypes.MetricAlarm{
		{
			AlarmName: aws.String("ours"), AlarmActions: []string{"topic"},
			StateUpdatedTimestamp: aws.Time(now.Add(-5 * time.Minute)),
			AlarmDescription:      aws.String("Look. See docs/runbooks/job-failed.md."),
		},
		{AlarmName: aws.String("another stack's"), AlarmActions: []string{"other"}},
	}}
}
