package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"
)

// tape is a stream in memory, of which a read gets two records.
type tape map[string][]types.Record

func (t tape) ListShards(
	_ context.Context, in *kinesis.ListShardsInput, _ ...func(*kinesis.Options),
) (*kinesis.ListShardsOutput, error) {
	if in.NextToken == nil {
		return &kinesis.ListShardsOutput{
			Shards: []types.Shard{{ShardId: aws.String("s-0")}}, NextToken: aws.String("1"),
		}, nil
	}
	return &kinesis.ListShardsOutput{Shards: []types.Shard{{ShardId: aws.String("s-1")}}}, nil
}

func (t tape) GetShardIterator(
	_ context.Context, in *kinesis.GetShardIteratorInput, _ ...func(*kinesis.Options),
) (*kinesis.GetShardIteratorOutput, error) {
	place := 0
	for place < len(t[*in.ShardId]) && t[*in.ShardId][place].ApproximateArrivalTimestamp.Before(*in.Timestamp) {
		place++
	}
	return &kinesis.GetShardIteratorOutput{ShardIterator: aws.String(fmt.Sprintf("%s %d", *in.ShardId, place))}, nil
}

func (t tape) GetRecords(
	_ context.Context, in *kinesis.GetRecordsInput, _ ...func(*kinesis.Options),
) (*kinesis.GetRecordsOutput, error) {
	var shard string
	var place int
	if _, err := fmt.Sscan(*in.ShardIterator, &shard, &place); err != nil {
		return nil, err
	}
	end := min(place+2, len(t[shard]))
	out := &kinesis.GetRecordsOutput{
		Records: t[shard][place:end], MillisBehindLatest: aws.Int64(int64(len(t[shard]) - end)),
	}
	if shard == "s-0" || end < len(t[shard]) { // s-1 was split: it ends
		out.NextShardIterator = aws.String(fmt.Sprintf("%s %d", shard, end))
	}
	return out, nil
}

// storing is a function that stores at most so many records at a time, all in one hour, and keeps their identities.
type storing struct {
	bucket *objectStore
	most   int
	stored []string
	fail   bool
}

type objectStore struct {
	Store
	bucket
}

func (o *objectStore) GetObject(
	ctx context.Context, in *s3.GetObjectInput, options ...func(*s3.Options),
) (*s3.GetObjectOutput, error) {
	return o.bucket.GetObject(ctx, in, options...)
}

func (o *objectStore) ListObjectsV2(
	ctx context.Context, in *s3.ListObjectsV2Input, options ...func(*s3.Options),
) (*s3.ListObjectsV2Output, error) {
	return o.bucket.ListObjectsV2(ctx, in, options...)
}

func (f *storing) Invoke(
	_ context.Context, in *lambda.InvokeInput, _ ...func(*lambda.Options),
) (*lambda.InvokeOutput, error) {
	var given struct{ Records []kinesisRecord }
	decoder := json.NewDecoder(bytes.NewReader(in.Payload))
	if err := decoder.Decode(&given); err != nil {
		return nil, err
	}
	sequence := func(i int) string { return given.Records[i].Kinesis.Sequence }
	if f.fail {
		return &lambda.InvokeOutput{
			Payload: fmt.Appendf(nil, `{"batchItemFailures":[{"itemIdentifier":%q}]}`, sequence(0)),
		}, nil
	}
	n := min(f.most, len(given.Records))
	shard, _, _ := cutLast(given.Records[0].EventID, ":")
	for _, one := range given.Records[:n] {
		f.stored = append(f.stored, one.EventID+"@"+string(one.Kinesis.Arrival))
		f.bucket.objects[rawKey(unix(one.Kinesis.Arrival), shard+"-"+sequence(0)+"-"+sequence(n-1))] = ""
	}
	if n < len(given.Records) {
		return &lambda.InvokeOutput{
			Payload: fmt.Appendf(nil, `{"batchItemFailures":[{"itemIdentifier":%q}]}`, sequence(n)),
		}, nil
	}
	return &lambda.InvokeOutput{Payload: []byte(`{"batchItemFailures":[]}`)}, nil
}

func unix(seconds json.Number) time.Time {
	at, _ := strconv.ParseFloat(string(seconds), 64)
	return time.Unix(int64(at), 0)
}

func rawKey(arrival time.Time, id string) string {
	return arrivedIn("clicks", arrival.UTC().Truncate(time.Hour)) + id + ".ndjson.gz"
}

var ten = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

func taped(sequence int, arrival time.Time) types.Record {
	return types.Record{
		Data: []byte(`{}`), PartitionKey: aws.String("p"), SequenceNumber: aws.String(strconv.Itoa(sequence)),
		ApproximateArrivalTimestamp: aws.Time(arrival),
	}
}

// reading is a stream of two shards of which raw lacks the records 12 and 13 of s-0, and 99 of s-1.
func reading() (*Stream, *storing) {
	store := &objectStore{bucket: bucket{objects: map[string]string{}}}
	before, after := ten.Add(59*time.Minute), ten.Add(61*time.Minute)
	for _, held := range []struct {
		at time.Time
		id string
	}{
		{ten, "s-0-10-11"},
		// An invocation over two hours whose second object could not be written: 13 is in the range, and nowhere.
		{before, "s-0-9-9"}, {before, "s-0-14-14"},
		{before, "s-1-98-99"},
	} {
		store.objects[rawKey(held.at, held.id)] = ""
	}
	function := &storing{bucket: store, most: 100}
	return &Stream{
		Quarantine: &Quarantine{
			Store: store, Functions: function, Bucket: "raw",
			StreamARN:     "arn:aws:kinesis:eu-west-1:123456789012:stream/shop",
			FunctionNames: map[string]string{"clicks": "clicks"},
		},
		Kinesis: tape{
			"s-0": {
				taped(8, ten.Add(-time.Minute)), taped(10, ten), taped(11, ten),
				taped(12, before.Add(7*time.Millisecond)), taped(13, before), taped(14, before),
				taped(15, ten.Add(3*time.Hour)),
			},
			"s-1": {taped(98, before), taped(99, after)},
		},
		Dataset: "clicks", Name: "shop",
	}, function
}

func TestStreamStoresWhatRawHasNot(t *testing.T) {
	s, function := reading()
	dry, err := s.Read(t.Context(), ten, ten.Add(2*time.Hour), true)
	require.NoError(t, err)
	require.Equal(t, []ShardRead{
		{Shard: "s-0", Records: 5, Missing: 2, Oldest: ten},
		{Shard: "s-1", Records: 2, Missing: 1, Oldest: ten.Add(59 * time.Minute)},
	}, dry.Shards)
	require.Empty(t, function.stored)

	function.most = 1 // what the function returns is given to it again
	read, err := s.Read(t.Context(), ten, ten.Add(2*time.Hour), false)
	require.NoError(t, err)
	require.Equal(t, 3, read.Stored)
	require.Equal(t, []string{"s-0:12@1772362740.007", "s-0:13@1772362740.000", "s-1:99@1772362860.000"},
		function.stored, "under the identities that they had")
	require.Equal(t, []Span{{ten, ten.Add(2 * time.Hour)}}, read.Hours)

	again, err := s.Read(t.Context(), ten, ten.Add(2*time.Hour), false)
	require.NoError(t, err)
	require.Zero(t, again.Missing())
	require.Len(t, function.stored, 3, "a second time changes nothing")
	var out bytes.Buffer
	require.NoError(t, again.Print(&out))
	require.Equal(t, "s-0: 5 records, 0 not in raw\ns-1: 2 records, 0 not in raw\n"+
		"2026-03-01T10:00:00Z to 2026-03-01T12:00:00Z: 0 records not in raw, 0 stored now\n", out.String())
}

func TestStreamThatCannotBeStored(t *testing.T) {
	s, function := reading()
	function.fail = true
	read, err := s.Read(t.Context(), ten, ten.Add(2*time.Hour), false)
	require.EqualError(t, err, "s-0 of shop: function clicks: could not store the records from 12 on")
	require.Zero(t, read.Stored)
	require.NotEmpty(t, read.Hours)
}

func TestStreamSaysSinceWhenItKeepsRecords(t *testing.T) {
	s, _ := reading()
	read, err := s.Read(t.Context(), ten.Add(-5*time.Hour), ten.Add(2*time.Hour), true)
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, read.Print(&out))
	require.Contains(t, out.String(),
		"s-0: nothing before 2026-03-01T09:59:00Z, which the stream does not keep or never had\n")
}
