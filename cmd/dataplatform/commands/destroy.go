package commands

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/operations/teardown"
	"dataplatform/platform/settings"
)

func destroyCommand() *cobra.Command {
	var stack string
	c := &cobra.Command{
		Use: "destroy", Short: "Remove a stack on AWS with its data, after asking",
		Long: `Remove a stack on AWS with its data, which takes two keys.

The first is disposableData in the stack's settings, deployed. The second is the stack's name, typed after the account, the region and what every
bucket holds were shown; no flag answers for you.`,
		Example: "dataplatform destroy --stack dev",
		Args:    cli.NoArgs,
	}
	stackFlag(c, &stack, "`name` of the stack")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := needs(c, "stack"); err != nil {
			return err
		}
		if err := settings.Known(".", stack); err != nil {
			return cli.UsageError{Err: err}
		}
		return destroy(c, stack)
	}
	return c
}

func destroy(c *cobra.Command, name string) error {
	file := settings.File("", name)
	region, disposable, err := settings.DisposalOf(file)
	if err != nil {
		return err
	}
	target := teardown.Stack{Name: name, File: file, Disposable: disposable, Region: region}
	if disposable { // otherwise the refusal needs neither an account nor the stack's state
		state, err := exported(c.Context(), name)
		if err != nil {
			return err
		}
		if err := target.Describe(state); err != nil {
			return err
		}
	}
	configuration, err := config.LoadDefaultConfig(c.Context(), config.WithRegion(region))
	if err != nil {
		return err
	}
	d := &teardown.Destroyer{
		Caller: sts.NewFromConfig(configuration), Objects: s3.NewFromConfig(configuration),
		In: c.InOrStdin(), Out: c.OutOrStdout(), Remove: pulumiDestroy,
	}
	return d.Run(c.Context(), target)
}

// exported is the stack's state.
func exported(ctx context.Context, name string) ([]byte, error) {
	command := exec.CommandContext(ctx, "pulumi", "stack", "export", "--stack", name)
	command.Stderr = os.Stderr
	text, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("the state of stack %s: %w", name, err)
	}
	return text, nil
}

// pulumiDestroy leaves the engine's own questions and progress on the screen. What the deployed stack still protects,
// the engine refuses to delete: settings that were changed but never deployed are not a key.
func pulumiDestroy(ctx context.Context, name string) error {
	command := exec.CommandContext(ctx, "pulumi", teardown.Arguments(name)...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("pulumi destroy: %w", err)
	}
	return nil
}
