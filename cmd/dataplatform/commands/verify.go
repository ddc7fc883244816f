package commands

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/operations/verify"
)

func verifyCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "verify", Short: "Prove a deployment by canaries that it sends through and takes away again",
		Long: `Prove a deployment by canaries that it sends through and takes away again.

A click, a sales file and an image, and a bad one of each, are followed to their rows, thumbnail and quarantine; a batch is given up and replayed; roles
ask for what they may see and may not; an alarm is set off, which notifies its topic; logs and schedules are looked for. Everything belongs to the customer
` + verify.Customer + `, who is erased in the end, from what was written since it began: that takes no longer on a stack with years of data. --keep leaves them.
It fails when a check does, and says for each what to do. --policy prints the rights that it needs and starts nothing.`,
		Example: "dataplatform verify --stack dev\ndataplatform verify --stack dev --json | jq '.checks[] | select(.state != \"ok\")'\n" +
			"dataplatform verify --stack dev --policy > verify-policy.json",
		Args: cli.NoArgs,
	}
	where, format := changes(c), cli.FormatOf(c)
	keep := c.Flags().Bool("keep", false, "leave the canaries where they are")
	policy := c.Flags().Bool("policy", false, "print the policy of a role that verifies this stack")
	c.RunE = func(c *cobra.Command, _ []string) error {
		t, err := where.find(c)
		if err != nil {
			return err
		}
		if *policy {
			document, err := verify.Policy(c.Context(), verify.KeysOf(t.AWS), t.Outputs)
			if err != nil {
				return err
			}
			text, err := json.MarshalIndent(document, "", "  ")
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), string(text))
			return err
		}
		if err := deployed(map[string]string{
			"stream": t.Outputs.Stream, "erasureStateMachine": t.Outputs.ErasureStateMachine,
			"machines.sales.hourly": t.Outputs.StateMachines["sales"].Hourly,
		}); err != nil {
			return err
		}
		if err := where.confirm(c, t, "send canaries, set off an alarm, and erase the customer "+verify.Customer); err != nil {
			return err
		}
		v, err := verify.New(t.AWS, t.Outputs)
		if err != nil {
			return err
		}
		v.Keep = *keep
		if t.Here {
			v.Poll = time.Second
		}
		progress := cli.NewProgress(c.ErrOrStderr())
		v.Step = func(one verify.Check) { progress.Step(one.Name + ": " + string(one.State)) }
		report := v.Run(c.Context())
		progress.End()
		return errors.Join(format.Write(c.OutOrStdout(), report), report.Err())
	}
	return c
}
