package commands

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/operations/query"
	"dataplatform/operations/reconcile"
)

func reconcileCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "reconcile", Short: "Check that the curated tables hold what the processed ones do, once",
		Long: `Check that the curated tables hold what the processed ones do, once, by queries on both.

Clicks of hours that no run has taken yet may be missing. It fails when something differs, and while a run goes on, which has published a part.`,
		Example: "dataplatform reconcile --stack prod\ndataplatform reconcile --json | jq '.[] | select(.agrees | not)'",
		Args:    cli.NoArgs,
	}
	where, format := readsFrom(c), cli.FormatOf(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		t, err := where.find(c)
		if err != nil {
			return err
		}
		set, err := t.Outputs.Contracts()
		if err != nil {
			return err
		}
		progress := cli.NewProgress(c.ErrOrStderr())
		r := reconcile.Reconciler{
			Queries: query.New(t.AWS, t.Outputs.Workgroup), Ledger: dynamodb.NewFromConfig(t.AWS),
			StateMachines: sfn.NewFromConfig(t.AWS), Contracts: set, Outputs: t.Outputs, Step: progress.Step,
		}
		report, err := r.Run(c.Context())
		progress.End()
		if err != nil {
			return err
		}
		if different := report.Different(); different > 0 {
			err = fmt.Errorf("%d of %d differ", different, len(report))
		}
		return errors.Join(format.Write(c.OutOrStdout(), report), err)
	}
	return c
}
