package scenarios

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"dataplatform/e2e/demo"
	"dataplatform/e2e/load"
	"dataplatform/local/stack"
	"dataplatform/operations/query"
	"dataplatform/operations/statemachine"
	"dataplatform/operations/target"
	"dataplatform/platform"
)

const switchedOn = "DATAPLATFORM_SELFCHECK"

func TestMain(m *testing.M) {
	if os.Getenv(switchedOn) != "1" {
		fmt.Printf(
			"these tests deploy the platform and take minutes; %s=1 go test -count=1 -timeout 30m ./e2e/scenarios runs them\n",
			switchedOn,
		)
		return
	}
	os.Exit(m.Run())
}

// lake is the platform that all tests share, and what they sent to it.
type lake struct {
	*stack.Platform
	// session has the ledger of everything that was sent.
	session       *demo.Session
	config        aws.Config
	objects       *s3.Client
	queries       *query.Runner
	stateMachines *statemachine.Runner
	// clicks are the counts that the generators built into the clicks sent so far.
	clicks load.Expected
	// sales likewise; files from outside are not in it.
	sales load.Expected
	// drops are the order files dropped so far.
	drops []load.Drop
	// unwritten is the metadata of each table of sales before the first run.
	unwritten map[string]string
	seed      uint64
}

func TestPlatform(t *testing.T) {
	ctx, l, _ := deployed(t)
	for _, table := range salesTables {
		l.unwritten[table], _ = l.metadata(ctx, t, table)
	}
	for _, test := range []struct {
		name string
		run  func(context.Context, *testing.T, *lake)
	}{
		{"the registry holds every version of every schema", registeredVersions},
		{"the hour of an empty lake succeeds", emptyHour},
		{"every bad click ends in quarantine with its reason", badClicks},
		{"old and new versions of clicks lie side by side", versionsSideBySide},
		{"an empty batch succeeds and a full record is processed", extremeRecords},
		{"a stopped consumer is an alarm until it goes on", stoppedConsumer},
		{"a deleted object shows as lost", deletedObject},
		{"a sink that is denied for long loses no click", deniedSink},
		{"killing the function repeats rows and changes no count", killedFunction},
		{"clicks' tables are the same from run to run", repeatedClicks},
		{"files are processed by hours and by a backfill", firstSales},
		{"every bad file ends in quarantine with its reason", badFiles},
		{"sales' tables are the same whatever the order of runs", shuffledSales},
		{"a late file is taken in by the next scheduled hour", lateFile},
		{"money adds up to the cent", realSales},
		{"nothing is left", destroyed},
	} {
		start := time.Now()
		ok := t.Run(test.name, func(t *testing.T) { test.run(ctx, t, l) })
		fmt.Fprintf(os.Stderr, "%s: %.0f s\n", test.name, time.Since(start).Seconds())
		if !ok {
			t.FailNow() // the ones after it count what this one left
		}
	}
}

// deployed starts the emulator and deploys the platform to it, until the test ends.
func deployed(t *testing.T) (context.Context, *lake, stack.Options) {
	t.Helper()
	// A signal ends the tests in order: nothing that was started is left.
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	t.Cleanup(stop)
	t.Chdir("../..") // the program names what it uploads relative to the repository
	options, err := stack.Prepare(ctx, ".", "", platform.Deploy, os.Stderr)
	require.NoError(t, err)
	p, err := stack.Start(ctx, options)
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			keep(t, p.EmulatorLog())
		}
		require.NoError(t, p.Close())
	})
	_, err = p.Up(ctx)
	require.NoError(t, err)
	config := target.Config(p.Endpoint, p.Outputs.Region)
	return ctx, &lake{
		Platform: p, session: demo.NewSession(p, demo.Options{}, os.Stderr), config: config,
		objects: s3.NewFromConfig(config), queries: query.New(config, p.Outputs.Workgroup),
		stateMachines: statemachine.New(config), unwritten: map[string]string{},
	}, options
}

// keep copies the emulator's log to where a failed run can be looked into.
func keep(t *testing.T, log string) {
	text, err := os.ReadFile(log)
	if err != nil {
		t.Log(err)
		return
	}
	const kept = "build/selfcheck-emulator.log"
	if err := os.WriteFile(kept, text, 0o644); err != nil {
		t.Log(err)
		return
	}
	t.Logf("the emulator's log is in %s", kept)
}

func destroyed(ctx context.Context, t *testing.T, l *lake) {
	_, err := l.Destroy(ctx)
	require.NoError(t, err)
	left, err := l.Left(ctx)
	require.NoError(t, err)
	require.Empty(t, left)
}

// process is a child of the emulator.
type process struct {
	PID  int    `json:"pid"`
	Kind string `json:"kind"`
	Name string `json:"name"`
	Busy bool   `json:"busy"`
}

func (l *lake) processes(ctx context.Context, t *testing.T) []process {
	t.Helper()
	var running []process
	require.NoError(t, l.Call(ctx, "GET", "processes", nil, &running))
	return running
}

// eventually asks until the answer is yes; why names what was waited for.
func eventually(ctx context.Context, t *testing.T, within time.Duration, why string, ask func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !ask(); {
		require.True(t, time.Now().Before(deadline), "not within %s: %s", within, why)
		select {
		case <-ctx.Done():
			require.NoError(t, ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// keys lists the objects below a prefix.
func (l *lake) keys(ctx context.Context, t *testing.T, layer, prefix string) []string {
	t.Helper()
	var keys []string
	pages := s3.NewListObjectsV2Paginator(l.objects,
		&s3.ListObjectsV2Input{Bucket: aws.String(l.Outputs.Buckets[layer]), Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		require.NoError(t, err)
		for _, object := range page.Contents {
			keys = append(keys, *object.Key)
		}
	}
	return keys
}

// rows runs a query.
func (l *lake) rows(ctx context.Context, t *testing.T, sql string, args ...any) [][]string {
	t.Helper()
	result, err := l.queries.Run(ctx, fmt.Sprintf(sql, args...))
	require.NoError(t, err)
	return result.Rows
}
