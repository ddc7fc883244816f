package scenarios

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/big"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/require"

	"dataplatform/e2e/demo"
	"dataplatform/e2e/load"
	"dataplatform/e2e/report"
	"dataplatform/internal/figures"
	"dataplatform/operations/reconcile"
)

// sendClicks sends generated clicks and books them; rate 0 is as fast as the stream takes them.
func (l *lake) sendClicks(ctx context.Context, t *testing.T, events, rate int) {
	t.Helper()
	require.NoError(t, l.send(ctx, events, rate))
}

func (l *lake) send(ctx context.Context, events, rate int) error {
	l.seed++
	sent, err := demo.NewSession(l.Platform, demo.Options{
		Events: events, Rate: rate, Seed: l.seed,
	}, io.Discard).SendClicks(ctx, nil)
	if err != nil {
		return err
	}
	l.clicks = plus(l.clicks, sent.Expected["clicks"])
	sent.Expected = nil // of this sending alone
	l.session.Ledger.Merge(sent)
	return nil
}

// putClicks sends records of one good event each and returns their identities.
func (l *lake) putClicks(ctx context.Context, t *testing.T, records []load.Record) []string {
	t.Helper()
	sent := &load.Ledger{}
	sender := load.ClickSender{Client: kinesis.NewFromConfig(l.config), Stream: l.Outputs.Stream, Ledger: sent}
	require.NoError(t, sender.Put(ctx, records))
	l.session.Ledger.Merge(sent)
	l.clicks = plus(l.clicks, load.Expected{Received: len(sent.Clicks), Processed: len(sent.Clicks)})
	var identities []string
	for _, click := range sent.Clicks {
		identities = append(identities, click.Identity)
	}
	slices.Sort(identities)
	return identities
}

func plus(a, b load.Expected) load.Expected {
	sum := load.Expected{
		Received: a.Received + b.Received, Processed: a.Processed + b.Processed,
		Duplicates: a.Duplicates + b.Duplicates, Quarantined: a.Quarantined + b.Quarantined, Reasons: map[string]int{},
	}
	for _, reasons := range []map[string]int{a.Reasons, b.Reasons} {
		for reason, n := range reasons {
			sum.Reasons[reason] += n
		}
	}
	return sum
}

// drained waits until the stream's mapping has nothing left to do.
func (l *lake) drained(ctx context.Context, t *testing.T) {
	t.Helper()
	require.NoError(t, l.session.Drained(ctx, "clicks"))
}

func (l *lake) countClicks(ctx context.Context, t *testing.T) figures.Counts {
	t.Helper()
	counts, err := report.Clicks(ctx, l.queries, l.Outputs, l.session.Ledger)
	require.NoError(t, err)
	return counts
}

// requireClicks requires the counts that were built into everything sent so far.
func (l *lake) requireClicks(ctx context.Context, t *testing.T) figures.Counts {
	t.Helper()
	counts := l.countClicks(ctx, t)
	requireCounts(t, l.clicks, counts)
	return counts
}

func requireCounts(t *testing.T, want load.Expected, got figures.Counts) {
	t.Helper()
	require.Empty(t, got.LostIDs)
	require.Empty(t, got.InventedIDs)
	require.Equal(t, want, load.Expected{
		Received: got.Received, Processed: got.Processed, Duplicates: got.Duplicates, Quarantined: got.Quarantined,
		Reasons: got.Reasons,
	})
}

// problems is the problems in a report of these counts.
func problems(counts figures.Counts) string {
	erased := report.Report{Run: figures.Run{Datasets: map[string]figures.Counts{"clicks": counts}}}
	erased.Check()
	return strings.Join(erased.Problems, "\n")
}

func deletedObject(ctx context.Context, t *testing.T, l *lake) {
	bucket := aws.String(l.Outputs.Buckets["processed"])
	key, identities := l.smallObject(ctx, t)
	object, err := l.objects.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: &key})
	require.NoError(t, err)
	content, err := io.ReadAll(object.Body)
	require.NoError(t, err)

	versions, err := l.objects.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: bucket, Prefix: &key})
	require.NoError(t, err)
	require.NotEmpty(t, versions.Versions)
	for _, version := range versions.Versions {
		_, err := l.objects.DeleteObject(ctx,
			&s3.DeleteObjectInput{Bucket: bucket, Key: version.Key, VersionId: version.VersionId})
		require.NoError(t, err)
	}
	counts := l.countClicks(ctx, t)
	require.Equal(t, len(identities), counts.Lost)
	require.Equal(t, identities, counts.LostIDs, "exactly the object's own")
	require.Contains(t, problems(counts),
		fmt.Sprintf("clicks: lost %d of %d, the first: %s", len(identities), counts.Received, identities[0]))

	_, err = l.objects.PutObject(ctx, &s3.PutObjectInput{
		Bucket: bucket, Key: &key, Body: bytes.NewReader(content), ContentType: object.ContentType,
		StorageClass: types.StorageClassStandard,
	})
	require.NoError(t, err)
	l.requireClicks(ctx, t)
}

// smallObject picks a processed object with so few rows that a report names all of them.
func (l *lake) smallObject(ctx context.Context, t *testing.T) (key string, identities []string) {
	t.Helper()
	rows := l.rows(ctx, t,
		`SELECT shard, sequence_number, CAST(ordinal AS varchar), event_date, event_hour, event_id FROM "%s"."clicks"`,
		l.Outputs.Databases["processed"])
	copies := map[string]int{}
	for _, row := range rows {
		copies[row[5]]++
	}
	for _, key := range l.keys(ctx, t, "processed", "clicks/") {
		var found []string
		whole := true
		for _, row := range rows {
			if holds(t, key, row) {
				found = append(found, strings.Join(row[:3], ":"))
				whole = whole && copies[row[5]] == 1 // a copy elsewhere would take its place
			}
		}
		if whole && len(found) > 0 && len(found) <= 10 {
			slices.Sort(found)
			return key, found
		}
	}
	require.Fail(t, "no object holds between 1 and 10 rows")
	return "", nil
}

// holds says whether an object's key, clicks/event_date=…/event_hour=…/<shard>-<first>-<last>.parquet, covers a row.
func holds(t *testing.T, key string, row []string) bool {
	t.Helper()
	if path.Dir(key) != fmt.Sprintf("clicks/event_date=%s/event_hour=%s", row[3], row[4]) {
		return false
	}
	span, ok := strings.CutPrefix(strings.TrimSuffix(path.Base(key), ".parquet"), row[0]+"-")
	first, last, two := strings.Cut(span, "-")
	return ok && two && number(t, first).Cmp(number(t, row[1])) <= 0 && number(t, row[1]).Cmp(number(t, last)) <= 0
}

// number reads a sequence number, which has more digits than an int64.
func number(t *testing.T, text string) *big.Int {
	t.Helper()
	n, ok := new(big.Int).SetString(text, 10)
	require.True(t, ok, text)
	return n
}

// repeatedClicks runs the hours twice; clicks of before must be drained.
func repeatedClicks(ctx context.Context, t *testing.T, l *lake) {
	until := time.Now()
	require.NoError(t, l.runClicks(ctx, until))
	l.requireAgreements(ctx, t)
	before := l.digest(ctx, t, curatedClicks...)
	require.NoError(t, l.runClicks(ctx, until))
	require.Equal(t, before, l.digest(ctx, t, curatedClicks...))
}

// runClicks runs the state machine once over every hour from the first click on.
func (l *lake) runClicks(ctx context.Context, until time.Time) error {
	start := l.session.Ledger.Clicks[0].SentAt.UTC().Truncate(time.Hour)
	return l.stateMachines.Hours(ctx, l.Outputs.StateMachines["clicks"].Hourly, start,
		until.UTC().Truncate(time.Hour).Add(time.Hour))
}

// requireAgreements requires of the curated tables what they promise about the processed ones.
func (l *lake) requireAgreements(ctx context.Context, t *testing.T) {
	t.Helper()
	for _, agreement := range reconcile.Agreements(l.Outputs, time.Time{}) {
		found, err := agreement.Find(ctx, l.queries)
		require.NoError(t, err)
		require.Empty(t, found.String())
	}
}
