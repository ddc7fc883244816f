package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/require"
)

const event = `{"Records":[` +
	`{"kinesis":{"sequenceNumber":"11","data":"e30=","approximateArrivalTimestamp":1764000000.5},"eventID":"shardId-000000000001:11"},` +
	`{"kinesis":{"sequenceNumber":"12","data":"e30=","approximateArrivalTimestamp":1764003600.25},"eventID":"shardId-000000000001:12"}]}`

func invocation(t *testing.T, payload string, records int) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{
		"requestContext":   map[string]any{"condition": "RetryAttemptsExhausted"},
		"KinesisBatchInfo": map[string]any{"shardId": "shardId-000000000001", "batchSize": records},
		"payload":          payload,
	})
	require.NoError(t, err)
	return string(text)
}

// bucket is a raw bucket in memory; keys it lists one a page.
type bucket struct {
	objects map[string]string
	tags    map[string][]types.Tag
}

func (b *bucket) ListObjectsV2(
	_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options),
) (*s3.ListObjectsV2Output, error) {
	var keys []string
	for key := range b.objects {
		if strings.HasPrefix(key, *in.Prefix) && key > aws.ToString(in.ContinuationToken) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	if len(keys) == 0 {
		return &s3.ListObjectsV2Output{}, nil
	}
	return &s3.ListObjectsV2Output{
		Contents: []types.Object{{Key: &keys[0]}}, IsTruncated: aws.Bool(len(keys) > 1),
		NextContinuationToken: &keys[0],
	}, nil
}

func (b *bucket) GetObject(
	_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options),
) (*s3.GetObjectOutput, error) {
	if b.objects[*in.Key] == "archived" {
		return nil, &types.InvalidObjectState{StorageClass: types.StorageClassDeepArchive}
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(b.objects[*in.Key]))}, nil
}

func (b *bucket) GetObjectTagging(
	_ context.Context, in *s3.GetObjectTaggingInput, _ ...func(*s3.Options),
) (*s3.GetObjectTaggingOutput, error) {
	return &s3.GetObjectTaggingOutput{TagSet: slices.Clone(b.tags[*in.Key])}, nil
}

func (b *bucket) PutObjectTagging(
	_ context.Context, in *s3.PutObjectTaggingInput, _ ...func(*s3.Options),
) (*s3.PutObjectTaggingOutput, error) {
	b.tags[*in.Key] = in.Tagging.TagSet
	return &s3.PutObjectTaggingOutput{}, nil
}

// function answers every invocation alike and keeps what it was given.
type function struct {
	answer lambda.InvokeOutput
	given  []string
}

func (f *function) Invoke(
	_ context.Context, in *lambda.InvokeInput, _ ...func(*lambda.Options),
) (*lambda.InvokeOutput, error) {
	f.given = append(f.given, string(in.Payload))
	return &f.answer, nil
}

const key = "aws/lambda/6a7f/shardId-000000000001/2025/11/24/2025-11-24T16.00.00-1"

func replayer(objects map[string]string, answer lambda.InvokeOutput) (*Replayer, *bucket, *function) {
	b := &bucket{objects: objects, tags: map[string][]types.Tag{}}
	f := &function{answer: answer}
	return &Replayer{Objects: b, Functions: f, Bucket: "raw", Function: "clicks"}, b, f
}

func TestReplayGivesTheFunctionTheEventItFailedOn(t *testing.T) {
	r, b, f := replayer(map[string]string{
		key:           invocation(t, event, 2),
		key + "2":     invocation(t, event, 2),
		"clicks/rows": "other data of the bucket",
	}, lambda.InvokeOutput{Payload: []byte(`{"batchItemFailures":[]}`)})
	b.tags[key] = []types.Tag{{Key: aws.String("owner"), Value: aws.String("shop")}}

	batches, err := r.List(t.Context())
	require.NoError(t, err)
	require.Len(t, batches, 2)
	require.Equal(t, Batch{
		Key: key, Condition: "RetryAttemptsExhausted", Shard: "shardId-000000000001", Records: 2,
		FirstArrival: time.UnixMilli(1764000000500), LastArrival: time.UnixMilli(1764003600250),
	}, batches[0])

	require.NoError(t, r.Replay(t.Context(), batches[0]))
	require.Equal(t, []string{event}, f.given, "byte for byte, so that identities stay")
	require.Len(t, b.tags[key], 2, "other tags are kept")

	again, err := r.List(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, again[0].ReplayedAt)
	require.Empty(t, again[1].ReplayedAt)
	require.Contains(t, again[1].String(), "waits")
}

// A batch outlives its stream; the function takes events of its own alone.
func TestABatchOfAStreamThatIsGoneIsReplayed(t *testing.T) {
	const gone, own = "arn:aws:kinesis:eu-west-1:1:stream/clickstream-1", "arn:aws:kinesis:eu-west-1:1:stream/clickstream-2"
	old := strings.ReplaceAll(event, `"eventID"`, `"eventSourceARN":"`+gone+`","eventID"`)
	r, _, f := replayer(map[string]string{key: invocation(t, old, 2)},
		lambda.InvokeOutput{Payload: []byte(`{"batchItemFailures":[]}`)})
	r.StreamARN = own
	require.NoError(t, r.Replay(t.Context(), Batch{Key: key}))
	require.Equal(t, []string{strings.ReplaceAll(old, gone, own)}, f.given)
}

func TestReplayLeavesWhatTheFunctionDidNotStore(t *testing.T) {
	for want, answer := range map[string]lambda.InvokeOutput{
		"Unhandled: out of memory": {
			FunctionError: aws.String("Unhandled"), Payload: []byte("out of memory"),
		},
		"could not store the records from 12": {Payload: []byte(`{"batchItemFailures":[{"itemIdentifier":"12"}]}`)},
		`answered "null"`:                     {Payload: []byte("null")},
		`answered "{}"`:                       {Payload: []byte("{}")},
	} {
		r, b, _ := replayer(map[string]string{key: invocation(t, event, 2)}, answer)
		err := r.Replay(t.Context(), Batch{Key: key})
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, key)
		require.Empty(t, b.tags[key])
	}
}

func TestListRefuses(t *testing.T) {
	for want, text := range map[string]string{
		"is archived in DEEP_ARCHIVE: restore it first": "archived",
		"is not an invocation record":                   "{",
		"no KinesisBatchInfo":                           `{"requestContext":{}}`,
		"only the position in the stream was kept":      `{"KinesisBatchInfo":{"shardId":"s","batchSize":1}}`,
		"not an event":                                  invocation(t, "[", 1),
		"has 2 records, its payload has 0":              invocation(t, "{}", 2),
		"has 3 records, its payload has 2":              invocation(t, event, 3),
		"which is not of shard shardId-000000000001": invocation(t,
			strings.ReplaceAll(event, "000001:12", "000002:12"), 2),
	} {
		r, _, _ := replayer(map[string]string{key: text, key + "2": "{"}, lambda.InvokeOutput{})
		_, err := r.List(t.Context())
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, key+": ")
		require.ErrorContains(t, err, key+"2: ", "every problem is named")
	}
}

func TestListTellsWhyTheBucketCannotBeRead(t *testing.T) {
	r, _, _ := replayer(nil, lambda.InvokeOutput{})
	r.Objects = denied{r.Objects}
	_, err := r.List(t.Context())
	require.EqualError(t, err, "list s3://raw/aws/lambda/: AccessDenied")
}

type denied struct{ Objects }

func (denied) ListObjectsV2(
	context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options),
) (*s3.ListObjectsV2Output, error) {
	return nil, errors.New("AccessDenied")
}

func TestHours(t *testing.T) {
	at := func(text string) time.Time {
		moment, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return moment
	}
	_, _, ok := Hours(nil)
	require.False(t, ok)
	start, end, ok := Hours([]Batch{
		{FirstArrival: at("2025-11-24T16:30:00Z"), LastArrival: at("2025-11-24T17:00:00Z")},
		{FirstArrival: at("2025-11-24T15:59:59Z"), LastArrival: at("2025-11-24T16:10:00Z")},
	})
	require.True(t, ok)
	require.Equal(t, "2025-11-24T15:00:00Z/2025-11-24T18:00:00Z", fmt.Sprintf("%s/%s", start.Format(time.RFC3339),
		end.Format(time.RFC3339)))
}
