package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/internal/cli"
	"dataplatform/internal/running"
	"dataplatform/operations/replay"
	"dataplatform/operations/statemachine"
	"dataplatform/operations/target"
	"dataplatform/platform/outputs"
)

// clicksPipeline is the dataset that comes on the stream.
const clicksPipeline = "clicks"

// What can be replayed.
const (
	replayFailed     = "failed"
	replayQuarantine = "quarantine"
	replayRaw        = "raw"
)

// runReplay lets functions and jobs judge again what they gave up on, what they refused, or everything they got, then runs the machine over its hours.
func runReplay(ctx context.Context, args []string) error {
	what := replayFailed
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		what, args = args[0], args[1:]
	}
	flags := cli.NewFlags("replay")
	dryRun := flags.Bool("dry-run", false, "say what would be replayed and replay nothing")
	onAWS := awsFlag(flags)
	again := flags.Bool("again", false, "of failed batches also those replayed before; it changes nothing that is stored")
	var selection replay.Selection
	flags.StringVar(&selection.Dataset, "dataset", "", "of quarantine and raw: the `name` of the dataset")
	flags.StringVar(&selection.Reason, "reason", "", "of quarantine: only what was refused for this `reason`")
	hoursFlags(flags, &selection.From, &selection.To)
	if err := cli.ParseAll(flags, args); err != nil {
		return err
	}
	if err := checkReplay(what, selection, *again); err != nil {
		return cli.UsageError{Err: err}
	}
	outputs, configuration, err := target.Of(ctx, ".", *onAWS)
	if errors.Is(err, running.ErrNotRunning) && *dryRun {
		fmt.Printf("nothing to replay: %v\n", err)
		return nil
	}
	if err != nil {
		return err
	}
	if what == replayFailed {
		return replayBatches(ctx, outputs, configuration, *dryRun, *again)
	}
	return replayJudged(ctx, outputs, configuration, what, selection, *dryRun)
}

// checkReplay refuses what does not go together.
func checkReplay(what string, selection replay.Selection, again bool) error {
	var problems []error
	bounded := !selection.From.IsZero() && !selection.To.IsZero()
	switch what {
	case replayFailed:
		if selection != (replay.Selection{}) {
			problems = append(problems, errors.New("--dataset, --reason, --from and --to are for quarantine and raw: go run ./cmd/dataplatform replay quarantine --dataset …"))
		}
	case replayQuarantine, replayRaw:
		if selection.Dataset == "" {
			problems = append(problems, errors.New("want --dataset"))
		} else if err := knownDataset(selection.Dataset); err != nil {
			problems = append(problems, err)
		}
		if again {
			problems = append(problems, errors.New("--again is for failed batches"))
		}
		if what == replayRaw && selection.Reason != "" {
			problems = append(problems, errors.New("--reason is for quarantine"))
		}
		if what == replayRaw && !bounded {
			problems = append(problems, errors.New("want --from and --to: raw is all that was ever received"))
		}
		if bounded && !selection.From.Before(selection.To) {
			problems = append(problems, errors.New("--from is not before --to"))
		}
	default:
		problems = append(problems, fmt.Errorf("%q cannot be replayed; failed, quarantine and raw can", what))
	}
	if selection.Reason != "" && !slices.ContainsFunc(contracts.Reasons(), func(r contracts.Reason) bool { return r.Code == selection.Reason }) {
		problems = append(problems, fmt.Errorf("there is no reason %q; the README lists them", selection.Reason))
	}
	return errors.Join(problems...)
}

// knownDataset refuses what starts no pipeline.
func knownDataset(name string) error {
	set, err := contracts.Load()
	if err != nil {
		return err
	}
	var names []string
	for _, pipeline := range set.Pipelines() {
		names = append(names, pipeline.Name)
	}
	if !slices.Contains(names, name) {
		return fmt.Errorf("there is no dataset %q; there are %s", name, strings.Join(names, ", "))
	}
	return nil
}

// hoursFlags are the bounds of hours of arrival.
func hoursFlags(flags *flag.FlagSet, from, to *time.Time) {
	hour := func(into *time.Time) func(string) error {
		return func(text string) error {
			for _, layout := range []string{time.RFC3339, "2006-01-02T15", time.DateOnly} {
				if at, err := time.Parse(layout, text); err == nil && at.Equal(at.Truncate(time.Hour)) {
					*into = at.UTC()
					return nil
				}
			}
			return errors.New("want a whole hour such as 2026-01-31T10 or a day, UTC")
		}
	}
	flags.Func("from", "first `hour` of arrival, such as 2026-01-31T10 or 2026-01-31, UTC", hour(from))
	flags.Func("to", "`hour` before which arrivals end", hour(to))
}

// replayBatches gives the clicks function what its mapping gave up on.
func replayBatches(ctx context.Context, outputs outputs.Outputs, configuration aws.Config, dryRun, again bool) error {
	r := &replay.Replayer{
		Objects: s3.NewFromConfig(configuration), Functions: lambda.NewFromConfig(configuration),
		Bucket: outputs.Buckets["raw"], Function: outputs.Functions[clicksPipeline],
	}
	if r.Bucket == "" || r.Function == "" || outputs.Machines[clicksPipeline].Hourly == "" {
		return errors.New("the stack's outputs do not hold buckets.raw, functions.clicks and machines.clicks.hourly: deploy it first")
	}
	batches, err := r.List(ctx)
	if err != nil {
		return err
	}
	var done []replay.Batch
	var problems []error
	for _, batch := range batches {
		fmt.Println(batch)
		if dryRun || batch.ReplayedAt != "" && !again {
			continue
		}
		if err := r.Replay(ctx, batch); err != nil {
			problems = append(problems, err)
			continue
		}
		done = append(done, batch)
	}
	fmt.Printf("%d failed batches, %d replayed now, %d failed again\n", len(batches), len(done), len(problems))
	// What was replayed is computed even when other batches failed: the next replay passes it over.
	if start, end, ok := replay.Hours(done); ok {
		problems = append(problems, computeHours(ctx, outputs, configuration, clicksPipeline, []replay.Span{{Start: start, End: end}}))
	}
	return errors.Join(problems...)
}

// replayJudged replays quarantine or raw.
func replayJudged(ctx context.Context, outputs outputs.Outputs, configuration aws.Config, what string, selection replay.Selection, dryRun bool) error {
	q, err := quarantineOf(outputs, configuration)
	if err != nil {
		return err
	}
	plan := q.Received
	if what == replayQuarantine {
		plan = q.Refused
	}
	planned, err := plan(ctx, selection)
	if err != nil {
		return err
	}
	planned.Print(os.Stdout)
	if dryRun || planned.Empty() {
		return nil
	}
	done, err := q.Do(ctx, planned)
	fmt.Printf("%s: %d invocations, %d files dropped, %d put apart to be taken again, %d refused again, %d objects removed from quarantine\n",
		selection.Dataset, done.Invoked, done.Dropped, done.Readmitted, done.Refused, done.Removed)
	// What was judged anew is computed even when some was not: tables and objects must agree.
	return errors.Join(err, computeHours(ctx, outputs, configuration, selection.Dataset, planned.Hours))
}

func quarantineOf(outputs outputs.Outputs, configuration aws.Config) (*replay.Quarantine, error) {
	set, err := contracts.Load()
	if err != nil {
		return nil, err
	}
	topic, err := arn.Parse(outputs.AlarmsTopic)
	if err != nil {
		return nil, fmt.Errorf("the stack's outputs do not say which account it is in: alarmsTopic %q: %w", outputs.AlarmsTopic, err)
	}
	stream := arn.ARN{Partition: topic.Partition, Service: "kinesis", Region: outputs.Region, AccountID: topic.AccountID, Resource: "stream/" + outputs.Stream}
	return &replay.Quarantine{
		Store: s3.NewFromConfig(configuration), Functions: lambda.NewFromConfig(configuration), Ledger: dynamodb.NewFromConfig(configuration), Contracts: set,
		Bucket: outputs.Buckets["raw"], Landing: outputs.Buckets["landing"], Files: outputs.Tables["files"], StreamARN: stream.String(),
		FunctionNames: outputs.Functions, Wait: 5 * time.Minute, Poll: time.Second,
	}, nil
}

// computeHours runs a pipeline's hourly machine over each range.
func computeHours(ctx context.Context, outputs outputs.Outputs, configuration aws.Config, pipeline string, hours []replay.Span) error {
	for _, span := range hours {
		fmt.Fprintf(os.Stderr, "computing the tables of the hours %s\n", statemachine.Interval(span.Start, span.End))
		if err := statemachine.New(configuration).Hours(ctx, outputs.Machines[pipeline].Hourly, span.Start, span.End); err != nil {
			return err
		}
	}
	return nil
}

// runBackfill computes a longer range of arrivals again, in pieces.
func runBackfill(ctx context.Context, args []string) error {
	flags := cli.NewFlags("backfill")
	dryRun := flags.Bool("dry-run", false, "say which pieces would run and run none")
	onAWS := awsFlag(flags)
	dataset := flags.String("dataset", "", "`name` of the dataset")
	days := flags.Int("days", 1, "days a piece; several run at once, as pipelines.backfillConcurrency allows")
	var from, to time.Time
	hoursFlags(flags, &from, &to)
	if err := cli.ParseAll(flags, args); err != nil {
		return err
	}
	switch {
	case *dataset == "" || from.IsZero() || to.IsZero():
		return cli.UsageError{Err: errors.New("want --dataset, --from and --to")}
	case !from.Before(to):
		return cli.UsageError{Err: errors.New("--from is not before --to")}
	case *days < 1:
		return cli.UsageError{Err: fmt.Errorf("--days is %d; it must be at least 1", *days)}
	}
	if err := knownDataset(*dataset); err != nil {
		return cli.UsageError{Err: err}
	}
	outputs, configuration, err := target.Of(ctx, ".", *onAWS)
	if err != nil {
		return err
	}
	q, err := quarantineOf(outputs, configuration)
	if err != nil {
		return err
	}
	if err := q.Readable(ctx, replay.Selection{Dataset: *dataset, From: from, To: to}); err != nil {
		return err
	}
	chunks := statemachine.Chunks(from, to, *days)
	for _, chunk := range chunks {
		fmt.Println(*dataset, chunk)
	}
	if *dryRun {
		return nil
	}
	for part := range slices.Chunk(chunks, components.MaxChunks) {
		if err := statemachine.New(configuration).Backfill(ctx, outputs.Machines[*dataset].Backfill, part); err != nil {
			return err
		}
	}
	return nil
}
