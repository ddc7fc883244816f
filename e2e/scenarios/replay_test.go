package scenarios

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"

	"dataplatform/e2e/load"
	"dataplatform/operations/replay"
)

// failingRecords are few: every one is tried on its own until its retries run out.
const failingRecords = 6

// expiredStream takes the function's right to write processed objects away for as long as the stream keeps the records.
func expiredStream(ctx context.Context, t *testing.T, l *lake) {
	require.NoError(t, l.Call(ctx, "POST", "faults", map[string]any{
		"service": "s3", "operation": "PutObject", "bucket": l.Outputs.Buckets["processed"], "keyPrefix": "clicks/",
		"status": 403, "code": "AccessDenied", "times": 1 << 20,
	}, nil))
	var records []load.Record
	for i := range failingRecords {
		records = append(records, goodEvent(fmt.Sprintf("failing-%d", i), ""))
	}
	sent := l.putClicks(ctx, t, records)
	l.drained(ctx, t)
	require.NoError(t, l.Call(ctx, "POST", "expire", map[string]any{"stream": l.Outputs.Stream}, nil))
	require.NoError(t, l.Call(ctx, "DELETE", "faults", nil, nil))

	counts := l.countClicks(ctx, t)
	require.Equal(t, failingRecords, counts.Lost)
	require.Equal(t, sent, counts.LostIDs)

	r := &replay.Replayer{
		Objects: l.objects, Functions: lambda.NewFromConfig(l.config),
		Bucket: l.Outputs.Buckets["raw"], Function: l.Outputs.Functions["clicks"],
	}
	waiting := list(ctx, t, r)
	kept := 0
	for _, batch := range waiting {
		kept += batch.Records
		require.Equal(t, "RetryAttemptsExhausted", batch.Condition)
		require.Empty(t, batch.ReplayedAt)
	}
	require.Equal(t, failingRecords, kept, "the failure destination has every record once")
	for _, batch := range waiting {
		require.NoError(t, r.Replay(ctx, batch))
	}
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
	require.Equal(t, stored, l.clicksStored(ctx, t))
	require.Equal(t, after, l.requireClicks(ctx, t))

	start, end, ok := replay.Hours(waiting)
	require.True(t, ok)
	require.False(t, start.After(time.Now()))
	require.NoError(t, l.stateMachines.Hours(ctx, l.Outputs.StateMachines["clicks"].Hourly, start, end))
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
