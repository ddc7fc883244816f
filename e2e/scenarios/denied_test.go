package scenarios

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/e2e/load"
	"dataplatform/local/stack"
)

// hour is how commands are given one.
const hour = "2006-01-02T15"

// fail lets calls of a service fail until the faults are deleted.
func (l *lake) fail(ctx context.Context, t *testing.T, service, operation string, status int, code string) {
	t.Helper()
	require.NoError(t, l.Call(ctx, "POST", "faults", map[string]any{
		"service": service, "operation": operation, "status": status, "code": code, "times": 1 << 20,
	}, nil))
}

// views sends good events, each with so much space in it, and returns their identities.
func (l *lake) views(ctx context.Context, t *testing.T, events int, space string) (identities []string) {
	t.Helper()
	var records []load.Record
	for range events {
		l.seed++
		records = append(records, goodEvent(fmt.Sprintf("view-%d", l.seed), space))
	}
	return l.putClicks(ctx, t, records)
}

// wrongDeployment deploys a function that takes no event of usual length, and rolls it back.
func (o *operator) wrongDeployment(ctx context.Context, t *testing.T) {
	const alarm = "clickstream-quarantined"
	o.views(ctx, t, 30, "")
	o.over(ctx, t, alarm)
	from := time.Now().UTC().Format(hour)
	o.deploy(ctx, t, "256")
	o.sounding(ctx, t, alarm, func() { o.views(ctx, t, 25, strings.Repeat(" ", 256)) },
		alarm, "docs/runbooks/clicks-quarantined.md")
	o.drained(ctx, t)
	require.Positive(t, o.countClicks(ctx, t).Reasons[contracts.ReasonEventTooLarge])

	o.deploy(ctx, t, "65536") // git revert, pulumi up
	values := map[string]string{"reason": contracts.ReasonEventTooLarge, "hour": from}
	o.follow(ctx, t, "clicks-quarantined", values)
	o.requireClicks(ctx, t)
	o.over(ctx, t, alarm)
}

func (l *lake) deploy(ctx context.Context, t *testing.T, maxEventBytes string) {
	t.Helper()
	l.Change(map[string]string{"clickstream.maxEventBytes": maxEventBytes})
	_, err := l.Up(ctx)
	require.NoError(t, err)
}

// everythingDenied takes sink, log and for one of two shards the on-failure destination away until records are given
// up: the function can say nothing.
func (o *operator) everythingDenied(ctx context.Context, t *testing.T) {
	const alarm, waits, lost = "clickstream-dropped", "clickstream-put-aside", "shardId-000000000001"
	o.age(ctx, t, 60)
	o.deny(ctx, t, "processed", "clicks/")
	o.deny(ctx, t, "discarded", fmt.Sprintf("aws/lambda/%s/%s/", o.Outputs.EventSourceMapping, lost))
	o.fail(ctx, t, "logs", "PutLogEvents", 403, "AccessDenied")
	from := time.Now().UTC().Format(hour)
	sent := o.views(ctx, t, failingRecords, "")
	o.sounding(ctx, t, alarm, func() {}, alarm, "docs/runbooks/clicks-dropped.md")
	o.drained(ctx, t)
	before := o.countClicks(ctx, t)
	require.Equal(t, failingRecords, before.Lost)
	require.Equal(t, sent, before.LostIDs)
	o.sounding(ctx, t, waits, func() {}, waits, "batches of clicks were given up and wait")
	o.restore(ctx, t)
	o.age(ctx, t, 3600)
	batches := o.putAside(ctx, t, lost)

	o.follow(ctx, t, "clicks-dropped", map[string]string{"hour": from})
	after := o.requireClicks(ctx, t)
	require.Equal(t, before.Redelivered, after.Redelivered)
	o.over(ctx, t, alarm)
	said, _ := o.does(ctx, t, "replay", "stream", "--from", from, "--dry-run")
	require.Contains(t, said, "0 records not in raw")
	said, _ = o.does(ctx, t, "replay", "--dry-run")
	require.Contains(t, said, "0 failed batches, ", "what was replayed waits no more")
	require.Zero(t, o.status(ctx, t, "clicks").GivenUp)
	// Even what is replayed again changes nothing: same identities, same objects.
	stored := o.clicksStored(ctx, t)
	for _, batch := range batches {
		require.NoError(t, o.replayer().Replay(ctx, batch))
	}
	require.Equal(t, stored, o.clicksStored(ctx, t))
	require.Equal(t, after, o.requireClicks(ctx, t))
	// It comes back for as long as the last batch is among what CloudWatch looks at.
	eventually(ctx, t, inTime, waits+" is over", func() bool {
		o.follow(ctx, t, "clicks-put-aside", nil)
		return o.quiet(ctx, t, waits)
	})
}

// throttled refuses what clicks and files are written by. All of it comes again by itself.
func (o *operator) throttled(ctx context.Context, t *testing.T) {
	const clicks, files = "clickstream-returned", "landing-returned"
	for _, alarm := range []string{clicks, files} {
		o.over(ctx, t, alarm)
	}
	o.fail(ctx, t, "s3", "PutObject", 503, "SlowDown")
	o.fail(ctx, t, "dynamodb", "PutItem", 400, "ThrottlingException")
	o.views(ctx, t, 20, "")
	o.sounding(ctx, t, clicks, func() { o.views(ctx, t, 1, "") }, clicks, "docs/runbooks/returned.md")
	o.restore(ctx, t)

	o.fail(ctx, t, "dynamodb", "PutItem", 400, "ThrottlingException")
	dropped := &load.Ledger{}
	sender := &load.FileSender{
		Client: s3.NewFromConfig(o.config), Bucket: o.Outputs.Buckets["landing"], Ledger: dropped,
	}
	o.sounding(ctx, t, files, func() {
		o.seed++
		require.NoError(t, sender.Put(ctx, "sales", []load.Drop{{
			Name:    fmt.Sprintf("throttled-%d.csv", o.seed),
			Arrival: time.Date(2025, time.June, 6, 9, 20, 0, 0, time.UTC),
			Content: fmt.Appendf(nil, "%s57%04d,20001,LANTERN,2,2025-06-06 09:05:00,1.25,12000.0,France\n",
				salesHeaderLine, o.seed),
		}}))
	}, files, "docs/runbooks/returned.md", "queue landing: ")
	o.restore(ctx, t)
	o.session.Ledger.Merge(dropped)
	o.sales = plus(o.sales, load.Expected{Received: len(dropped.Files), Processed: len(dropped.Files)})
	require.NoError(t, o.session.FilesIn(ctx))
	o.drained(ctx, t)
	o.requireClicks(ctx, t)
	for _, alarm := range []string{clicks, files} {
		o.over(ctx, t, alarm)
	}
}

// killedPublishing kills the job that works on all files that wait, one of which cannot be read.
func (o *operator) killedPublishing(ctx context.Context, t *testing.T) {
	const alarm = "sales-pipeline-failures"
	drops, unreadable := o.apart()
	o.drop(ctx, t, drops)
	o.counted(ctx, t, unreadable, "7")
	require.Greater(t, o.status(ctx, t, "sales").Waiting, len(drops), "those that were throttled wait, too")
	failed := make(chan error, 1)
	go func() {
		_, err := o.stateMachines.Once(ctx, o.Outputs.StateMachines["sales"].Hourly,
			time.Now().UTC().Format(time.RFC3339), []string{"process"})
		failed <- err
	}()
	eventually(ctx, t, inTime, "the job writes data files", func() bool {
		return len(o.keys(ctx, t, "processed", "sales/data/")) > 0
	})
	o.throttle(ctx, t, "processed", "sales/metadata/") // a fast job does not get ahead of us
	o.killJob(ctx, t, "sales-process")
	require.ErrorContains(t, <-failed, "RunFailed", "a killed job is a failed run")
	o.restore(ctx, t)
	require.Empty(t, o.rows(ctx, t, `SELECT line_key FROM "%s"."sales"`, o.Outputs.Databases["processed"]),
		"what was not audited is not published")
	o.sounding(ctx, t, alarm, func() {},
		alarm, "docs/runbooks/run-failed.md", "FAILED arn:aws:states:", "of sales, input {", "RunFailed")

	o.killed = time.Now()
	o.follow(ctx, t, "run-failed", map[string]string{"dataset": "sales"})
	require.Zero(t, o.status(ctx, t, "sales").Waiting)
	o.over(ctx, t, alarm)
}

// rehearsal asks Pulumi as the runbooks do, from the repository's root.
func (o *operator) rehearsal(ctx context.Context, t *testing.T, options stack.Options) {
	pulumi := exec.CommandContext(ctx, "sh", "-c", "pulumi stack output eventSourceMapping")
	pulumi.Env = os.Environ()
	for name, value := range o.Shell(options.Tools) {
		pulumi.Env = append(pulumi.Env, name+"="+value)
	}
	said, err := pulumi.CombinedOutput()
	require.NoError(t, err, string(said))
	require.Equal(t, o.Outputs.EventSourceMapping, strings.TrimSpace(string(said)))
}
