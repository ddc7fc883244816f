package commands

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/operations/statemachine"
)

func runCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "run", Short: "Run a dataset's hourly state machine now and print what its stages counted",
		Example: "dataplatform run --dataset sales\ndataplatform run --stack prod --dataset clicks --hours 2026-01-31T10:00:00Z/2026-01-31T12:00:00Z",
		Args:    cli.NoArgs,
	}
	where, format := changes(c), cli.FormatOf(c)
	var dataset string
	datasetFlag(c, &dataset)
	hours := c.Flags().String("hours", "",
		"`range` of arrivals, 2026-01-31T10:00:00Z/2026-01-31T12:00:00Z, or an instant; without it the present, which takes everything that waits")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := needs(c, "dataset"); err != nil {
			return err
		}
		if err := knownDataset(dataset); err != nil {
			return err
		}
		if *hours == "" {
			*hours = time.Now().UTC().Format(time.RFC3339)
		} else if err := checkHours(*hours); err != nil {
			return err
		}
		t, err := where.find(c)
		if err != nil {
			return err
		}
		stateMachine := t.Outputs.StateMachines[dataset].Hourly
		if err := deployed(map[string]string{"machines." + dataset + ".hourly": stateMachine}); err != nil {
			return err
		}
		if err := where.confirm(c, t, "run "+dataset+" over arrivals of "+*hours); err != nil {
			return err
		}
		counted := statemachine.Run{Dataset: dataset}
		err = watched(c, t, dataset, func(ctx context.Context, r *statemachine.Runner) (err error) {
			counted.Stages, err = r.Once(ctx, stateMachine, *hours, []string{"process", "curate"})
			return err
		})
		if err != nil {
			return err
		}
		return format.Write(c.OutOrStdout(), counted)
	}
	return c
}

// checkHours refuses what the state machine's jobs would.
func checkHours(hours string) error {
	first, last, isRange := strings.Cut(hours, "/")
	start, err := time.Parse(time.RFC3339, first)
	if err != nil {
		return cli.Usage("--hours %q: want an instant such as 2026-01-31T10:00:00Z, or two with a slash between them",
			hours)
	}
	if !isRange {
		return nil
	}
	end, err := time.Parse(time.RFC3339, last)
	if err != nil || !start.Before(end) {
		return cli.Usage("--hours %q: want <start>/<end>, the start before the end", hours)
	}
	return nil
}
