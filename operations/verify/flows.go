package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/contracts"
	"dataplatform/operations/replay"
	"dataplatform/operations/statemachine"
	"dataplatform/policies"
)

// flows are the checks of what becomes of data.
func (v *Verifier) flows(ctx context.Context) []check {
	at := v.started
	sent, err := v.sendClicks(ctx, at)
	return []check{
		{
			name: "click to its row", slo: v.slo("processed.clicks"), toDo: "docs/runbooks/clicks-late.md",
			look: func(ctx context.Context) (string, error) {
				if err != nil {
					return "", err
				}
				return v.clicksAre(ctx, "stream-%", at, goodClicks)
			},
		},
		{
			name: "bad click to quarantine", slo: v.slo("raw.quarantine"), toDo: "docs/runbooks/clicks-quarantined.md",
			look: func(ctx context.Context) (string, error) {
				if err != nil {
					return "", err
				}
				identity := fmt.Sprintf("%s:%d", sent, goodClicks)
				return v.quarantined(ctx, "clicks", identity, contracts.ReasonUnknownField, at)
			},
		},
		{
			name: "given-up batch, replayed", slo: v.slo("processed.clicks"),
			toDo: "docs/runbooks/clicks-put-aside.md", look: v.givenUp,
		},
		{
			name: "sales file to its table", slo: v.slo("processed.sales"), toDo: "docs/runbooks/hour-not-curated.md",
			look: v.salesFile,
		},
		{
			name: "bad sales file to quarantine", slo: v.slo("raw.quarantine"), toDo: "docs/runbooks/queue-age.md",
			look: v.badSalesFile,
		},
		{
			name: "image to its thumbnail", slo: v.slo("raw.assets"), toDo: "docs/runbooks/queue-age.md",
			look: v.image,
		},
		{
			name: "bad image to quarantine", slo: v.slo("raw.quarantine"), toDo: "docs/runbooks/queue-age.md",
			look: v.badImage,
		},
	}
}

// sendClicks puts all clicks as one record into the stream, and returns the first two parts of their identities.
func (v *Verifier) sendClicks(ctx context.Context, at time.Time) (record string, err error) {
	data, err := v.clicks(at)
	if err != nil {
		return "", err
	}
	put, err := v.Stream.PutRecord(ctx,
		&kinesis.PutRecordInput{StreamName: &v.Outputs.Stream, Data: data, PartitionKey: &v.run})
	if err != nil {
		return "", fmt.Errorf("put into stream %s: %w", v.Outputs.Stream, err)
	}
	return aws.ToString(put.ShardId) + ":" + aws.ToString(put.SequenceNumber), nil
}

// clicksAre waits for events whose ids end so to be in processed, each once by its identity.
func (v *Verifier) clicksAre(ctx context.Context, ending string, at time.Time, want int) (string, error) {
	sql := fmt.Sprintf(`SELECT CAST(count(DISTINCT event_id) AS varchar) FROM "%s"."clicks" `+
		`WHERE event_date = '%s' AND event_id LIKE '%s'`,
		v.Outputs.Databases[contracts.LayerProcessed], at.Format(time.DateOnly), v.clickID(ending))
	return v.eventually(ctx, fmt.Sprintf("%d rows in processed.clicks", want),
		func(ctx context.Context) (string, error) {
			found, err := v.value(ctx, sql)
			if err != nil || found != strconv.Itoa(want) {
				return "", err
			}
			return found + " of processed.clicks", nil
		})
}

// quarantined waits for what has this identity to be in quarantine for a reason.
func (v *Verifier) quarantined(
	ctx context.Context, dataset, identity, reason string, from time.Time,
) (string, error) {
	sql := v.inQuarantine("reason", dataset, identity, from)
	return v.eventually(ctx, "a row of "+dataset+" in raw.quarantine",
		func(ctx context.Context) (string, error) {
			found, err := v.value(ctx, sql)
			switch {
			case err != nil || found == "":
				return "", err
			case found != reason:
				return "", fmt.Errorf("the reason is %s, not %s", found, reason)
			}
			return "in raw.quarantine as " + found, nil
		})
}

// inQuarantine asks for a row of quarantine that arrived on a day or the next.
func (v *Verifier) inQuarantine(columns, dataset, identity string, from time.Time) string {
	return fmt.Sprintf(
		`SELECT %s FROM "%s"."quarantine" WHERE dataset = '%s' AND ingest_date IN ('%s', '%s') AND identity = '%s'`,
		columns, v.Outputs.Databases[contracts.LayerRaw], dataset, from.Format(time.DateOnly),
		from.AddDate(0, 0, 1).Format(time.DateOnly), identity)
}

// value is the first of the first row; empty without rows.
func (v *Verifier) value(ctx context.Context, sql string) (string, error) {
	result, err := v.Query(v.Outputs.Workgroup).Run(ctx, sql)
	if err != nil || len(result.Rows) == 0 || len(result.Rows[0]) == 0 {
		return "", err
	}
	return result.Rows[0][0], nil
}

// givenUp puts a batch where Lambda would, under a number that no stream gives, and replays it. That Lambda itself
// does, only an outage shows: what it would put it with is looked at.
func (v *Verifier) givenUp(ctx context.Context) (string, error) {
	mapping, err := v.Mappings.GetEventSourceMapping(ctx,
		&lambda.GetEventSourceMappingInput{UUID: &v.Outputs.EventSourceMapping})
	if err != nil {
		return "", err
	}
	stream, err := arn.Parse(aws.ToString(mapping.EventSourceArn))
	if err != nil {
		return "", fmt.Errorf("the mapping's stream: %w", err)
	}
	bucket, wanted := v.Outputs.Buckets["discarded"], ""
	if to := mapping.DestinationConfig; to != nil && to.OnFailure != nil {
		wanted = aws.ToString(to.OnFailure.Destination)
	}
	if wanted != "arn:"+stream.Partition+":s3:::"+bucket {
		return "", fmt.Errorf("the mapping gives up to %q, not to the bucket %s", wanted, bucket)
	}
	at := time.Now().UTC().Truncate(time.Second)
	event, err := json.Marshal(v.click(v.clickID("given-up"), at))
	if err != nil {
		return "", err
	}
	const shard = "shardId-000000000000"
	batch, err := replay.Discarded(shard, strconv.FormatInt(time.Now().UnixNano(), 10), stream.String(), event, at)
	if err != nil {
		return "", err
	}
	key := policies.FailurePrefix + v.Outputs.EventSourceMapping + "/" + shard + "/" + v.clickID(policies.Rehearsed)
	if _, err := v.Objects.PutObject(ctx,
		&s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(batch)}); err != nil {
		return "", fmt.Errorf("put s3://%s/%s: %w", bucket, key, err)
	}
	if err := v.Replayer.Replay(ctx, replay.Batch{Key: key}); err != nil {
		return "", err
	}
	saw, err := v.clicksAre(ctx, "given-up", at, 1)
	if err != nil {
		return "", err
	}
	return saw + "; that Lambda itself puts a batch there, only an outage shows", nil
}

// land puts a file as its source does. Its name tells nobody's: the row that says that a file was refused keeps it.
func (v *Verifier) land(ctx context.Context, name string, content []byte) error {
	source, err := v.As(ctx, v.Outputs.ProducerRole)
	if err != nil {
		return err
	}
	bucket, key := v.Outputs.Buckets["landing"], "sales/verify-"+v.run+"-"+name+".csv"
	_, err = source.Objects.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: bytes.NewReader(content),
		Metadata: map[string]string{"arrival": arrival.Format(time.RFC3339)},
	})
	if err != nil {
		return fmt.Errorf("put s3://%s/%s as %s: %w", bucket, key, v.Outputs.ProducerRole, err)
	}
	return nil
}

// salesFile drops a file, waits until landing has it, runs its hour and looks for its line.
func (v *Verifier) salesFile(ctx context.Context) (string, error) {
	content, err := v.sales()
	if err != nil {
		return "", err
	}
	if err := v.land(ctx, "good", content); err != nil {
		return "", err
	}
	table, start := v.Outputs.Tables["files"], time.Now()
	if _, err := v.eventually(ctx, "the file in the ledger of files", func(ctx context.Context) (string, error) {
		got, err := v.Ledger.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: &table, ConsistentRead: aws.Bool(true), Key: map[string]types.AttributeValue{
				"dataset": &types.AttributeValueMemberS{Value: "sales"},
				"file_id": &types.AttributeValueMemberS{Value: digest(content)},
			},
		})
		if err != nil || got.Item == nil {
			return "", err
		}
		return "there", nil
	}); err != nil {
		return "", err
	}
	landed := time.Since(start)
	hour := arrival.Truncate(time.Hour)
	counted, err := v.Runner.Once(ctx, v.Outputs.StateMachines["sales"].Hourly,
		statemachine.Interval(hour, hour.Add(time.Hour)), []string{"process", "curate"})
	if err != nil {
		return "", err
	}
	sql := fmt.Sprintf(`SELECT line_type FROM "%s"."sales" WHERE event_date = DATE '%s' AND file_digest = '%s'`,
		v.Outputs.Databases[contracts.LayerProcessed], hour.Format(time.DateOnly), digest(content))
	found, err := v.value(ctx, sql)
	if err != nil {
		return "", err
	}
	if found != "adjustment" {
		return "", fmt.Errorf("the run of its hour counted %+v, and processed.sales has the line as %q, not as adjustment",
			counted, found)
	}
	return fmt.Sprintf("landed after %.1f s, 1 row of processed.sales after a run of its hour", landed.Seconds()), nil
}

func (v *Verifier) badSalesFile(ctx context.Context) (string, error) {
	content := v.badSales()
	if err := v.land(ctx, "bad", content); err != nil {
		return "", err
	}
	identity, reason := digest(content)+":0", contracts.ReasonWrongHeader
	v.stay("sales", identity, reason)
	return v.quarantined(ctx, "sales", identity, reason, arrival)
}

// assetKey is the key of an object of this verification.
func (v *Verifier) assetKey(name string) string {
	return "assets/" + Customer + "/" + v.run + "-" + name + ".png"
}

// place puts an object as its source does, and returns its version's identity.
func (v *Verifier) place(ctx context.Context, name, reason string, content []byte) (identity string, err error) {
	source, err := v.As(ctx, v.Outputs.AssetSourceRole)
	if err != nil {
		return "", err
	}
	bucket, key := v.Outputs.Buckets[contracts.LayerRaw], v.assetKey(name)
	put, err := source.Objects.PutObject(ctx,
		&s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(content)})
	if err != nil {
		return "", fmt.Errorf("put s3://%s/%s as %s: %w", bucket, key, v.Outputs.AssetSourceRole, err)
	}
	return v.version(key, put.VersionId, reason), nil
}

// version is the identity of a version of an asset, of which the tables know from now on.
func (v *Verifier) version(key string, id *string, reason string) string {
	identity := key + "?versionId=" + aws.ToString(id)
	v.stay("assets", identity, reason)
	return identity
}

// image puts a picture, and waits for its thumbnail and the row that tells of it.
func (v *Verifier) image(ctx context.Context) (string, error) {
	content, err := v.picture()
	if err != nil {
		return "", err
	}
	if _, err := v.place(ctx, "good", "", content); err != nil {
		return "", err
	}
	sql := fmt.Sprintf(`SELECT thumbnail_key FROM "%s"."assets" WHERE ingest_date IN ('%s', '%s') AND object_key = '%s'`,
		v.Outputs.Databases[contracts.LayerRaw], v.started.Format(time.DateOnly),
		v.started.AddDate(0, 0, 1).Format(time.DateOnly), v.assetKey("good"))
	key, err := v.eventually(ctx, "a row in raw.assets",
		func(ctx context.Context) (string, error) { return v.value(ctx, sql) })
	if err != nil {
		return "", err
	}
	bucket, prefix := v.Outputs.Buckets[contracts.LayerProcessed], "thumbnails/"+digest(content)+"/"
	if !strings.HasPrefix(key, prefix) {
		return "", fmt.Errorf("raw.assets names the thumbnail %s, not one below %s", key, prefix)
	}
	newest, err := v.newest(ctx, bucket, prefix)
	if err != nil {
		return "", err
	}
	if newest.IsZero() {
		return "", fmt.Errorf("there is no s3://%s/%s, which raw.assets names", bucket, key)
	}
	return "a row of raw.assets, and " + key, nil
}

func (v *Verifier) badImage(ctx context.Context) (string, error) {
	content, err := v.picture()
	if err != nil {
		return "", err
	}
	identity, err := v.place(ctx, "bad", contracts.ReasonTruncatedImage, content[:len(content)/2])
	if err != nil {
		return "", err
	}
	return v.quarantined(ctx, "assets", identity, contracts.ReasonTruncatedImage, v.started)
}
