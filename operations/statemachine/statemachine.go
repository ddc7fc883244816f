// Package statemachine runs the platform's state machines and waits for them.
package statemachine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

const (
	// poll is how often a running execution is asked about.
	poll = 200 * time.Millisecond
	// looks is how often somebody may look closer meanwhile.
	looks = 2 * time.Second
)

// Look is called while an execution runs, every now and then, and once at its end. A look that fails meanwhile is no
// end: the execution goes on, and the next look sees as much.
type Look func(ctx context.Context) error

// Interval names the hours [start, end) as state machines take them.
func Interval(start, end time.Time) string {
	return start.UTC().Format(time.RFC3339) + "/" + end.UTC().Format(time.RFC3339)
}

// Chunks cuts the hours [start, end) into pieces of so many days, for a backfill.
func Chunks(start, end time.Time, days int) []string {
	var chunks []string
	for start.Before(end) {
		next := start.AddDate(0, 0, days)
		if next.After(end) {
			next = end
		}
		chunks = append(chunks, Interval(start, next))
		start = next
	}
	return chunks
}

// ChunksOf cuts days into intervals of at most so many, and leaves out what is between them.
func ChunksOf(days []time.Time, most int) []string {
	var chunks []string
	for at := 0; at < len(days); {
		end := days[at].AddDate(0, 0, most)
		last := at
		for last+1 < len(days) && days[last+1].Before(end) {
			last++
		}
		chunks = append(chunks, Interval(days[at], days[last].AddDate(0, 0, 1)))
		at = last + 1
	}
	return chunks
}

// Runner runs executions.
type Runner struct {
	client *sfn.Client
	// Step is called with the state of an execution that is waited for; nil for nobody.
	Step func(string)
	// looks is how often somebody may look closer.
	looks time.Duration
}

// New makes a Runner.
func New(config aws.Config) *Runner { return &Runner{client: sfn.NewFromConfig(config), looks: looks} }

// Hours runs an hourly state machine over [start, end) and waits for its end.
func (r *Runner) Hours(ctx context.Context, arn string, start, end time.Time) error {
	return r.run(ctx, arn, map[string]any{"hours": Interval(start, end)})
}

// Once runs an hourly state machine with what it takes, an instant or an Interval, and returns what its stages counted,
// in their order.
func (r *Runner) Once(ctx context.Context, arn, hours string, stages []string) ([]Counted, error) {
	execution, err := r.start(ctx, arn, map[string]any{"hours": hours})
	if err != nil {
		return nil, err
	}
	if err := r.Wait(ctx, execution, hours); err != nil {
		return nil, err
	}
	got, err := r.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &execution})
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", execution, err)
	}
	var output map[string]json.RawMessage
	if err := json.Unmarshal([]byte(aws.ToString(got.Output)), &output); err != nil {
		return nil, fmt.Errorf("output of %s: %w", execution, err)
	}
	var counted []Counted
	for _, stage := range stages {
		var of struct{ Run Counted }
		if text, ok := output[stage]; !ok {
			continue
		} else if err := json.Unmarshal(text, &of); err != nil {
			return nil, fmt.Errorf("output of %s: %w", execution, err)
		}
		counted = append(counted, of.Run)
	}
	if len(counted) == 0 {
		return nil, fmt.Errorf("the output of %s names no stage: %s", execution, aws.ToString(got.Output))
	}
	return counted, nil
}

// Run is what the stages of a dataset's run counted, in their order.
type Run struct {
	Dataset string    `json:"dataset"`
	Stages  []Counted `json:"stages"`
}

// Print writes a line a stage, and what was taken or left beside what was asked for.
func (r Run) Print(w io.Writer) error {
	for _, stage := range r.Stages {
		c := stage.Datasets[r.Dataset]
		if _, err := fmt.Fprintf(w,
			"%s %s, arrivals of %s: received %d = processed %d + duplicates %d + quarantined %d\n", r.Dataset,
			stage.Stage, stage.Hours, c.Received, c.Processed, c.Duplicates, c.Quarantined); err != nil {
			return err
		}
		if len(stage.CaughtUp) > 0 {
			fmt.Fprintf(w, "%s %s, hours that waited, too: %s\n", r.Dataset, stage.Stage,
				strings.Join(stage.CaughtUp, " "))
		}
		if stage.Waiting > 0 {
			fmt.Fprintf(w, "%s %s found nothing, while %d wait: dataplatform run --dataset %s takes all of it\n",
				r.Dataset, stage.Stage, stage.Waiting, r.Dataset)
		}
	}
	return nil
}

// Counted is what a stage of a run counted.
type Counted struct {
	Stage    string `json:"stage"`
	Hours    string `json:"hours"`
	Datasets map[string]struct {
		Received    int `json:"received"`
		Processed   int `json:"processed"`
		Duplicates  int `json:"duplicates"`
		Quarantined int `json:"quarantined"`
	} `json:"datasets"`
	// CaughtUp are hours of a stream that were taken beside those asked for.
	CaughtUp []string `json:"caughtUp"`
	// Waiting are files or hours that a run which found nothing was not asked to take.
	Waiting int `json:"waiting"`
}

// Backfill runs a backfill state machine over chunks made by Interval and waits for its end.
func (r *Runner) Backfill(ctx context.Context, arn string, chunks []string) error {
	return r.run(ctx, arn, map[string]any{"chunks": chunks})
}

// StartBackfill starts a backfill state machine and returns the execution.
func (r *Runner) StartBackfill(ctx context.Context, arn string, chunks []string) (string, error) {
	return r.start(ctx, arn, map[string]any{"chunks": chunks})
}

// Recommend runs the state machine of recommendations: train until cut, evaluate by what came until asOf, and train on
// all of it.
func (r *Runner) Recommend(ctx context.Context, arn string, cut, asOf time.Time) error {
	return r.run(ctx, arn,
		map[string]any{"cut": cut.UTC().Format(time.RFC3339), "asOf": asOf.UTC().Format(time.RFC3339)})
}

// Request runs the state machine of erasures, or of exports, for a request.
func (r *Runner) Request(ctx context.Context, arn, request string) error {
	return r.run(ctx, arn, map[string]any{"request": request})
}

func (r *Runner) run(ctx context.Context, arn string, input map[string]any) error {
	execution, err := r.start(ctx, arn, input)
	if err != nil {
		return err
	}
	return r.Wait(ctx, execution, fmt.Sprint(input))
}

func (r *Runner) start(ctx context.Context, arn string, input map[string]any) (execution string, err error) {
	text, err := json.Marshal(input)
	if err != nil {
		return "", err
	}
	started, err := r.client.StartExecution(ctx,
		&sfn.StartExecutionInput{StateMachineArn: &arn, Input: aws.String(string(text))})
	if err != nil {
		return "", fmt.Errorf("start %s: %w", arn, err)
	}
	return aws.ToString(started.ExecutionArn), nil
}

// Wait waits for an execution's end; any end but success is an error with the state machine's own words.
func (r *Runner) Wait(ctx context.Context, execution, input string) error {
	return r.Watch(ctx, execution, input, func(ctx context.Context) error {
		if r.Step == nil {
			return nil
		}
		state, err := r.state(ctx, execution)
		if err != nil {
			return err
		}
		r.Step(state)
		return nil
	})
}

// Watch is Wait with another look.
func (r *Runner) Watch(ctx context.Context, execution, input string, look Look) error {
	next := time.Now().Add(r.looks)
	for {
		got, err := r.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &execution})
		if err != nil {
			return fmt.Errorf("describe %s: %w", execution, err)
		}
		var unseen error
		if running := got.Status == types.ExecutionStatusRunning; !running || time.Now().After(next) {
			unseen = look(ctx)
			next = time.Now().Add(r.looks)
		}
		switch got.Status {
		case types.ExecutionStatusSucceeded:
			return unseen
		case types.ExecutionStatusRunning:
		default:
			return errors.Join(fmt.Errorf("execution %s with input %s: %s: %s: %s", execution, input, got.Status,
				aws.ToString(got.Error), aws.ToString(got.Cause)), unseen)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(poll):
		}
	}
}

// state is the one that an execution entered last.
func (r *Runner) state(ctx context.Context, execution string) (string, error) {
	got, err := r.client.GetExecutionHistory(ctx,
		&sfn.GetExecutionHistoryInput{ExecutionArn: &execution, ReverseOrder: true, MaxResults: 20})
	if err != nil {
		return "", fmt.Errorf("history of %s: %w", execution, err)
	}
	for _, event := range got.Events {
		if entered := event.StateEnteredEventDetails; entered != nil {
			return aws.ToString(entered.Name), nil
		}
	}
	return "started", nil
}

// Idle refuses state machines of which one is running.
func Idle(ctx context.Context, client sfn.ListExecutionsAPIClient, arns ...string) error {
	for _, arn := range arns {
		running, err := client.ListExecutions(ctx, &sfn.ListExecutionsInput{
			StateMachineArn: aws.String(arn), StatusFilter: types.ExecutionStatusRunning, MaxResults: 1,
		})
		if err != nil {
			return fmt.Errorf("what runs: %w", err)
		}
		if len(running.Executions) > 0 {
			return fmt.Errorf("%s is running: wait for its end and ask again",
				aws.ToString(running.Executions[0].ExecutionArn))
		}
	}
	return nil
}

// Latest returns the newest execution of a state machine, or "" when it never ran.
func (r *Runner) Latest(ctx context.Context, arn string) (string, error) {
	got, err := r.client.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: &arn, MaxResults: 1})
	if err != nil || len(got.Executions) == 0 {
		return "", err
	}
	return aws.ToString(got.Executions[0].ExecutionArn), nil
}
