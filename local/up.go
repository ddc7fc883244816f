package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"dataplatform/local/stack"
	"dataplatform/platform"
)

// upState is where a platform that stays running keeps its files.
const upState = "build/local"

func up(ctx context.Context, args []string) (err error) {
	flags := newFlags("up")
	learn := flags.Bool("ml", false, "with recommendations")
	if err := parseAll(flags, args); err != nil {
		return err
	}
	if running, err := stack.Attach(stack.Options{Root: "."}); err == nil {
		return fmt.Errorf("a platform is running already at %s: `go run ./local down` stops it", running.Endpoint)
	} else if !errors.Is(err, stack.ErrNotRunning) {
		return err
	}
	state, err := filepath.Abs(upState)
	if err != nil {
		return err
	}
	options, err := stack.Prepare(ctx, ".", state, platform.Deploy, os.Stderr)
	if err != nil {
		return err
	}
	if *learn {
		if err := options.Learn(ctx); err != nil {
			return err
		}
	}
	// A new platform has been sent nothing.
	if err := os.Remove(ledgerFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	p, err := stack.Start(ctx, options)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return errors.Join(err, p.Close())
	}
	if err := p.Keep(); err != nil {
		return errors.Join(err, p.Close())
	}
	fmt.Printf("running at %s, see %s; `go run ./local down` ends it\n", p.Endpoint, stack.RecordFile)
	return nil
}
