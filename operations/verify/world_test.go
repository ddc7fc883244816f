package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/governance"
	"dataplatform/operations/erasure"
	"dataplatform/operations/grants"
	"dataplatform/operations/query"
	"dataplatform/operations/replay"
	"dataplatform/operations/statemachine"
	"dataplatform/platform/outputs"
)

const (
	topic  = "arn:aws:sns:eu-west-1:123456789012:alarms"
	people = "arn:aws:iam::123456789012:role/analyst"
	alarm  = "dataplatform-dev-landing-errors-1"
)

// analystRules let see what is not personal.
var analystRules = []governance.Rule{{
	Layers: []string{"processed", "curated"}, Classifications: []string{"public", "internal"},
}}

// world is a stack that does what it should, until a test changes what one part of it answers.
type world struct {
	mu      sync.Mutex
	objects map[string]time.Time // by bucket and key
	bodies  map[string][]byte    // by key
	set     *contracts.Set

	stored      string            // of the clicks sent
	reasons     map[string]string // of quarantine, by dataset
	lineType    string
	thumbnails  bool
	replayed    bool
	replayErr   error
	runErr      error
	noFile      bool
	destination string
	forbidden   string // role that may not be assumed
	open        []string
	answersAll  bool
	answersNone bool
	history     []string
	alarms      []types.MetricAlarm
	made        time.Time
	delivers    bool
	schedule    func(*scheduler.GetScheduleOutput) error
	running     int // answers for which something runs
	erased      erasure.Report
	eraseErr    error
	left        string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	set, err := contracts.Load()
	require.NoError(t, err)
	alarmed := types.MetricAlarm{
		AlarmName: aws.String(alarm), StateValue: types.StateValueOk, ActionsEnabled: aws.Bool(true),
		AlarmActions: []string{topic}, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1),
	}
	paging := alarmed
	paging.AlarmName = aws.String("dataplatform-dev-clickstream-freshness-1")
	others := alarmed
	others.AlarmName = aws.String("another-1")
	return &world{
		objects: map[string]time.Time{}, bodies: map[string][]byte{}, set: set, stored: fmt.Sprint(goodClicks),
		reasons: map[string]string{
			"clicks": contracts.ReasonUnknownField, "sales": contracts.ReasonWrongHeader,
			"assets": contracts.ReasonTruncatedImage,
		},
		lineType: "adjustment", thumbnails: true, destination: "arn:aws:s3:::b-discarded", made: time.Now(),
		delivers: true, left: "0", erased: erasure.Report{Request: "r1", State: "done"},
		alarms: []types.MetricAlarm{others, paging, alarmed},
		history: []string{
			"Alarm updated from OK to ALARM", "Successfully executed action " + topic, "Alarm updated from ALARM to OK",
		},
	}
}

// verifier is one of the world's stack.
func (w *world) verifier() *Verifier {
	buckets, stateMachines, schedules := map[string]string{}, map[string]outputs.StateMachines{}, map[string]string{}
	for _, layer := range strings.Fields("landing raw processed curated discarded artifacts logs audit") {
		buckets[layer] = "b-" + layer
	}
	for _, pipeline := range w.set.Pipelines() {
		arn := "arn:aws:states:eu-west-1:123456789012:stateMachine:" + pipeline.Name
		stateMachines[pipeline.Name] = outputs.StateMachines{Hourly: arn, Backfill: arn + "-backfill"}
		schedules[pipeline.Name] = pipeline.Name
	}
	client := Client{Objects: w, Query: func(string) Querier { return w }}
	return &Verifier{
		Client: client, Stream: w, Mappings: w, Ledger: w, StateMachines: w, Runner: w, Replayer: w, Eraser: eraser{w},
		Alarms: w, Schedules: w, Contracts: w.set, Poll: 10 * time.Second,
		As: func(_ context.Context, role string) (Client, error) {
			if role == w.forbidden {
				return Client{}, errors.New("AccessDenied: sts:AssumeRole on " + role)
			}
			return client, nil
		},
		Granted: func(context.Context) (grants.Report, error) {
			return grants.Report{Got: make([]governance.Cell, 7), Open: w.open}, nil
		},
		Outputs: outputs.Outputs{
			Stack: "dev", Region: "eu-west-1", Buckets: buckets, Stream: "clicks", Workgroup: "analysts",
			Databases:     map[string]string{"raw": "r", "processed": "p", "curated": "c"},
			StateMachines: stateMachines, Schedules: schedules, AlarmsTopic: topic, EventSourceMapping: "uuid",
			ErasureStateMachine: "arn:aws:states:eu-west-1:123456789012:stateMachine:erase",
			ProducerRole:        "arn:aws:iam::123456789012:role/producer",
			AssetSourceRole:     "arn:aws:iam::123456789012:role/source",
			Tables:              map[string]string{"files": "files"}, Functions: map[string]string{"clicks": "clicks"},
			Principals: map[string]governance.Principal{
				"analyst": {ARN: people, Workgroup: "analysts", Rules: analystRules},
				"sales":   {ARN: "arn:aws:iam::123456789012:role/sales"},
			},
		},
	}
}

func (w *world) PutRecord(
	context.Context, *kinesis.PutRecordInput, ...func(*kinesis.Options),
) (*kinesis.PutRecordOutput, error) {
	return &kinesis.PutRecordOutput{ShardId: aws.String("shardId-1"), SequenceNumber: aws.String("7")}, nil
}

func (w *world) PutObject(
	_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options),
) (*s3.PutObjectOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	body, err := io.ReadAll(in.Body)
	w.bodies[*in.Key], w.objects[*in.Bucket+"/"+*in.Key] = body, time.Now()
	return &s3.PutObjectOutput{VersionId: aws.String("v1")}, err
}

func (w *world) DeleteObject(
	_ context.Context, in *s3.DeleteObjectInput, _ ...func(*s3.Options),
) (*s3.DeleteObjectOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.objects, *in.Bucket+"/"+*in.Key)
	return &s3.DeleteObjectOutput{VersionId: aws.String("v2")}, nil
}

func (w *world) ListObjectsV2(
	_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options),
) (*s3.ListObjectsV2Output, error) {
	out := &s3.ListObjectsV2Output{}
	at := path.Join(*in.Bucket, *in.Prefix)
	if strings.HasPrefix(at, "b-processed/thumbnails/") && w.thumbnails ||
		(*in.Bucket == "b-logs" || *in.Bucket == "b-audit") && w.delivers {
		out.Contents = []s3types.Object{{Key: in.Prefix, LastModified: aws.Time(time.Now())}}
	}
	return out, nil
}

// Run answers what a stack like this would.
func (w *world) Run(_ context.Context, sql string) (query.Result, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	value := func(text string) (query.Result, error) { return query.Result{Rows: [][]string{{text}}}, nil }
	switch {
	case strings.HasPrefix(sql, "SELECT CAST((SELECT"):
		for key := range w.bodies {
			if strings.HasPrefix(key, "sales/") && strings.Contains(key, Customer) {
				return value("1") // no erasure takes the name of a refused file out of quarantine's row
			}
		}
		return value(w.left)
	case strings.Contains(sql, "given-up'"):
		return value(map[bool]string{true: "1", false: "0"}[w.replayed])
	case strings.Contains(sql, `"p"."clicks" WHERE event_date`):
		return value(w.stored)
	case strings.Contains(sql, `"r"."quarantine" WHERE dataset`):
		for dataset, reason := range w.reasons {
			if strings.Contains(sql, "'"+dataset+"'") && reason != "" {
				return value(reason)
			}
		}
		return query.Result{}, nil
	case strings.Contains(sql, "SELECT line_type"):
		return value(w.lineType)
	case strings.Contains(sql, "SELECT thumbnail_key"):
		for key, body := range w.bodies {
			if strings.HasSuffix(key, "-good.png") {
				return value("thumbnails/" + digest(body) + "/320.png")
			}
		}
		return query.Result{}, nil
	}
	return w.asPeople(sql)
}

// asPeople answers an analyst: columns of personal data are none that there are.
func (w *world) asPeople(sql string) (query.Result, error) {
	for _, cell := range governance.Expect(w.set, []governance.Principal{{
		Name: "analyst", ARN: people,
		Rules: analystRules,
	}}) {
		layer, table, _ := strings.Cut(cell.Table, ".")
		if cell.Principal == "analyst" && cell.Allowed &&
			sql == fmt.Sprintf(`SELECT "%s" FROM "%s"."%s" LIMIT 1`, cell.Column, layer[:1], table) && !w.answersNone {
			return query.Result{}, nil
		}
	}
	if w.answersAll {
		return query.Result{}, nil
	}
	return query.Result{}, errors.New("COLUMN_NOT_FOUND")
}

func (w *world) GetEventSourceMapping(
	context.Context, *lambda.GetEventSourceMappingInput, ...func(*lambda.Options),
) (*lambda.GetEventSourceMappingOutput, error) {
	return &lambda.GetEventSourceMappingOutput{
		EventSourceArn: aws.String("arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"),
		DestinationConfig: &lambdatypes.DestinationConfig{
			OnFailure: &lambdatypes.OnFailure{Destination: &w.destination},
		},
	}, nil
}

func (w *world) GetBucketEncryption(
	_ context.Context, in *s3.GetBucketEncryptionInput, _ ...func(*s3.Options),
) (*s3.GetBucketEncryptionOutput, error) {
	key := "arn:aws:kms:eu-west-1:123456789012:key/" + *in.Bucket
	return &s3.GetBucketEncryptionOutput{
		ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{
			Rules: []s3types.ServerSideEncryptionRule{{
				ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{KMSMasterKeyID: &key},
			}},
		},
	}, nil
}

func (w *world) DescribeStreamSummary(
	context.Context, *kinesis.DescribeStreamSummaryInput, ...func(*kinesis.Options),
) (*kinesis.DescribeStreamSummaryOutput, error) {
	return &kinesis.DescribeStreamSummaryOutput{StreamDescriptionSummary: &kinesistypes.StreamDescriptionSummary{
		KeyId: aws.String("arn:aws:kms:eu-west-1:123456789012:key/stream"),
	}}, nil
}

func (w *world) GetItem(
	_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options),
) (*dynamodb.GetItemOutput, error) {
	if w.noFile {
		return &dynamodb.GetItemOutput{}, nil
	}
	return &dynamodb.GetItemOutput{Item: map[string]dynamodbtypes.AttributeValue{"file_id": in.Key["file_id"]}}, nil
}

func (w *world) Once(context.Context, string, string, []string) ([]statemachine.Counted, error) {
	return nil, w.runErr
}

func (w *world) Replay(_ context.Context, batch replay.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found struct{ Payload string }
	if err := json.Unmarshal(w.bodies[batch.Key], &found); err != nil || w.replayErr != nil {
		return errors.Join(err, w.replayErr)
	}
	w.replayed = true
	return nil
}

func (w *world) ListExecutions(
	_ context.Context, in *sfn.ListExecutionsInput, _ ...func(*sfn.Options),
) (*sfn.ListExecutionsOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running > 0 {
		w.running--
		return &sfn.ListExecutionsOutput{
			Executions: []sfntypes.ExecutionListItem{{ExecutionArn: in.StateMachineArn}},
		}, nil
	}
	return &sfn.ListExecutionsOutput{}, nil
}

func (w *world) DescribeStateMachine(
	context.Context, *sfn.DescribeStateMachineInput, ...func(*sfn.Options),
) (*sfn.DescribeStateMachineOutput, error) {
	return &sfn.DescribeStateMachineOutput{CreationDate: &w.made}, nil
}

func (w *world) DescribeAlarms(
	context.Context, *cloudwatch.DescribeAlarmsInput, ...func(*cloudwatch.Options),
) (*cloudwatch.DescribeAlarmsOutput, error) {
	return &cloudwatch.DescribeAlarmsOutput{
		MetricAlarms: slices.Clone(w.alarms), CompositeAlarms: []types.CompositeAlarm{{
			AlarmRule: aws.String(`ALARM("dataplatform-dev-clickstream-freshness-1")`),
		}},
	}, nil
}

func (w *world) SetAlarmState(
	_ context.Context, in *cloudwatch.SetAlarmStateInput, _ ...func(*cloudwatch.Options),
) (*cloudwatch.SetAlarmStateOutput, error) {
	if *in.AlarmName != alarm {
		return nil, errors.New("set off " + *in.AlarmName)
	}
	return &cloudwatch.SetAlarmStateOutput{}, nil
}

func (w *world) DescribeAlarmHistory(
	_ context.Context, in *cloudwatch.DescribeAlarmHistoryInput, _ ...func(*cloudwatch.Options),
) (*cloudwatch.DescribeAlarmHistoryOutput, error) {
	out := &cloudwatch.DescribeAlarmHistoryOutput{}
	for _, summary := range w.history {
		out.AlarmHistoryItems = append(out.AlarmHistoryItems,
			types.AlarmHistoryItem{AlarmName: in.AlarmName, HistorySummary: aws.String(summary)})
	}
	return out, nil
}

func (w *world) GetSchedule(
	_ context.Context, in *scheduler.GetScheduleInput, _ ...func(*scheduler.Options),
) (*scheduler.GetScheduleOutput, error) {
	out := &scheduler.GetScheduleOutput{
		State: schedulertypes.ScheduleStateEnabled, ScheduleExpression: aws.String("cron(5 * * * ? *)"),
		Target: &schedulertypes.Target{
			Arn: aws.String("arn:aws:states:eu-west-1:123456789012:stateMachine:" + *in.Name),
		},
	}
	if w.schedule != nil && *in.Name == "sales" {
		return out, w.schedule(out)
	}
	return out, nil
}

// eraser erases what a world has.
type eraser struct{ *world }

func (w eraser) RunSince(_ context.Context, customer string, since time.Time) (erasure.Report, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, key := range slices.Collect(maps.Keys(w.objects)) {
		if strings.Contains(key, "/assets/") {
			return erasure.Report{}, errors.New("the assets were not deleted before")
		}
	}
	if customer != Customer {
		return erasure.Report{}, errors.New("erases " + customer)
	}
	for key, put := range w.objects {
		if old := put.Sub(since); old < 0 || old > time.Hour {
			return erasure.Report{}, fmt.Errorf("%s is looked for in what was written since %s, %s before", key, since, old)
		}
	}
	return w.erased, w.eraseErr
}
