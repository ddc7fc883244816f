package commands

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/operations/erasure"
	"dataplatform/operations/statemachine"
)

func exportPersonCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "export-person", Short: "Fetch all that there is of one customer: what an erasure would take",
		Example: "dataplatform export-person --customer 12345\ndataplatform export-person --stack prod --customer 12345 --to request-4711",
		Args:    cli.NoArgs,
	}
	where := changes(c)
	customer := c.Flags().String("customer", "", "the `number` of the customer")
	folder := c.Flags().String("to", "build/export", "`folder` for the result, personal data that only you may read")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := erasure.Check(*customer); err != nil {
			return cli.UsageError{Err: err}
		}
		t, err := where.find(c)
		if err != nil {
			return err
		}
		runner := statemachine.New(t.AWS)
		e := &erasure.Exporter{
			Objects: s3.NewFromConfig(t.AWS), Runner: runner, Bucket: t.Outputs.Buckets["artifacts"],
			StateMachineARN: t.Outputs.ExportStateMachine,
		}
		if err := deployed(map[string]string{
			"buckets.artifacts": e.Bucket, "exportStateMachine": e.StateMachineARN,
		}); err != nil {
			return err
		}
		if err := where.confirm(c, t, "export all that there is of one customer to "+*folder); err != nil {
			return err
		}
		progress := cli.NewProgress(c.ErrOrStderr())
		runner.Step = progress.Step
		manifest, err := e.Run(c.Context(), *customer, *folder)
		progress.End()
		if err != nil {
			return err
		}
		return errors.Join(manifest.Print(c.OutOrStdout()), manifest.Err())
	}
	return c
}
