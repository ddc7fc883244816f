package scenarios

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"

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
	l.failPuts(ctx, t, bucket, keyPrefix, 403, "AccessDenied")
}

// throttle has clients put objects below a prefix of a bucket again and again, until the faults are deleted.
func (l *lake) throttle(ctx context.Context, t *testing.T, bucket, keyPrefix string) {
	t.Helper()
	l.failPuts(ctx, t, bucket, keyPrefix, 503, "SlowDown")
}

func (l *lake) failPuts(ctx context.Context, t *testing.T, bucket, keyPrefix string, status int, code string) {
	t.Helper()
	require.NoError(t, l.Call(ctx, "POST", "faults", map[string]any{
		"service": "s3", "operation": "PutObject", "bucket": l.Outputs.Buckets[bucket], "keyPrefix": keyPrefix,
		"status": status, "code": code, "times": 1 << 20,
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
	eventually(ctx, t, inTime, "no alarm when nothing is returned any more",
		func() bool { return !l.raised(ctx, t, "clickstream")[alarm] })
}

func (l *lake) replayer() *replay.Replayer {
	return &replay.Replayer{
		Objects: l.objects, Functions: lambda.NewFromConfig(l.config),
		Bucket: l.Outputs.Buckets["discarded"], Function: l.Outputs.Functions["clicks"], StreamARN: l.streamARN(),
	}
}

// putAside are the batches that wait for a replay: some of failingRecords, and none of the shard whose were lost.
func (l *lake) putAside(ctx context.Context, t *testing.T, lost string) []replay.Batch {
	t.Helper()
	batches, err := l.replayer().List(ctx)
	require.NoError(t, err)
	kept := 0
	for _, batch := range batches {
		kept += batch.Records
		require.Equal(t, "RecordAgeExceeded", batch.Condition)
		require.NotEqual(t, lost, batch.Shard)
		require.Empty(t, batch.ReplayedAt)
	}
	require.Positive(t, kept)
	require.Less(t, kept, failingRecords)
	return batches
}

// age sets at how many seconds the stream's mapping gives a record up.
func (l *lake) age(ctx context.Context, t *testing.T, seconds int32) {
	t.Helper()
	_, err := lambda.NewFromConfig(l.config).UpdateEventSourceMapping(ctx, &lambda.UpdateEventSourceMappingInput{
		UUID: &l.Outputs.EventSourceMapping, MaximumRecordAgeInSeconds: aws.Int32(seconds),
	})
	require.NoError(t, err)
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
