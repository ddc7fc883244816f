package commands

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/operations/erasure"
	"dataplatform/operations/statemachine"
)

func eraseCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "erase", Short: "Take one customer out of every place, every version and every table's past",
		Example: "dataplatform erase --customer 12345\ndataplatform erase --stack prod --customer 12345 --report erasure-4711.json",
		Args:    cli.NoArgs,
	}
	where := changes(c)
	customer := c.Flags().String("customer", "", "the `number` of the customer")
	file := c.Flags().String("report", "build/erasure.json", "`file` for the report, which names nobody")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := erasure.Check(*customer); err != nil {
			return cli.UsageError{Err: err}
		}
		t, err := where.find(c)
		if err != nil {
			return err
		}
		runner := statemachine.New(t.AWS)
		e := &erasure.Eraser{
			Objects: s3.NewFromConfig(t.AWS), Runner: runner, StateMachines: sfn.NewFromConfig(t.AWS),
			Bucket: t.Outputs.Buckets["artifacts"], StateMachineARN: t.Outputs.ErasureStateMachine,
		}
		if err := deployed(map[string]string{
			"buckets.artifacts": e.Bucket, "erasureStateMachine": e.StateMachineARN,
		}); err !=
			nil {
			return err
		}
		for _, stateMachines := range t.Outputs.StateMachines {
			e.StateMachineARNs = append(e.StateMachineARNs, stateMachines.Hourly, stateMachines.Backfill)
		}
		// Its number belongs on no screen that somebody records.
		if err := where.confirm(c, t, "erase one customer, for which there is no way back"); err != nil {
			return err
		}
		progress := cli.NewProgress(c.ErrOrStderr())
		runner.Step = progress.Step
		report, err := e.Run(c.Context(), *customer)
		progress.End()
		if err != nil {
			return err
		}
		text, err := json.MarshalIndent(report, "", " ")
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(*file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(*file, append(text, '\n'), 0o644); err != nil {
			return fmt.Errorf("the customer is erased, the report was not written: %w", err)
		}
		return errors.Join(report.Print(c.OutOrStdout()), report.Err())
	}
	return c
}
