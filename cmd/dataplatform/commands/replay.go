package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/spf13/cobra"

	"dataplatform/contracts"
	"dataplatform/internal/cli"
	"dataplatform/internal/running"
	"dataplatform/operations/replay"
	"dataplatform/operations/statemachine"
	"dataplatform/operations/target"
)

// clicksPipeline is the dataset that comes on the stream.
const clicksPipeline = "clicks"

// What can be replayed.
const (
	replayFailed     = "failed"
	replayQuarantine = "quarantine"
	replayRaw        = "raw"
	replayStream     = "stream"
)

// again is what a replay command was asked for.
type again struct {
	*where
	*cli.Format
	what      string
	selection replay.Selection
	dryRun    bool
	repeat    bool
}

func replayCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "replay [failed | quarantine | raw | stream]",
		Short: "Give what failed, was refused or was received to its function or job again",
		Long: `Give something to its function or job again, and compute the tables of its hours. Repeating it changes nothing.

  failed      batches of the stream that the clicks function gave up on
  quarantine  what was refused, once the cause is mended
  raw         everything that was received in a range of hours
  stream      records that the stream still has and raw has not: given up by the mapping, and not even in the bucket of such`,
		Example: "dataplatform replay --dry-run\n" +
			"dataplatform replay quarantine --dataset clicks --reason wrong_type --from 2026-01-31T10 --to 2026-01-31T12\n" +
			"dataplatform replay raw --stack prod --dataset sales --from 2026-01-31 --to 2026-02-01\n" +
			"dataplatform replay stream --stack prod --from 2026-01-31T10 --dry-run",
		ValidArgs: []string{replayFailed, replayQuarantine, replayRaw, replayStream},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return cli.Usage("unexpected argument %q", args[1])
			}
			return nil
		},
	}
	a := &again{where: changes(c), Format: cli.FormatOf(c)}
	datasetFlag(c, &a.selection.Dataset)
	c.Flags().StringVar(&a.selection.Reason, "reason", "", "of quarantine: only what was refused for this `reason`")
	cli.Must(c.RegisterFlagCompletionFunc("reason",
		func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var codes []string
			for _, reason := range contracts.Reasons() {
				codes = append(codes, cobra.CompletionWithDesc(reason.Code, reason.Meaning))
			}
			return codes, cobra.ShellCompDirectiveNoFileComp
		}))
	hoursFlags(c, &a.selection.From, &a.selection.To)
	c.Flags().BoolVar(&a.dryRun, "dry-run", false, "say what would be replayed and replay nothing")
	c.Flags().BoolVar(&a.repeat, "again", false,
		"of failed batches also those replayed before; it changes nothing that is stored")
	c.RunE = func(c *cobra.Command, args []string) error {
		a.what = replayFailed
		if len(args) > 0 {
			a.what = args[0]
		}
		if err := checkReplay(a.what, a.selection, a.repeat); err != nil {
			return cli.UsageError{Err: err}
		}
		t, err := a.find(c)
		if errors.Is(err, running.ErrNotRunning) && a.dryRun {
			return a.Write(c.OutOrStdout(), nothing{Reason: "nothing to replay: " + err.Error()})
		}
		if err != nil {
			return err
		}
		switch a.what {
		case replayFailed:
			return a.batches(c, t)
		case replayStream:
			return a.stream(c, t)
		}
		return a.replayEvaluated(c, t)
	}
	return c
}

// checkReplay refuses what does not go together.
func checkReplay(what string, selection replay.Selection, again bool) error {
	var problems []error
	bounded := !selection.From.IsZero() && !selection.To.IsZero()
	switch what {
	case replayFailed:
		if selection != (replay.Selection{}) {
			problems = append(problems, errors.New(
				"--dataset, --reason, --from and --to are for quarantine and raw: dataplatform replay quarantine --dataset …",
			))
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
	case replayStream:
		if selection.Dataset != "" || selection.Reason != "" || again {
			problems = append(problems, errors.New("--dataset, --reason and --again are for others: the stream is one"))
		}
		if selection.From.IsZero() {
			problems = append(problems, errors.New("want --from: the hour in which the trouble began"))
		}
		if !selection.To.IsZero() && !selection.From.Before(selection.To) {
			problems = append(problems, errors.New("--from is not before --to"))
		}
	default:
		problems = append(problems, fmt.Errorf("%q cannot be replayed; failed, quarantine, raw and stream can", what))
	}
	if selection.Reason != "" &&
		!slices.ContainsFunc(contracts.Reasons(), func(r contracts.Reason) bool { return r.Code == selection.Reason }) {
		problems = append(problems, fmt.Errorf("there is no reason %q; the README lists them", selection.Reason))
	}
	return errors.Join(problems...)
}

// batches gives the clicks function what its mapping gave up on.
func (a *again) batches(c *cobra.Command, t target.Target) error {
	stream, err := streamARN(t)
	if err != nil {
		return err
	}
	r := &replay.Replayer{
		Objects: s3.NewFromConfig(t.AWS), Functions: lambda.NewFromConfig(t.AWS),
		Bucket: t.Outputs.Buckets["discarded"], Function: t.Outputs.Functions[clicksPipeline], StreamARN: stream,
	}
	if err := deployed(map[string]string{
		"buckets.discarded": r.Bucket, "functions.clicks": r.Function,
		"machines.clicks.hourly": t.Outputs.StateMachines[clicksPipeline].Hourly,
	}); err != nil {
		return err
	}
	batches, err := r.List(c.Context())
	if err != nil {
		return err
	}
	report := replay.Waiting(batches, a.repeat)
	if a.dryRun {
		return a.Write(c.OutOrStdout(), report)
	}
	quiet := func() error {
		return replay.Quiet(c.Context(), cloudwatch.NewFromConfig(t.AWS), t.Outputs.AlarmsTopic)
	}
	if len(report.Batches) == 0 {
		return errors.Join(a.Write(c.OutOrStdout(), report), quiet())
	}
	if err := a.confirm(c, t, fmt.Sprintf("replay %d failed batches", len(report.Batches))); err != nil {
		return err
	}
	var done []replay.Batch
	var problems []error
	for _, batch := range report.Batches {
		if err := r.Replay(c.Context(), batch); err != nil {
			problems = append(problems, err)
			continue
		}
		done = append(done, batch)
	}
	report.Replayed, report.FailedAgain = len(done), len(problems)
	if len(problems) == 0 {
		problems = append(problems, quiet())
	}
	problems = append(problems, a.Write(c.OutOrStdout(), report))
	// What was replayed is computed even when other batches failed: the next replay passes it over.
	if start, end, ok := replay.Hours(done); ok {
		problems = append(problems, computeHours(c, t, clicksPipeline, []replay.Span{{Start: start, End: end}}))
	}
	return errors.Join(problems...)
}

// stream gives the clicks function the records of the stream that raw has not.
func (a *again) stream(c *cobra.Command, t target.Target) error {
	q, err := quarantineOf(t)
	if err != nil {
		return err
	}
	s := &replay.Stream{
		Quarantine: q, Kinesis: kinesis.NewFromConfig(t.AWS), Dataset: clicksPipeline, Name: t.Outputs.Stream,
		Pause: 250 * time.Millisecond,
	}
	to := a.selection.To
	if to.IsZero() {
		to = time.Now().UTC()
	}
	found, err := s.Read(c.Context(), a.selection.From, to, true)
	if err != nil {
		return err
	}
	if a.dryRun || found.Missing() == 0 {
		return a.Write(c.OutOrStdout(), found)
	}
	if err := found.Print(c.ErrOrStderr()); err != nil {
		return err
	}
	if err := a.confirm(c, t, fmt.Sprintf("store %d records of the stream", found.Missing())); err != nil {
		return err
	}
	read, err := s.Read(c.Context(), a.selection.From, to, false)
	// What was stored is computed even when the rest was not.
	return errors.Join(err, computeHours(c, t, clicksPipeline, read.Hours), a.Write(c.OutOrStdout(), read))
}

// replayEvaluated replays quarantine or raw.
func (a *again) replayEvaluated(c *cobra.Command, t target.Target) error {
	q, err := quarantineOf(t)
	if err != nil {
		return err
	}
	plan := q.Received
	if a.what == replayQuarantine {
		plan = q.Refused
	}
	planned, err := plan(c.Context(), a.selection)
	if err != nil {
		return err
	}
	report := replay.Outcome{Plan: planned}
	if a.dryRun || planned.Empty() {
		return a.Write(c.OutOrStdout(), report)
	}
	if err := planned.Print(c.ErrOrStderr()); err != nil {
		return err
	}
	if err := a.confirm(c, t, "replay this of "+a.selection.Dataset); err != nil {
		return err
	}
	progress := cli.NewProgress(c.ErrOrStderr())
	q.Step = progress.Step
	done, err := q.Do(c.Context(), planned)
	progress.End()
	report.Done = &done
	// What was evaluated anew is computed even when some was not: tables and objects must agree.
	return errors.Join(err, computeHours(c, t, a.selection.Dataset, planned.Hours), a.Write(c.OutOrStdout(), report))
}

func quarantineOf(t target.Target) (*replay.Quarantine, error) {
	set, err := contracts.Load()
	if err != nil {
		return nil, err
	}
	stream, err := streamARN(t)
	if err != nil {
		return nil, err
	}
	return &replay.Quarantine{
		Store: s3.NewFromConfig(t.AWS), Functions: lambda.NewFromConfig(t.AWS), Ledger: dynamodb.NewFromConfig(t.AWS),
		Contracts: set, Bucket: t.Outputs.Buckets["raw"], Landing: t.Outputs.Buckets["landing"],
		Files: t.Outputs.Tables["files"], StreamARN: stream, FunctionNames: t.Outputs.Functions,
		Wait: 5 * time.Minute, Poll: time.Second,
	}, nil
}

// streamARN is the stream of clicks, in the account that the topic of alarms is in.
func streamARN(t target.Target) (string, error) {
	topic, err := arn.Parse(t.Outputs.AlarmsTopic)
	if err != nil {
		return "", fmt.Errorf("the stack's outputs do not say which account it is in: alarmsTopic %q: %w",
			t.Outputs.AlarmsTopic, err)
	}
	return arn.ARN{
		Partition: topic.Partition, Service: "kinesis", Region: t.Outputs.Region, AccountID: topic.AccountID,
		Resource: "stream/" + t.Outputs.Stream,
	}.String(), nil
}

// computeHours runs a pipeline's hourly state machine over each range.
func computeHours(c *cobra.Command, t target.Target, pipeline string, hours []replay.Span) error {
	for _, span := range hours {
		interval := statemachine.Interval(span.Start, span.End)
		if err := watched(c, t, pipeline+", arrivals of "+interval,
			func(ctx context.Context, r *statemachine.Runner) error {
				return r.Hours(ctx, t.Outputs.StateMachines[pipeline].Hourly, span.Start, span.End)
			}); err != nil {
			return err
		}
	}
	return nil
}

// watched runs a state machine and says which state it is in.
func watched(
	c *cobra.Command, t target.Target, what string, run func(context.Context, *statemachine.Runner) error,
) error {
	progress, runner := cli.NewProgress(c.ErrOrStderr()), statemachine.New(t.AWS)
	defer progress.End()
	progress.Step(what)
	runner.Step = func(state string) { progress.Step(what + ": " + state) }
	return run(c.Context(), runner)
}
