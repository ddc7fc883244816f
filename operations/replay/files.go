package replay

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"dataplatform/internal/gunzip"
	"dataplatform/operations/target"
)

// replayFiles drops refused files again; lines are the state machine's.
func (q *Quarantine) replayFiles(ctx context.Context, plan Plan) (Done, error) {
	var done Done
	var problems []error
	for _, one := range plan.apart {
		digest, _, _ := strings.Cut(one.Identity, ":")
		if err := q.readmit(ctx, plan.Dataset, digest); err != nil {
			problems = append(problems, err)
			continue
		}
		done.Readmitted++
	}
	for i, refused := range plan.files {
		q.step(plan.Dataset, "file", i, len(plan.files))
		taken, err := q.dropAgain(ctx, plan, refused)
		switch {
		case err != nil:
			problems = append(problems, fmt.Errorf("file %s: %w", refused.Identity, err))
			continue
		case !taken:
			done.Refused++
			continue
		}
		done.Dropped++
		removed, err := q.forget(ctx, plan, refused)
		done.Removed += removed
		problems = append(problems, err)
	}
	return done, errors.Join(problems...)
}

// dropAgain puts the kept bytes into landing with the arrival they had, and waits until they are in the ledger or
// refused again.
func (q *Quarantine) dropAgain(ctx context.Context, plan Plan, refused row) (taken bool, err error) {
	bucket, kept := target.SplitURI(refused.PayloadURI)
	if bucket != q.Bucket || kept == "" {
		return false, fmt.Errorf("its bytes are said to be in %q, which is not in raw", refused.PayloadURI)
	}
	content, err := q.content(ctx, kept)
	if err != nil {
		return false, err
	}
	before, err := q.refusals(ctx, plan, refused)
	if err != nil {
		return false, err
	}
	key := dropKey(plan.Dataset, refused)
	if _, err := q.Store.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: &q.Landing, Key: &key, CopySource: aws.String(q.Bucket + "/" + (&url.URL{Path: kept}).EscapedPath()),
		MetadataDirective: types.MetadataDirectiveReplace, Metadata: map[string]string{"arrival": refused.Arrival},
	}); err != nil {
		return false, fmt.Errorf("copy it to s3://%s/%s: %w", q.Landing, key, err)
	}
	for deadline := time.Now().Add(q.Wait); ; {
		if taken, err := q.known(ctx, plan.Dataset, content); err != nil || taken {
			return taken, err
		}
		now, err := q.refusals(ctx, plan, refused)
		if err != nil {
			return false, err
		}
		for refusal, version := range now {
			if before[refusal] != version {
				return false, nil
			}
		}
		if time.Now().After(deadline) {
			return false, fmt.Errorf(
				"was dropped as s3://%s/%s and is neither in the ledger nor in quarantine after %s", q.Landing, key,
				q.Wait,
			)
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(q.Poll):
		}
	}
}

// maxKey is how many bytes the name of an object has at most ("Naming Amazon S3 objects" in the Amazon S3 user guide).
const maxKey = 1024

// dropKey names the refused file for landing: by what it is, and by the end of the name that it had, as far as there is
// room.
func dropKey(dataset string, refused row) string {
	_, source := target.SplitURI(refused.Source)
	source, _ = cutVersion(source)
	digest, _, _ := strings.Cut(refused.Identity, ":")
	folder, name := dataset+"/replay-"+digest+"/", path.Base(source)
	if room := maxKey - len(folder); len(name) > room {
		name = strings.ToValidUTF8(name[len(name)-room:], "")
	}
	return folder + name
}

// cutVersion parts a key from the version behind it, "" when none is; a key may hold the same words.
func cutVersion(name string) (key, version string) {
	const separator = "?versionId="
	at := strings.LastIndex(name, separator)
	if at < 0 {
		return name, ""
	}
	return name[:at], name[at+len(separator):]
}

// refusals are the versions of the quarantine objects that tell of a file, whatever the reason.
func (q *Quarantine) refusals(ctx context.Context, plan Plan, refused row) (map[string]string, error) {
	digest, _, _ := strings.Cut(refused.Identity, ":")
	arrival, err := time.Parse(time.RFC3339, refused.Arrival)
	if err != nil {
		return nil, err
	}
	hour := arrival.UTC().Truncate(time.Hour)
	found, err := q.objects(ctx, "quarantine/"+plan.Dataset+"/", Selection{From: hour, To: hour.Add(time.Hour)})
	if err != nil {
		return nil, err
	}
	versions := map[string]string{}
	for _, o := range found {
		if o.id == digest {
			if versions[o.key], err = q.version(ctx, o.key); err != nil {
				return nil, err
			}
		}
	}
	return versions, nil
}

// known says whether the ledger has the content, which it knows by the digest of the uncompressed bytes.
func (q *Quarantine) known(ctx context.Context, dataset string, content []byte) (bool, error) {
	hash := sha256.New()
	if packed, err := gunzip.NewReader(bufio.NewReader(bytes.NewReader(content))); err == nil {
		if _, err := io.Copy(hash, packed); err != nil {
			return false, nil // still broken: the function will refuse it
		}
	} else {
		hash.Write(content)
	}
	got, err := q.Ledger.GetItem(ctx, &dynamodb.GetItemInput{TableName: &q.Files, ConsistentRead: aws.Bool(true),
		Key: map[string]dynamotypes.AttributeValue{
			"dataset": &dynamotypes.AttributeValueMemberS{Value: dataset},
			"file_id": &dynamotypes.AttributeValueMemberS{Value: hex.EncodeToString(hash.Sum(nil))},
		}})
	if err != nil {
		return false, fmt.Errorf("ledger of files: %w", err)
	}
	return len(got.Item) > 0, nil
}

// forget removes the rows that tell of a file that was taken in, and its kept bytes: raw has them now.
func (q *Quarantine) forget(ctx context.Context, plan Plan, refused row) (int, error) {
	rows, err := q.refusals(ctx, plan, refused)
	if err != nil {
		return 0, err
	}
	removed := 0
	for key := range rows {
		if err := q.remove(ctx, key); err != nil {
			return removed, err
		}
		removed++
	}
	_, kept := target.SplitURI(refused.PayloadURI)
	return removed, q.remove(ctx, kept)
}

// replayAssets notifies the function of each refused version again.
func (q *Quarantine) replayAssets(ctx context.Context, plan Plan) (Done, error) {
	var done Done
	var problems []error
	for i, refused := range plan.assets {
		q.step(plan.Dataset, "object", i, len(plan.assets))
		if err := q.notify(ctx, refused); err != nil {
			problems = append(problems, fmt.Errorf("object %s: %w", refused.Identity, err))
			continue
		}
		done.Invoked++
		taken, err := q.described(ctx, plan, refused)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if !taken {
			done.Refused++
			continue
		}
		for _, o := range plan.objects { // one row an object
			rows, err := q.rows(ctx, o.key)
			if err != nil {
				return done, err
			}
			if len(rows) == 1 && rows[0].Identity == refused.Identity {
				if err := q.remove(ctx, o.key); err != nil {
					return done, err
				}
				done.Removed++
			}
		}
	}
	return done, errors.Join(problems...)
}

// notify invokes the function with the notification of a version. The notification's own sequencer was not kept: the
// function makes one of the time.
func (q *Quarantine) notify(ctx context.Context, refused row) error {
	bucket, key := target.SplitURI(refused.PayloadURI)
	key, version := cutVersion(key)
	input := &s3.HeadObjectInput{Bucket: &bucket, Key: &key}
	if version != "" {
		input.VersionId = &version
	}
	head, err := q.Store.HeadObject(ctx, input)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"Records": []any{map[string]any{
		"eventName": "ObjectCreated:Put", "eventTime": refused.Arrival, "s3": map[string]any{
			"bucket": map[string]any{"name": bucket},
			"object": map[string]any{
				"key": url.QueryEscape(key), "size": aws.ToInt64(head.ContentLength), "versionId": version,
			},
		},
	}}})
	if err != nil {
		return err
	}
	event, err := json.Marshal(map[string]any{
		"Records": []any{map[string]any{"messageId": "replay", "body": string(body)}},
	})
	if err != nil {
		return err
	}
	name := q.FunctionNames["assets"]
	answer, err := q.Functions.Invoke(ctx, &lambda.InvokeInput{FunctionName: &name, Payload: event})
	if err != nil {
		return err
	}
	if answer.FunctionError != nil {
		return fmt.Errorf("function %s: %s: %s", name, *answer.FunctionError, answer.Payload)
	}
	if err := stored(answer.Payload); err != nil {
		return fmt.Errorf("function %s: %w", name, err)
	}
	return nil
}

// described says whether a version has a row in raw: what the function says of it lies in the hour of its event.
func (q *Quarantine) described(ctx context.Context, plan Plan, refused row) (bool, error) {
	at, err := time.Parse(time.RFC3339, refused.Arrival)
	if err != nil {
		return false, err
	}
	at = at.UTC()
	prefix := fmt.Sprintf("%singest_date=%s/ingest_hour=%02d/", plan.pipeline.Raw.Prefix(), at.Format(time.DateOnly),
		at.Hour())
	found, err := q.objects(ctx, prefix, Selection{})
	if err != nil {
		return false, err
	}
	for _, o := range found {
		packed, err := q.content(ctx, o.key)
		if err != nil {
			return false, err
		}
		text, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return false, fmt.Errorf("s3://%s/%s: %w", q.Bucket, o.key, err)
		}
		var row struct {
			Key     string `json:"object_key"`
			Version string `json:"version_id"`
		}
		if err := json.NewDecoder(text).Decode(&row); err != nil {
			return false, fmt.Errorf("s3://%s/%s: %w", q.Bucket, o.key, err)
		}
		if row.Key+"?versionId="+row.Version == refused.Identity {
			return true, nil
		}
	}
	return false, nil
}
