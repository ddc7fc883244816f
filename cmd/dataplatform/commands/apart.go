package commands

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
)

func apartCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "apart", Short: "Keep one file of a dataset from all runs, when a run fails for what is in it",
		Long: `Keep one file of a dataset from all runs: the way out when a step that comes after cleaning fails for what is in it.

dataplatform replay quarantine --dataset NAME --reason unreadable lets runs take it again.`,
		Example: "dataplatform apart --stack prod --dataset sales --file 3f0c… --why 'sums overflow'",
		Args:    cli.NoArgs,
	}
	where := changes(c)
	var dataset string
	datasetFlag(c, &dataset)
	file := c.Flags().String("file", "", "`digest` of the file, as errors and status name it")
	why := c.Flags().String("why", "", "what is wrong with it, a `text` for the quarantine")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := needs(c, "dataset", "file", "why"); err != nil {
			return err
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
		if err := where.confirm(c, t, "put a file of "+dataset+" apart"); err != nil {
			return err
		}
		if err := q.PutApart(c.Context(), s3.NewFromConfig(t.AWS), dataset, *file, *why, time.Now()); err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.OutOrStdout(),
			"%s: no run takes file %s until dataplatform replay quarantine --dataset %s --reason unreadable\n", dataset,
			*file, dataset)
		return err
	}
	return c
}
