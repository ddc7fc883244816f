package status

import (
	"context"
	"encoding/json"
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
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/operations/runs"
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
	return &sfn.ListExecutionsOutput{Executions: w.runs[*in.StateMachineArn]}, nil
}

func (w *world) DescribeAlarms(
	_ context.Context, in *cloudwatch.DescribeAlarmsInput, _ ...func(*cloudwatch.Options),
) (*cloudwatch.DescribeAlarmsOutput, error) {
	if in.StateValue != alarmtypes.StateValueAlarm {
		return nil, fmt.Errorf("all alarms were asked for")
	}
	return &w.alarms, nil
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
	return []sfntypes.ExecutionListItem{{Name: &name, StartDate: &at, Status: status}}
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
		alarms: cloudwatch.DescribeAlarmsOutput{MetricAlarms: []alarmtypes.MetricAlarm{
			{
				AlarmName: aws.String("ours"), AlarmActions: []string{"topic"},
				StateUpdatedTimestamp: aws.Time(now.Add(-5 * time.Minute)),
				AlarmDescription:      aws.String("Look. See docs/runbooks/job-failed.md."),
			},
			{AlarmName: aws.String("another stack's"), AlarmActions: []string{"other"}},
		}},
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
	reader := Reader{Contracts: set, Objects: w, Tables: w, Ledger: w, StateMachines: w, Alarms: w, Now: now,
		Outputs: outputs.Outputs{
			Buckets: map[string]string{
				"raw": "raw", "processed": "processed", "curated": "curated", "artifacts": "artifacts",
				"discarded": "discarded",
			},
			AlarmsTopic: "topic",
			Databases:   map[string]string{"raw": "db_raw", "processed": "db_processed", "curated": "db_curated"},
			Tables:      map[string]string{"files": "files", "hours": "hours"}, StateMachines: stateMachines,
		}}
	status, err := reader.Read(t.Context())
	require.NoError(t, err)
	return status
}

func (s Status) dataset(id string) Dataset {
	return s.Datasets[slices.IndexFunc(s.Datasets, func(d Dataset) bool { return d.ID == id })]
}

func (s Status) pipelineOf(name string) Pipeline {
	return s.Pipelines[slices.IndexFunc(s.Pipelines, func(p Pipeline) bool { return p.Name == name })]
}

func TestRead(t *testing.T) {
	s := read(t, nil)
	for id, want := range map[string]Dataset{
		"raw.clicks":           {Newest: now.Add(-time.Minute), Rows: -1, SLO: 5 * time.Minute},
		"processed.clicks":     {Newest: now.Add(-3 * time.Minute), Rows: -1, SLO: 15 * time.Minute},
		"raw.quarantine":       {Newest: now.Add(-9 * time.Hour), Rows: -1, SLO: 15 * time.Minute},
		"raw.sales":            {Newest: now.Add(-4 * time.Minute), Rows: -1, SLO: time.Hour},
		"processed.sales":      {Newest: now.Add(-10 * time.Minute), Rows: 100, SLO: time.Hour},
		"curated.sales_hourly": {Rows: 0, SLO: time.Hour},
		"raw.assets":           {Rows: -1, SLO: 15 * time.Minute},
	} {
		want.ID = id
		assert.Equal(t, want, s.dataset(id))
	}
	sales, clicks, products := s.pipelineOf("sales"), s.pipelineOf("clicks"), s.pipelineOf("products")
	assert.Equal(t, Run{"backfill", "SUCCEEDED", now.Add(-time.Hour),
		&runs.Counts{Received: 15, Processed: 12, Duplicates: 2, Quarantined: 1}}, sales.Last)
	assert.Equal(t, 2, sales.Waiting)
	assert.Equal(t, now.Add(-30*time.Minute), sales.Since)
	assert.False(t, sales.Late(now), "the oldest has half an hour left")
	assert.Equal(t, &runs.Counts{Received: 3, Processed: 3}, clicks.Last.Counts)
	assert.Equal(t, 2*time.Minute, clicks.Behind)
	assert.False(t, clicks.Late(now))
	assert.Empty(t, products.Last.Status)
	assert.True(t, products.Late(now))
	assert.Equal(t, []Alarm{{"ours", now.Add(-5 * time.Minute), "docs/runbooks/job-failed.md"}}, s.Alarms)
}

func TestAStoppedStreamIsLate(t *testing.T) {
	s := read(t, func(w *world) {
		w.objects["processed/clicks/event_date=2026-03-01/event_hour=11/c.parquet"] = object{
			at: now.Add(-30 * time.Minute),
		}
	})
	assert.True(t, s.pipelineOf("clicks").Late(now))
	quiet := read(t, func(w *world) {
		for name := range w.objects {
			if strings.Contains(name, "clicks/ingest_date") || strings.Contains(name, "clicks/event_date") {
				w.objects[name] = object{at: now.Add(-48 * time.Hour)}
			}
		}
	})
	assert.False(t, quiet.pipelineOf("clicks").Late(now), "nothing came, so nothing is late")
}

// What was quarantined is not behind: the function has processed it.
func TestAStreamOfNothingButBadEventsIsNotLate(t *testing.T) {
	const bad = "raw/quarantine/clicks/reason=wrong_type/ingest_date=2026-03-01/ingest_hour=11/e.gz"
	const good = "processed/clicks/event_date=2026-03-01/event_hour=11/c.parquet"
	for name, tt := range map[string]struct {
		processed, quarantined time.Duration // ago; 0 is never
		late                   bool
	}{
		"of late":                {30 * time.Minute, 2 * time.Minute, false},
		"ever":                   {0, 2 * time.Minute, false},
		"before it stopped":      {30 * time.Minute, 29 * time.Minute, true},
		"good ones came as well": {time.Minute, 40 * time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := read(t, func(w *world) {
				w.objects[bad] = object{at: now.Add(-tt.quarantined)}
				w.objects[good] = object{at: now.Add(-tt.processed)}
				if tt.processed == 0 {
					delete(w.objects, good)
				}
			})
			assert.Equal(t, tt.late, s.pipelineOf("clicks").Late(now))
		})
	}
}

func TestJSON(t *testing.T) {
	text, err := json.Marshal(read(t, func(w *world) {
		w.files["sales"] = append(w.files["sales"], file{arrival: now, apart: "ArithmeticException"})
	}))
	require.NoError(t, err)
	var found struct {
		At        time.Time
		Datasets  []map[string]any
		Pipelines []map[string]any
		Alarms    []map[string]any
	}
	require.NoError(t, json.Unmarshal(text, &found))
	assert.Equal(t, now, found.At)
	assert.Contains(t, found.Datasets, map[string]any{
		"id": "processed.sales", "written": "2026-03-01T11:50:00Z", "promiseSeconds": 3600.0, "rows": 100.0,
	})
	assert.Contains(t, found.Datasets,
		map[string]any{"id": "raw.assets", "written": nil, "promiseSeconds": 900.0, "rows": nil})
	assert.Contains(t, found.Pipelines, map[string]any{
		"name": "sales", "promiseSeconds": 3600.0, "waiting": 2.0, "waitingSince": "2026-03-01T11:30:00Z",
		"hoursWithoutRun": []any{}, "behindSeconds": 0.0,
		"apart": []any{map[string]any{"file": "d1", "error": "ArithmeticException"}}, "late": false, "givenUp": 0.0,
		"lastRun": map[string]any{
			"machine": "backfill", "status": "SUCCEEDED", "started": "2026-03-01T11:00:00Z",
			"counts": map[string]any{
				"received": 15.0, "processed": 12.0, "duplicates": 2.0, "quarantined": 1.0, "lost": 0.0,
			},
		},
	})
	assert.Equal(t, []map[string]any{
		{"name": "ours", "since": "2026-03-01T11:55:00Z", "runbook": "docs/runbooks/job-failed.md"},
	}, found.Alarms)
}

// A file that is put apart does not wait: no run takes it until it is asked to.
func TestFilesPutApartAreNamed(t *testing.T) {
	s := read(t, func(w *world) {
		w.files["sales"] = []file{{arrival: now.Add(-26 * time.Hour), apart: "ArithmeticException"},
			{arrival: now.Add(-time.Minute)}}
	})
	sales := s.pipelineOf("sales")
	assert.Equal(t, []Apart{{"d1", "ArithmeticException"}}, sales.Apart)
	assert.Equal(t, []any{1, false}, []any{sales.Waiting, sales.Late(now)})
	var out strings.Builder
	require.NoError(t, s.Print(&out))
	assert.Contains(t, out.String(),
		"APART sales file d1: ArithmeticException\n1 files of sales are put apart; when they are mended: dataplatform replay quarantine --dataset sales --reason unreadable\n")
}

// What no run has taken is late when the SLO of curated has passed since the hour ended.
func TestHoursOfRawWithoutARun(t *testing.T) {
	marked := func(hours ...time.Time) Status { return read(t, func(w *world) { w.hours = hours }) }
	s := marked(now.Add(-2*time.Hour), now.Add(-time.Hour), now)
	clicks := s.pipelineOf("clicks")
	assert.Equal(t, []time.Time{now.Add(-2 * time.Hour), now.Add(-time.Hour)}, clicks.Hours,
		"the hour that runs is nobody's yet")
	assert.False(t, clicks.Late(now))
	assert.Equal(t, "2 hours of raw without a run, the oldest 2026-03-01T10", s.waits(clicks))
	clicks = marked(now.Add(-3 * time.Hour)).pipelineOf("clicks")
	assert.True(t, clicks.Late(now))
	assert.Empty(t, marked(now).pipelineOf("clicks").Hours)
}

func TestPrint(t *testing.T) {
	var out strings.Builder
	require.NoError(t, read(t, nil).Print(&out))
	lines := make([]string, 0, 40)
	for line := range strings.Lines(out.String()) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	for _, want := range []string{
		"raw.clicks 1 min ago 5 min -", "processed.sales 10 min ago 1 h 100", "curated.sales_hourly never 1 h 0",
		"sales backfill SUCCEEDED 1 h ago 15 12 2 1 2 files, the oldest from 30 min ago",
		"products never never - - - - 1 files, the oldest from 1 d ago, LATE",
		"ALARM ours since 5 min ago, see docs/runbooks/job-failed.md",
	} {
		assert.Contains(t, lines, want)
	}
	assert.Less(t, strings.Count(out.String(), "\n"), 40, "one screen")
}
