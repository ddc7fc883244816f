package commands

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/internal/registered"
	"dataplatform/internal/running"
	"dataplatform/operations/doctor"
	"dataplatform/operations/target"
	"dataplatform/platform/settings"
)

func doctorCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "doctor", Short: "Check, before a stack is deployed, its account, quotas, names and tools",
		Long: `Check, before a stack is deployed, what would stop it: its settings, the account, its quotas, names that somebody else has, the tools here.
Without --stack it checks what the platform on this machine needs. It changes nothing, and fails when a deployment would.`,
		Example: "dataplatform doctor --stack prod\ndataplatform doctor --stack prod --json | jq '.[] | select(.state == \"FAIL\")'",
		Args:    cli.NoArgs,
	}
	format := cli.FormatOf(c)
	var stack string
	stackFlag(c, &stack, "`name` of the stack that is to be deployed; without it the platform on this machine")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if stack == "" {
			stack = running.Stack
		}
		if err := settings.Known(".", stack); err != nil {
			return cli.UsageError{Err: err}
		}
		report, err := diagnose(c.Context(), stack, c.ErrOrStderr())
		if err != nil {
			return err
		}
		if err := format.Write(c.OutOrStdout(), report); err != nil {
			return err
		}
		if failed := report.Failed(); failed > 0 {
			return fmt.Errorf("%d checks failed; nothing was changed", failed)
		}
		return nil
	}
	return c
}

func diagnose(ctx context.Context, name string, progress io.Writer) (doctor.Report, error) {
	of, err := settings.Of(".", name)
	if err != nil {
		return doctor.Report{
			{Name: "settings", State: doctor.Fail, Found: err.Error(), Remedy: "edit Pulumi." + name + ".yaml"},
		}, nil
	}
	resources, err := registered.Stack(ctx, ".", name, progress)
	if err != nil {
		return nil, err
	}
	needs := doctor.Of(name, of, resources)
	report := doctor.Report{{Name: "settings", State: doctor.OK, Found: "Pulumi." + name + ".yaml is valid"}}
	if name != running.Stack {
		configuration, err := config.LoadDefaultConfig(ctx, config.WithRegion(needs.Region))
		if err != nil {
			return nil, err
		}
		account := doctor.NewAccount(configuration)
		return append(append(report, doctor.Deployer(ctx, ".", needs, doctor.Command)...),
			account.Check(ctx, needs)...), nil
	}
	report = append(report, doctor.Host(ctx, ".")...)
	here, err := running.Read(".")
	if errors.Is(err, running.ErrNotRunning) {
		return append(report, doctor.Check{Name: "emulator", State: doctor.OK, Found: err.Error()}), nil
	}
	if err != nil {
		return nil, err
	}
	deployer, err := target.Assume(ctx, target.Config(here.Endpoint, needs.Region), running.DeployerARN)
	if err != nil {
		return nil, err
	}
	account := doctor.NewAccount(deployer)
	return append(report, account.Check(ctx, needs)...), nil
}
