// Package replay invokes the clicks function again with the batches that its
// stream mapping gave up on.
//
// A mapping whose records became too old puts an
// invocation record below policies.FailurePrefix in the bucket of discarded records. That
// record holds the whole event of the failed invocation ("Retain discarded batch
// records for a Kinesis Data Streams event source" in the AWS Lambda developer
// guide), so the function gets the same records under the same identities:
// replaying twice changes nothing. Nothing is deleted: erasures have to find it;
// a tag says when an object was replayed.
package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"dataplatform/policies"
)

// ReplayedTag is the tag of an object whose records the function has stored; its value is the time, RFC 3339.
const ReplayedTag = "replayed-at"

// Objects is the part of the S3 client that replaying needs.
type Objects interface {
	s3.ListObjectsV2APIClient
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	GetObjectTagging(
		context.Context, *s3.GetObjectTaggingInput, ...func(*s3.Options),
	) (*s3.GetObjectTaggingOutput, error)
	PutObjectTagging(
		context.Context, *s3.PutObjectTaggingInput, ...func(*s3.Options),
	) (*s3.PutObjectTaggingOutput, error)
}

// Invoker is the part of the Lambda client that replaying needs.
type Invoker interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// Replayer replays what lies in one bucket to one function.
type Replayer struct {
	Objects   Objects
	Functions Invoker
	// Bucket is that of discarded records, Function the name or ARN of the clicks function, StreamARN its stream, ""
	// for the one that each batch came from.
	Bucket    string
	Function  string
	StreamARN string
}

// Batch is one object below the failure prefix.
type Batch struct {
	Key string `json:"key"`
	// Condition is why the mapping gave up, for example RecordAgeExceeded.
	Condition string `json:"condition"`
	Shard     string `json:"shard"`
	Records   int    `json:"records"`
	// FirstArrival and LastArrival bound when the records reached the stream.
	FirstArrival time.Time `json:"firstArrival"`
	LastArrival  time.Time `json:"lastArrival"`
	// ReplayedAt is the value of ReplayedTag; empty when the batch still waits.
	ReplayedAt string `json:"replayedAt,omitempty"`
}

// Failed are the batches that the mapping gave up on and that are to be replayed, and what a replay of them came to.
type Failed struct {
	Batches     []Batch `json:"batches"`
	Replayed    int     `json:"replayed"`
	FailedAgain int     `json:"failedAgain"`
	// Before are those that are left out because they were replayed before.
	Before int `json:"replayedBefore"`
}

// Waiting are the batches that wait, or with again all of them.
func Waiting(batches []Batch, again bool) Failed {
	f := Failed{Batches: []Batch{}}
	for _, batch := range batches {
		if batch.ReplayedAt == "" || again {
			f.Batches = append(f.Batches, batch)
		} else {
			f.Before++
		}
	}
	return f
}

// Print writes a line a batch, and the counts.
func (f Failed) Print(w io.Writer) error {
	for _, batch := range f.Batches {
		fmt.Fprintln(w, batch)
	}
	text := fmt.Sprintf("%d failed batches, %d replayed now, %d failed again", len(f.Batches), f.Replayed, f.FailedAgain)
	if f.Before > 0 {
		text += fmt.Sprintf("; %d were replayed before, --again takes them, too", f.Before)
	}
	_, err := fmt.Fprintln(w, text)
	return err
}

// List reads every batch below the failure prefix, of every mapping that the
// stack ever had, in the order of their keys. Whatever cannot be read, such as
// an archived object, is an error; all of them are joined.
func (r *Replayer) List(ctx context.Context) ([]Batch, error) {
	var batches []Batch
	var problems []error
	pages := s3.NewListObjectsV2Paginator(r.Objects,
		&s3.ListObjectsV2Input{Bucket: &r.Bucket, Prefix: aws.String(policies.FailurePrefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list s3://%s/%s: %w", r.Bucket, policies.FailurePrefix, err)
		}
		for _, object := range page.Contents {
			batch, err := r.describe(ctx, aws.ToString(object.Key))
			if err != nil {
				problems = append(problems, err)
				continue
			}
			batches = append(batches, batch)
		}
	}
	return batches, errors.Join(problems...)
}

func (r *Replayer) describe(ctx context.Context, key string) (Batch, error) {
	batch, _, err := r.read(ctx, key)
	if err != nil {
		return Batch{}, err
	}
	tags, err := r.Objects.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &r.Bucket, Key: &key})
	if err != nil {
		return Batch{}, fmt.Errorf("tags of s3://%s/%s: %w", r.Bucket, key, err)
	}
	for _, tag := range tags.TagSet {
		if aws.ToString(tag.Key) == ReplayedTag {
			batch.ReplayedAt = aws.ToString(tag.Value)
		}
	}
	return batch, nil
}

// read returns what an object says and the event in it.
func (r *Replayer) read(ctx context.Context, key string) (Batch, []byte, error) {
	fail := func(err error) (Batch, []byte, error) {
		var archived *types.InvalidObjectState
		if errors.As(err, &archived) {
			err = fmt.Errorf("is archived in %s: restore it first", archived.StorageClass)
		}
		return Batch{}, nil, fmt.Errorf("s3://%s/%s: %w", r.Bucket, key, err)
	}
	object, err := r.Objects.GetObject(ctx, &s3.GetObjectInput{Bucket: &r.Bucket, Key: &key})
	if err != nil {
		return fail(err)
	}
	defer object.Body.Close()
	text, err := io.ReadAll(object.Body)
	if err != nil {
		return fail(err)
	}
	batch, event, err := parse(text, r.StreamARN)
	if err != nil {
		return fail(err)
	}
	batch.Key = key
	return batch, event, nil
}

// Replay invokes the function with a batch and tags its object. Any answer but
// that all records are stored is an error, and the object stays untagged.
func (r *Replayer) Replay(ctx context.Context, batch Batch) error {
	fail := func(err error) error { return fmt.Errorf("replay s3://%s/%s: %w", r.Bucket, batch.Key, err) }
	_, event, err := r.read(ctx, batch.Key)
	if err != nil {
		return err
	}
	answer, err := r.Functions.Invoke(ctx, &lambda.InvokeInput{FunctionName: &r.Function, Payload: event})
	if err != nil {
		return fail(err)
	}
	if answer.FunctionError != nil {
		return fail(fmt.Errorf("function %s: %s: %s", r.Function, *answer.FunctionError, answer.Payload))
	}
	if err := stored(answer.Payload); err != nil {
		return fail(fmt.Errorf("function %s: %w", r.Function, err))
	}
	return r.tag(ctx, batch.Key)
}

// stored reads the function's answer, see "Reporting batch item failures" in the AWS Lambda developer guide.
func stored(payload []byte) error {
	var answer struct {
		Failures *[]struct {
			Sequence string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	decoder := json.NewDecoder(bytes.NewReader(payload))
	if err := decoder.Decode(&answer); err != nil || answer.Failures == nil {
		return fmt.Errorf("answered %q, not which records failed", payload)
	}
	if len(*answer.Failures) > 0 {
		return partialError{(*answer.Failures)[0].Sequence}
	}
	return nil
}

// partialError says from which record on the function has stored none.
type partialError struct{ from string }

func (e partialError) Error() string { return "could not store the records from " + e.from + " on" }

// tag sets ReplayedTag and keeps the object's other tags.
func (r *Replayer) tag(ctx context.Context, key string) error {
	fail := func(err error) error { return fmt.Errorf("tag s3://%s/%s: %w", r.Bucket, key, err) }
	old, err := r.Objects.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &r.Bucket, Key: &key})
	if err != nil {
		return fail(err)
	}
	tags := slices.DeleteFunc(old.TagSet, func(tag types.Tag) bool { return aws.ToString(tag.Key) == ReplayedTag })
	tags = append(tags,
		types.Tag{Key: aws.String(ReplayedTag), Value: aws.String(time.Now().UTC().Format(time.RFC3339))})
	if _, err := r.Objects.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{
		Bucket: &r.Bucket, Key: &key, Tagging: &types.Tagging{TagSet: tags},
	}); err != nil {
		return fail(err)
	}
	return nil
}

// Hours are the whole hours in which the records of batches reached the stream: what the hourly state machine has to
// run again over. Without batches ok is false.
func Hours(batches []Batch) (start, end time.Time, ok bool) {
	for _, batch := range batches {
		if !ok || batch.FirstArrival.Before(start) {
			start = batch.FirstArrival
		}
		if !ok || batch.LastArrival.After(end) {
			end = batch.LastArrival
		}
		ok = true
	}
	if !ok {
		return start, end, false
	}
	return start.UTC().Truncate(time.Hour), end.UTC().Truncate(time.Hour).Add(time.Hour), true
}

// String says what a batch is, in one line.
func (b Batch) String() string {
	state := "waits"
	if b.ReplayedAt != "" {
		state = "replayed " + b.ReplayedAt
	}
	return strings.Join([]string{
		fmt.Sprintf("%-7d", b.Records), b.Shard, b.FirstArrival.UTC().Format(time.RFC3339), b.Condition, state, b.Key,
	}, "  ")
}
