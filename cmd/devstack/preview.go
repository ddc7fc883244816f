package main

import (
	"context"
	"errors"
	"os"

	"dataplatform/internal/cli"
	"dataplatform/local/stack"
	"dataplatform/platform"
	"dataplatform/platform/settings"
)

// planStacks plans stacks as their files are; without names, those of AWS, and one with what is off by default.
func planStacks(ctx context.Context, args []string) (err error) {
	flags := cli.NewFlags("preview")
	if err := cli.Parse(flags, args, os.Stdout); err != nil {
		return cli.UsageError{Err: err}
	}
	stacks := flags.Args()
	for _, name := range stacks {
		if err := settings.Known(".", name); err != nil {
			return cli.UsageError{Err: err}
		}
	}
	everything := len(stacks) == 0
	if everything {
		stacks = []string{"dev", "prod"}
	}
	options, err := stack.Prepare(ctx, ".", "", platform.Deploy, os.Stderr)
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

// optional are the settings that switch on what is off by default and can be planned here. The network cannot: its plugin is not served
// everywhere.
var optional = map[string]string{
	"recommendations.enabled":         "true",
	"analytics.quickSight.enabled":    "true",
	"analytics.quickSight.viewers[0]": "arn:aws:quicksight:eu-west-1:123456789012:group/default/analysts",
}
