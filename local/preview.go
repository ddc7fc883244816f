package main

import (
	"context"
	"errors"
	"os"

	"dataplatform/internal/command"
	"dataplatform/local/stack"
	"dataplatform/platform"
)

// preview plans stacks as their files are; without names, those of AWS.
func preview(ctx context.Context, args []string) (err error) {
	flags := newFlags("preview")
	if err := command.Parse(flags, args, os.Stdout); err != nil {
		return usageError{err}
	}
	stacks := flags.Args()
	for _, name := range stacks {
		if err := knownStack(name); err != nil {
			return err
		}
	}
	if len(stacks) == 0 {
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
		if _, err := p.Preview(ctx, name); err != nil {
			return err
		}
	}
	return nil
}
