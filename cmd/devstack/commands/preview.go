package commands

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/local/stack"
	"dataplatform/platform"
	"dataplatform/platform/settings"
)

func previewCommand() *cobra.Command {
	return &cobra.Command{
		Use: "preview [stack …]", Short: "Plan stacks as their files are against the emulator",
		Long:    `Plan stacks as their files are against the emulator; without names those of AWS, dev and prod, and dev with what is off by default.`,
		Example: "devstack preview\ndevstack preview prod", ValidArgsFunction: stackNames,
		RunE: func(c *cobra.Command, stacks []string) error {
			for _, name := range stacks {
				if err := settings.Known(".", name); err != nil {
					return cli.UsageError{Err: err}
				}
			}
			return planStacks(c.Context(), stacks, c.ErrOrStderr())
		},
	}
}

func planStacks(ctx context.Context, stacks []string, log io.Writer) (err error) {
	everything := len(stacks) == 0
	if everything {
		stacks = []string{"dev", "prod"}
	}
	if err := plannable(".", stacks...); err != nil {
		return err
	}
	options, err := stack.Prepare(ctx, ".", "", platform.Deploy, log)
	if err != nil {
		return err
	}
	p, err := stack.Start(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	for _, name := range stacks {
		if _, err := p.Preview(ctx, name, nil); err != nil {
			return err
		}
	}
	if everything {
		_, err = p.Preview(ctx, "dev", optional)
	}
	return err
}

// optional are the settings that switch on what is off by default and can be planned here. The network cannot: its
// plugin is not served everywhere.
var optional = map[string]string{
	"recommendations.enabled":         "true",
	"analytics.quickSight.enabled":    "true",
	"analytics.quickSight.viewers[0]": "arn:aws:quicksight:eu-west-1:123456789012:group/default/analysts",
}
