package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"dataplatform/internal/cli"
	"dataplatform/operations/statemachine"
	"dataplatform/operations/target"
)

// runMachine runs a dataset's hourly machine once and prints what its stages counted.
func runMachine(ctx context.Context, args []string) error {
	flags := cli.NewFlags("run")
	onAWS := awsFlag(flags)
	dataset := flags.String("dataset", "", "`name` of the dataset")
	hours := flags.String("hours", "", "`range` of arrivals, 2026-01-31T10:00:00Z/2026-01-31T12:00:00Z, or an instant; without it the present, which takes everything that waits")
	if err := cli.ParseAll(flags, args); err != nil {
		return err
	}
	if *dataset == "" {
		return cli.UsageError{Err: errors.New("want --dataset")}
	}
	if err := knownDataset(*dataset); err != nil {
		return cli.UsageError{Err: err}
	}
	if *hours == "" {
		*hours = time.Now().UTC().Format(time.RFC3339)
	} else if err := checkHours(*hours); err != nil {
		return cli.UsageError{Err: err}
	}
	outputs, configuration, err := target.Of(ctx, ".", *onAWS)
	if err != nil {
		return err
	}
	counted, err := statemachine.New(configuration).Once(ctx, outputs.Machines[*dataset].Hourly, *hours, []string{"process", "curate"})
	if err != nil {
		return err
	}
	printCounted(os.Stdout, *dataset, counted)
	return nil
}

// checkHours refuses what the machine's jobs would.
func checkHours(hours string) error {
	first, last, isRange := strings.Cut(hours, "/")
	start, err := time.Parse(time.RFC3339, first)
	if err != nil {
		return fmt.Errorf("--hours %q: want an instant such as 2026-01-31T10:00:00Z, or two with a slash between them", hours)
	}
	if !isRange {
		return nil
	}
	end, err := time.Parse(time.RFC3339, last)
	if err != nil || !start.Before(end) {
		return fmt.Errorf("--hours %q: want <start>/<end>, the start before the end", hours)
	}
	return nil
}

func printCounted(w io.Writer, dataset string, counted []statemachine.Counted) {
	for _, stage := range counted {
		c := stage.Datasets[dataset]
		fmt.Fprintf(w, "%s %s, arrivals of %s: received %d = processed %d + duplicates %d + quarantined %d\n",
			dataset, stage.Stage, stage.Hours, c.Received, c.Processed, c.Duplicates, c.Quarantined)
		if len(stage.CaughtUp) > 0 {
			fmt.Fprintf(w, "%s %s, hours that waited, too: %s\n", dataset, stage.Stage, strings.Join(stage.CaughtUp, " "))
		}
		if stage.Waiting > 0 {
			fmt.Fprintf(w, "%s %s found nothing, while %d wait: `go run ./cmd/dataplatform run --dataset %s` takes all of it\n", dataset, stage.Stage, stage.Waiting, dataset)
		}
	}
}
