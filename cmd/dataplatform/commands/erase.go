package commands

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

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
		Example: "dataplatform erase --customer 12345\ndataplatform erase --stack prod --customer 12345 --report erasure-4711.json\n" +
			"dataplatform erase --stack prod --customers erased.txt",
		Args: cli.NoArgs,
	}
	where := changes(c)
	customer := c.Flags().String("customer", "", "the `number` of the customer")
	list := c.Flags().String("customers", "", "`file` with the number of a customer a line, to erase again after a restore")
	file := c.Flags().String("report", "build/erasure.json", "`file` for the report, which names nobody")
	c.RunE = func(c *cobra.Command, _ []string) error {
		customers, err := whom(*customer, *list)
		if err != nil {
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
		what := "erase one customer, for which there is no way back"
		if *list != "" {
			what = fmt.Sprintf("erase %d customers, for which there is no way back", len(customers))
		}
		if err := where.confirm(c, t, what); err != nil {
			return err
		}
		progress := cli.NewProgress(c.ErrOrStderr())
		runner.Step = progress.Step
		var failed []error
		for place, one := range customers {
			report, err := e.Run(c.Context(), one)
			progress.End()
			if err != nil {
				// Which one it was only its place says: numbers belong on no screen.
				return errors.Join(append(failed, fmt.Errorf("customer %d of %d: %w", place+1, len(customers), err))...)
			}
			failed = append(failed, saveReport(*file, place, report), report.Print(c.OutOrStdout()), report.Err())
		}
		return errors.Join(failed...)
	}
	return c
}

// whom returns the customers that a command is about: one, or those of a file.
func whom(customer, list string) ([]string, error) {
	if list == "" {
		return []string{customer}, erasure.Check(customer)
	}
	if customer != "" {
		return nil, errors.New("--customers is instead of --customer")
	}
	text, err := os.ReadFile(list)
	if err != nil {
		return nil, err
	}
	var found []string
	for number, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if erasure.Check(line) != nil {
			return nil, fmt.Errorf("%s:%d: want the number of one customer, or an e-mail address", list, number+1)
		}
		found = append(found, line)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s names nobody", list)
	}
	return found, nil
}

// saveReport writes the report of the customer at a place of the list; behind the first ones it is numbered.
func saveReport(file string, place int, report erasure.Report) error {
	if extension := filepath.Ext(file); place > 0 {
		file = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(file, extension), place+1, extension)
	}
	text, err := json.MarshalIndent(report, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("the customer is erased, the report was not written: %w", err)
	}
	return nil
}
