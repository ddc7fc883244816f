package commands

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/spf13/cobra"

	"dataplatform/components/limits"
	"dataplatform/contracts"
	"dataplatform/internal/cli"
	"dataplatform/operations/backfill"
	"dataplatform/operations/replay"
	"dataplatform/operations/statemachine"
)

func backfillCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "backfill", Short: "Compute a longer range of a dataset's arrivals again, in pieces",
		Long: `Compute a longer range of a dataset's arrivals again, in pieces. With --all every day that raw still has files or events of: that fills a
new column, or a new curated table, with what there is.`,
		Example: "dataplatform backfill --dataset sales --from 2026-01-01 --to 2026-02-01 --dry-run\n" +
			"dataplatform backfill --stack prod --dataset sales --from 2026-01-01 --to 2026-02-01\n" +
			"dataplatform backfill --stack prod --dataset sales --all --days 7",
		Args: cli.NoArgs,
	}
	where, format := changes(c), cli.FormatOf(c)
	var dataset string
	var from, to time.Time
	datasetFlag(c, &dataset)
	hoursFlags(c, &from, &to)
	days := c.Flags().Int("days", 1,
		"`days` a piece; several run at once, as pipelines.backfillConcurrency in the stack's settings allows")
	all := c.Flags().Bool("all", false, "every day that raw still has something of, instead of --from and --to")
	dryRun := c.Flags().Bool("dry-run", false, "say which pieces would run and run none")
	c.RunE = func(c *cobra.Command, _ []string) error {
		wanted := []string{"dataset", "from", "to"}
		if *all {
			wanted = wanted[:1]
		}
		if err := needs(c, wanted...); err != nil {
			return err
		}
		switch {
		case *all && (c.Flags().Changed("from") || c.Flags().Changed("to")):
			return cli.Usage("--all is instead of --from and --to")
		case !*all && !from.Before(to):
			return cli.Usage("--from is not before --to")
		case *days < 1:
			return cli.Usage("--days is %d; it must be at least 1", *days)
		}
		if err := knownDataset(dataset); err != nil {
			return err
		}
		t, err := where.find(c)
		if err != nil {
			return err
		}
		q, err := quarantineOf(t)
		if err != nil {
			return err
		}
		b := backfill.Backfill{
			StateMachines: statemachine.New(t.AWS), Objects: s3.NewFromConfig(t.AWS),
			Bucket: t.Outputs.Buckets["artifacts"], StateMachineARN: t.Outputs.StateMachines[dataset].Backfill,
			MaxChunks: limits.MaxChunks,
		}
		if b.Pipeline, err = pipelineOf(q.Contracts, dataset); err != nil {
			return err
		}
		if err := deployed(map[string]string{
			"buckets.artifacts": b.Bucket, "machines." + dataset + ".backfill": b.StateMachineARN,
		}); err != nil {
			return err
		}
		var chunks []string
		what := "all arrivals"
		if *all {
			arrived, err := q.Days(c.Context(), dataset)
			if err != nil {
				return err
			}
			chunks = statemachine.ChunksOf(arrived, *days)
		} else {
			if err := q.Readable(c.Context(), replay.Selection{Dataset: dataset, From: from, To: to}); err != nil {
				return err
			}
			chunks, what = statemachine.Chunks(from, to, *days), "arrivals of "+statemachine.Interval(from, to)
		}
		if *dryRun {
			return format.Write(c.OutOrStdout(), pieces(chunks))
		}
		what = fmt.Sprintf("compute %s again in %d pieces, %s", dataset, len(chunks), what)
		if err := where.confirm(c, t, what); err != nil {
			return err
		}
		progress := cli.NewProgress(c.ErrOrStderr())
		b.Step = progress.Step
		done, err := b.Run(c.Context(), chunks)
		progress.End()
		return errors.Join(err, format.Write(c.OutOrStdout(), done)) // of a part, too: a repetition begins at the start
	}
	return c
}

func pipelineOf(set *contracts.Set, name string) (contracts.Pipeline, error) {
	for _, pipeline := range set.Pipelines() {
		if pipeline.Name == name {
			return pipeline, nil
		}
	}
	return contracts.Pipeline{}, fmt.Errorf("there is no dataset %q", name)
}

// pieces of a backfill, <start>/<end>.
type pieces []string

func (p pieces) Print(w io.Writer) error {
	for _, piece := range p {
		if _, err := fmt.Fprintln(w, piece); err != nil {
			return err
		}
	}
	return nil
}
