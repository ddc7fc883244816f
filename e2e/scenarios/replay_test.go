package scenarios

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"

	"dataplatform/e2e/load"
	"dataplatform/operations/replay"
)

const (
	// sinkDenied is how long clicks cannot be written. Five tries, which once were all, take the emulator's mapping six
	// seconds.
	sinkDenied = 45 * time.Second
	// failingRecords are few: every one is tried on its own, and a report names ten that were lost.
	failingRecords = 10
)

// deny takes the right to put objects below a prefix of a bucket away, until the faults are deleted.
func (l *lake) deny(ctx context.Context, t *testing.T, bucket, keyPrefix string) {
	t.Helper()
	require.NoError(t, l.Call(ctx, "POST", "faults", map[string]any{
		"service": "s3", "operation": "PutObject", "bucket": l.Outputs.Buckets[bucket], "keyPrefix": keyPrefix,
		"status": 403, "code": "AccessDenied", "times": 1 << 20,
	}, nil))
}

func (l *lake) restore(ctx context.Context, t *testing.T) {
	t.Helper()
	require.NoError(t, l.Call(ctx, "DELETE", "faults", nil, nil))
}

// deniedSink denies rows of clicks for longer than counted retries would last, while clicks come: none is lost, and
// none is given up. The function has no errors then, and an alarm sounds all the same.
func deniedSink(ctx context.Context, t *testing.T, l *lake) {
	const alarm = "clickstream-returned"
	l.pace(ctx, t, 2*alarmMinute) // a batch is gathered for longer than one
	defer l.pace(context.WithoutCancel(ctx), t, 60)
	require.False(t, l.raised(ctx, t, "clickstream")[alarm])
	l.deny(ctx, t, "processed", "clicks/")
	sending, stop := context.WithTimeout(ctx, sinkDenied)
	defer stop()
	sounded := false
	for sending.Err() == nil {
		require.NoError(t, l.send(ctx, 50, 25))
		sounded = sounded || l.raised(ctx, t, "clickstream")[alarm]
	}
	require.Positive(t, l.countClicks(ctx, t).Lost, "nothing is stored meanwhile")
	require.True(t, sounded, alarm)
	l.restore(ctx, t)
	l.drained(ctx, t)
	l.requireClicks(ctx, t)
	require.Empty(t, l.keys(ctx, t, "discarded", ""), "no record was too old")
	eventually(ctx, t, time.Minute, "no alarm when nothing is returned any more",
		func() bool { return !l.raised(ctx, t, "clickstream")[alarm] })
}

// givenUp denies the sink until records are too old, and for one shard the on-failure destination as well: what was put
// aside is replayed from there, the rest from the stream.
func givenUp(ctx context.Context, t *testing.T, l *lake) {
	const lost = "shardId-000000000001"
	l.age(ctx, t, 60)
	l.deny(ctx, t, "processed", "clicks/")
	l.deny(ctx, t, "discarded", fmt.Sprintf("aws/lambda/%s/%s/", l.Outputs.EventSourceMapping, lost))
	var records []load.Record
	for i := range failingRecords {
		records = append(records, goodEvent(fmt.Sprintf("failing-%d", i), ""))
	}
	sent := l.putClicks(ctx, t, records)
	from := time.Now().UTC().Add(-time.Minute).Truncate(time.Hour)
	l.drained(ctx, t)
	l.restore(ctx, t)
	l.age(ctx, t, 3600)

	counts := l.countClicks(ctx, t)
	require.Equal(t, failingRecords, counts.Lost)
	require.Equal(t, sent, counts.LostIDs)

	r := &replay.Replayer{
		Objects: l.objects, Functions: lambda.NewFromConfig(l.config),
		Bucket: l.Outputs.Buckets["discarded"], Function: l.Outputs.Functions["clicks"], StreamARN: l.streamARN(),
	}
	waiting := list(ctx, t, r)
	kept := 0
	for _, batch := range waiting {
		kept += batch.Records
		require.Equal(t, "RecordAgeExceeded", batch.Condition)
		require.NotEqual(t, lost, batch.Shard)
		require.Empty(t, batch.ReplayedAt)
	}
	require.Positive(t, kept)
	require.Less(t, kept, failingRecords)
	for _, batch := range waiting {
		require.NoError(t, r.Replay(ctx, batch))
	}
	require.Equal(t, failingRecords-kept, l.countClicks(ctx, t).Lost)

	stream := &replay.Stream{
		Quarantine: l.refusals(t), Kinesis: kinesis.NewFromConfig(l.config), Dataset: "clicks", Name: l.Outputs.Stream,
	}
	read, err := stream.Read(ctx, from, time.Now().UTC(), true)
	require.NoError(t, err)
	require.Equal(t, failingRecords-kept, read.Missing(), "raw has all others, whatever was sent before")
	read, err = stream.Read(ctx, from, time.Now().UTC(), false)
	require.NoError(t, err)
	require.Equal(t, failingRecords-kept, read.Stored)
	after := l.requireClicks(ctx, t)
	require.Equal(t, counts.Redelivered, after.Redelivered)
	for _, batch := range list(ctx, t, r) {
		require.NotEmpty(t, batch.ReplayedAt, "a second replay passes it over")
	}

	// Even what is replayed again changes nothing: same identities, same objects.
	stored := l.clicksStored(ctx, t)
	for _, batch := range waiting {
		require.NoError(t, r.Replay(ctx, batch))
	}
	read, err = stream.Read(ctx, from, time.Now().UTC(), false)
	require.NoError(t, err)
	require.Zero(t, read.Missing())
	require.Equal(t, stored, l.clicksStored(ctx, t))
	require.Equal(t, after, l.requireClicks(ctx, t))

	start, end, ok := replay.Hours(waiting)
	require.True(t, ok)
	require.False(t, start.After(time.Now()))
	require.NoError(t, l.stateMachines.Hours(ctx, l.Outputs.StateMachines["clicks"].Hourly, start, end))
}

// age sets at how many seconds the stream's mapping gives a record up.
func (l *lake) age(ctx context.Context, t *testing.T, seconds int32) {
	t.Helper()
	_, err := lambda.NewFromConfig(l.config).UpdateEventSourceMapping(ctx, &lambda.UpdateEventSourceMappingInput{
		UUID: &l.Outputs.EventSourceMapping, MaximumRecordAgeInSeconds: aws.Int32(seconds),
	})
	require.NoError(t, err)
}

func list(ctx context.Context, t *testing.T, r *replay.Replayer) []replay.Batch {
	t.Helper()
	batches, err := r.List(ctx)
	require.NoError(t, err)
	return batches
}

// clicksStored are the keys of all raw and processed clicks and a digest of their rows.
func (l *lake) clicksStored(ctx context.Context, t *testing.T) []string {
	t.Helper()
	stored := append(l.keys(ctx, t, "raw", "clicks/"), l.keys(ctx, t, "processed", "clicks/")...)
	return append(stored, l.digest(ctx, t, "raw.clicks"), l.digest(ctx, t, "processed.clicks"))
}

func (l *lake) streamARN() string {
	return "arn:aws:kinesis:" + l.Outputs.Region + ":123456789012:stream/" + l.Outputs.Stream
}
