package main

import (
	"context"
	"errors"
	"os"
	"time"

	"dataplatform/e2e/demo"
	"dataplatform/internal/cli"
	"dataplatform/local/stack"
	"dataplatform/platform"
)

func runDemo(ctx context.Context, args []string) (err error) {
	started := time.Now()
	var options demo.Options
	if err := demo.Parse("demo", args, os.Stderr, &options, true); err != nil {
		return cli.UsageError{Err: err}
	}
	prepared, err := stack.Prepare(ctx, ".", "", platform.Deploy, os.Stderr)
	if err != nil {
		return err
	}
	if options.ML {
		if err := prepared.Learn(ctx); err != nil {
			return err
		}
	}
	p, err := stack.Start(ctx, prepared)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return demo.Run(ctx, p, options, started, os.Stderr)
}
