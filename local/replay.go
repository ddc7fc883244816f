package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/local/client"
	"dataplatform/local/machine"
	"dataplatform/local/replay"
	"dataplatform/local/stack"
)

// clicksPipeline is the dataset that comes on the stream.
const clicksPipeline = "clicks"

// replayClicks gives the clicks function what its mapping gave up on, then
// runs the machine over the hours in which that arrived.
func replayClicks(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("replay", flag.ContinueOnError)
	dryRun := flags.Bool("dry-run", false, "list the batches and replay none")
	again := flags.Bool("again", false, "also replay what was replayed before; it changes nothing that is stored")
	outputs := flags.String("outputs", "", "`file` with the outputs of a stack on AWS, as `pulumi stack output --json` writes them; without it the platform that runs here")
	if err := flags.Parse(args); err != nil {
		return usageError{err}
	}
	if flags.NArg() > 0 {
		return usageError{fmt.Errorf("unexpected argument %q", flags.Arg(0))}
	}
	out, cfg, err := deployed(ctx, *outputs)
	if err != nil {
		return err
	}
	r := &replay.Replayer{
		Objects: s3.NewFromConfig(cfg), Functions: lambda.NewFromConfig(cfg),
		Bucket: out.Buckets["raw"], Function: out.Functions[clicksPipeline],
	}
	batches, err := r.List(ctx)
	if err != nil {
		return err
	}
	var done []replay.Batch
	var problems []error
	for _, batch := range batches {
		fmt.Println(batch)
		if *dryRun || batch.ReplayedAt != "" && !*again {
			continue
		}
		if err := r.Replay(ctx, batch); err != nil {
			problems = append(problems, err)
			continue
		}
		done = append(done, batch)
	}
	fmt.Fprintf(os.Stderr, "%d batches, %d replayed now, %d failed\n", len(batches), len(done), len(problems))
	// What was replayed is computed even when other batches failed: the next replay passes it over.
	if start, end, ok := replay.Hours(done); ok {
		fmt.Fprintf(os.Stderr, "computing the tables of the hours %s\n", machine.Interval(start, end))
		problems = append(problems, machine.New(cfg).Hours(ctx, out.Machines[clicksPipeline].Hourly, start, end))
	}
	return errors.Join(problems...)
}

// deployed returns the outputs of a stack and how to talk to it: the one described by a file, on AWS, or else the one
// that `up` left running.
func deployed(ctx context.Context, file string) (stack.Outputs, aws.Config, error) {
	if file == "" {
		p, err := stack.Attach(stack.Options{Root: "."})
		if err != nil {
			return stack.Outputs{}, aws.Config{}, err
		}
		return p.Outputs, client.Config(p.Endpoint, p.Outputs.Region), nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return stack.Outputs{}, aws.Config{}, err
	}
	var out stack.Outputs
	if err := json.Unmarshal(text, &out); err != nil {
		return stack.Outputs{}, aws.Config{}, fmt.Errorf("%s: %w", file, err)
	}
	if out.Buckets["raw"] == "" || out.Functions[clicksPipeline] == "" || out.Machines[clicksPipeline].Hourly == "" {
		return stack.Outputs{}, aws.Config{}, fmt.Errorf("%s: does not hold the outputs buckets.raw, functions.clicks and machines.clicks.hourly", file)
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(out.Region))
	return out, cfg, err
}
