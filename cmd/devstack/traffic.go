package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"dataplatform/e2e/demo"
	"dataplatform/e2e/load"
	"dataplatform/internal/cli"
	"dataplatform/local/stack"
)

// ledgerFile keeps what was sent to the platform that `up` left running.
const ledgerFile = "build/ledger.json.gz"

// attach opens a session on the platform that `up` left running.
func attach(options demo.Options) (*demo.Session, error) {
	p, err := stack.Attach(stack.Options{Root: "."})
	if err != nil {
		return nil, err
	}
	session := demo.NewSession(p, options, os.Stderr)
	ledger, err := load.Load(ledgerFile)
	if errors.Is(err, fs.ErrNotExist) {
		return session, nil
	}
	if err != nil {
		return nil, err
	}
	session.Ledger = ledger
	return session, nil
}

// sendTraffic sends data to a running platform, runs the machines over it and counts.
func sendTraffic(ctx context.Context, args []string) error {
	var options demo.Options
	if err := demo.Parse("traffic", args, os.Stderr, &options, false); err != nil {
		return cli.UsageError{Err: err}
	}
	session, err := attach(options)
	if err != nil {
		return err
	}
	account, err := session.Traffic(ctx)
	if err := errors.Join(err, session.Ledger.Save(ledgerFile)); err != nil {
		return err
	}
	account.PrintCounts(os.Stderr)
	if len(account.Problems) > 0 {
		return errors.New(strings.Join(account.Problems, "\n"))
	}
	return nil
}
