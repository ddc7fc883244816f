package status

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	alarmtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"dataplatform/contracts"
	"dataplatform/operations/runs"
	"dataplatform/operations/target"
)

func (r *Reader) dataset(ctx context.Context, contract *contracts.Contract) (Dataset, error) {
	d := Dataset{ID: contract.ID, Rows: -1, SLO: contract.SLA.Latency}
	var err error
	switch {
	case contract.Format == contracts.FormatIceberg:
		d.Newest, d.Rows, err = r.iceberg(ctx, contract)
	case contract.Source == contracts.SourceBeside:
		d.Newest, err = r.newestObject(ctx, r.Outputs.Buckets[contract.Layer], contract.Prefix())
	case contract.Layer == contracts.LayerRaw && contract.Source != contracts.SourceStream &&
		contract.Source != contracts.SourcePlatform:
		d.Newest, err = r.newestFile(ctx, contract.Dataset)
	default:
		d.Newest, err = r.newestObject(ctx, r.Outputs.Buckets[contract.Layer], contract.Dataset+"/")
	}
	return d, err
}

// iceberg reads when a table was last published and how many rows it has from the metadata that the catalog points at.
func (r *Reader) iceberg(ctx context.Context, contract *contracts.Contract) (time.Time, int64, error) {
	database := r.Outputs.Databases[contract.Layer]
	got, err := r.Tables.GetTable(ctx, &glue.GetTableInput{DatabaseName: &database, Name: aws.String(contract.Dataset)})
	if err != nil {
		return time.Time{}, 0, err
	}
	location := got.Table.Parameters["metadata_location"]
	if location == "" {
		return time.Time{}, 0, fmt.Errorf("the catalog has no metadata_location of %s.%s", database, contract.Dataset)
	}
	bucket, key := target.SplitURI(location)
	var metadata struct {
		Current   *int64 `json:"current-snapshot-id"`
		Snapshots []struct {
			ID      int64             `json:"snapshot-id"`
			At      int64             `json:"timestamp-ms"`
			Summary map[string]string `json:"summary"`
		} `json:"snapshots"`
	}
	if err := r.json(ctx, bucket, key, &metadata); err != nil {
		return time.Time{}, 0, err
	}
	for _, snapshot := range metadata.Snapshots {
		if metadata.Current == nil || snapshot.ID != *metadata.Current {
			continue
		}
		rows, err := strconv.ParseInt(snapshot.Summary["total-records"], 10, 64)
		if err != nil {
			return time.Time{}, 0, fmt.Errorf("%s: total-records: %w", location, err)
		}
		deleted, err := strconv.ParseInt(snapshot.Summary["total-position-deletes"], 10, 64)
		if err != nil {
			deleted = 0 // writers leave it out when there are none
		}
		return time.UnixMilli(snapshot.At).UTC(), rows - deleted, nil
	}
	return time.Time{}, 0, nil // nothing was ever published
}

// newestFile is when the file that arrived last was written: its arrival is what the source says, which may be years
// ago.
func (r *Reader) newestFile(ctx context.Context, dataset string) (time.Time, error) {
	input := r.files(dataset)
	input.ScanIndexForward, input.Limit = aws.Bool(false), aws.Int32(1)
	page, err := r.Ledger.Query(ctx, input)
	if err != nil || len(page.Items) == 0 {
		return time.Time{}, err
	}
	return r.newestObject(ctx, attribute(page.Items[0], "bucket"), attribute(page.Items[0], "key"))
}

func (r *Reader) files(dataset string) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		TableName: aws.String(r.Outputs.Tables["files"]),
		IndexName: aws.String("by_arrival"), KeyConditionExpression: aws.String("dataset = :dataset"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":dataset": &types.AttributeValueMemberS{Value: dataset},
		},
	}
}

func instant(item map[string]types.AttributeValue, attribute string) (time.Time, error) {
	text, ok := item[attribute].(*types.AttributeValueMemberS)
	if !ok {
		return time.Time{}, fmt.Errorf("an item of the ledger has no %s", attribute)
	}
	return time.Parse(time.RFC3339, text.Value)
}

// newestObject is when the newest partitions below a prefix were last written: of dates and hours the last one is
// looked into, of other folders each.
func (r *Reader) newestObject(ctx context.Context, bucket, prefix string) (time.Time, error) {
	var newest time.Time
	var folders []string
	pages := s3.NewListObjectsV2Paginator(r.Objects,
		&s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix, Delimiter: aws.String("/")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return time.Time{}, fmt.Errorf("list s3://%s/%s: %w", bucket, prefix, err)
		}
		for _, object := range page.Contents {
			if at := aws.ToTime(object.LastModified).UTC(); at.After(newest) {
				newest = at
			}
		}
		for _, folder := range page.CommonPrefixes {
			folders = append(folders, aws.ToString(folder.Prefix))
		}
	}
	slices.Sort(folders)
	if n := len(folders); n > 0 && partition(folders[n-1]) {
		folders = folders[n-1:]
	}
	for _, folder := range folders {
		at, err := r.newestObject(ctx, bucket, folder)
		if err != nil {
			return time.Time{}, err
		}
		if at.After(newest) {
			newest = at
		}
	}
	return newest, nil
}

// partition says whether folders of this kind are in the order of time.
func partition(folder string) bool {
	name, _, ok := strings.Cut(folder[strings.LastIndex(strings.TrimSuffix(folder, "/"), "/")+1:], "=")
	return ok && (strings.HasSuffix(name, "_date") || strings.HasSuffix(name, "_hour"))
}

func (r *Reader) pipeline(ctx context.Context, pipeline contracts.Pipeline) (Pipeline, error) {
	p := Pipeline{Name: pipeline.Name, SLO: pipeline.Processed.SLA.Latency}
	for _, curated := range pipeline.Curated {
		if p.Curated == 0 || curated.SLA.Latency < p.Curated {
			p.Curated = curated.SLA.Latency
		}
	}
	arns, ok := r.Outputs.StateMachines[pipeline.Name]
	if !ok {
		return p, fmt.Errorf("the stack's outputs name no state machines of it")
	}
	name := ""
	for stateMachine, arn := range map[string]string{"hourly": arns.Hourly, "backfill": arns.Backfill} {
		got, err := r.StateMachines.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: &arn, MaxResults: 1})
		if err != nil {
			return p, fmt.Errorf("executions of %s: %w", arn, err)
		}
		for _, execution := range got.Executions { // the newest
			if at := aws.ToTime(execution.StartDate).UTC(); at.After(p.Last.Started) {
				name, p.Last = aws.ToString(execution.Name),
					Run{StateMachine: stateMachine, Status: string(execution.Status), Started: at}
			}
		}
	}
	var err error
	if name != "" {
		reported, err := runs.Read(ctx, r.Objects, r.Outputs.Buckets["artifacts"], pipeline, name)
		if err != nil {
			return p, err
		}
		p.Last.Counts = reported.Counts
	}
	if !pipeline.Streaming {
		return p, r.waiting(ctx, &p)
	}
	if p.Hours, err = r.hours(ctx, pipeline.Name); err != nil {
		return p, err
	}
	if len(p.Hours) > 0 {
		p.Waiting, p.Since = len(p.Hours), p.Hours[0]
	}
	if p.GivenUp, err = r.givenUp(ctx); err != nil {
		return p, err
	}
	p.refused, err = r.newestObject(ctx, r.Outputs.Buckets[contracts.LayerRaw], "quarantine/"+pipeline.Name+"/")
	return p, err
}

// hours are those of a stream that are over and got something that no run has computed.
func (r *Reader) hours(ctx context.Context, dataset string) ([]time.Time, error) {
	marked, err := runs.Hours(ctx, r.Ledger, r.Outputs.Tables["hours"], dataset)
	return slices.DeleteFunc(marked, func(hour time.Time) bool { return hour.Add(time.Hour).After(r.Now) }), err
}

// waiting finds the files that arrived and are not in every table of their pipeline, and those that no run takes.
func (r *Reader) waiting(ctx context.Context, p *Pipeline) error {
	input := r.files(p.Name)
	input.FilterExpression = aws.String("attribute_not_exists(processed_at) OR attribute_exists(quarantined_at)")
	for pages := dynamodb.NewQueryPaginator(r.Ledger, input); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("ledger of files: %w", err)
		}
		for _, item := range page.Items { // by arrival
			if _, apart := item["quarantined_at"]; apart {
				p.Apart = append(p.Apart, Apart{attribute(item, "file_id"), attribute(item, "quarantine_error")})
				continue
			}
			at, err := instant(item, "arrival")
			if err != nil {
				return err
			}
			if p.Waiting == 0 {
				p.Since = at
			}
			p.Waiting++
		}
	}
	return nil
}

func attribute(item map[string]types.AttributeValue, name string) string {
	if text, ok := item[name].(*types.AttributeValueMemberS); ok {
		return text.Value
	}
	return ""
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
	pages := cloudwatch.NewDescribeAlarmsPaginator(r.Alarms, &cloudwatch.DescribeAlarmsInput{
		StateValue: alarmtypes.StateValueAlarm,
		AlarmTypes: []alarmtypes.AlarmType{alarmtypes.AlarmTypeMetricAlarm, alarmtypes.AlarmTypeCompositeAlarm},
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

func (r *Reader) json(ctx context.Context, bucket, key string, into any) error {
	object, err := r.Objects.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return fmt.Errorf("s3://%s/%s: %w", bucket, key, err)
	}
	defer object.Body.Close()
	text, err := io.ReadAll(object.Body)
	if err != nil {
		return fmt.Errorf("s3://%s/%s: %w", bucket, key, err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("s3://%s/%s: %w", bucket, key, err)
	}
	return nil
}
