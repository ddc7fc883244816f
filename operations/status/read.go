package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
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

func newPipeline(pipeline contracts.Pipeline) Pipeline {
	p := Pipeline{Name: pipeline.Name, SLO: pipeline.Processed.SLA.Latency}
	for _, curated := range pipeline.Curated {
		if p.Curated == 0 || curated.SLA.Latency < p.Curated {
			p.Curated = curated.SLA.Latency
		}
	}
	return p
}

// lastRun is the newest execution of either state machine.
func (r *Reader) lastRun(ctx context.Context, pipeline contracts.Pipeline) (Run, error) {
	arns, ok := r.Outputs.StateMachines[pipeline.Name]
	if !ok {
		return Run{}, errors.New("the stack's outputs name no state machines of it")
	}
	var last Run
	name := ""
	for stateMachine, arn := range map[string]string{"hourly": arns.Hourly, "backfill": arns.Backfill} {
		got, err := r.StateMachines.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: &arn, MaxResults: 1})
		if err != nil {
			return Run{}, fmt.Errorf("executions of %s: %w", arn, err)
		}
		for _, execution := range got.Executions { // the newest
			if at := aws.ToTime(execution.StartDate).UTC(); at.After(last.Started) {
				name, last = aws.ToString(execution.Name), Run{
					StateMachine: stateMachine, Status: string(execution.Status), Started: at,
					Execution: aws.ToString(execution.ExecutionArn),
				}
			}
		}
	}
	if name == "" {
		return last, nil
	}
	if last.failed() {
		got, err := r.StateMachines.DescribeExecution(ctx,
			&sfn.DescribeExecutionInput{ExecutionArn: &last.Execution})
		if err != nil {
			return last, fmt.Errorf("execution %s: %w", last.Execution, err)
		}
		last.Input = aws.ToString(got.Input)
		last.Cause = strings.TrimPrefix(aws.ToString(got.Error)+": "+aws.ToString(got.Cause), ": ")
	}
	reported, err := runs.Read(ctx, r.Objects, r.Outputs.Buckets["artifacts"], pipeline, name)
	last.Counts = reported.Counts
	return last, err
}

// hours are those of a stream that are over and got something that no run has computed.
func (r *Reader) hours(ctx context.Context, p *Pipeline) error {
	marked, err := runs.Hours(ctx, r.Ledger, r.Outputs.Tables["hours"], p.Name)
	if err != nil {
		return err
	}
	p.Hours = slices.DeleteFunc(marked, func(hour time.Time) bool { return hour.Add(time.Hour).After(r.Now) })
	if len(p.Hours) > 0 {
		p.Waiting, p.Since = len(p.Hours), p.Hours[0]
	}
	return nil
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
