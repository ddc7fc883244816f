package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"dataplatform/e2e/demo"
	"dataplatform/e2e/load"
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
		return usageError{err}
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

// runQuery runs one statement on a running platform and prints its rows as CSV.
func runQuery(ctx context.Context, args []string) error {
	flags := newFlags("query")
	as := flags.String("as", "", "`name` of the role that asks: one of the principals in the stack's outputs, such as analyst")
	statement, err := parseOne(flags, args, "the SQL: go run ./local query [--as ROLE] 'SELECT …'")
	if err != nil {
		return err
	}
	session, err := attach(demo.Options{})
	if err != nil {
		return err
	}
	if *as != "" {
		if session, err = session.As(ctx, *as); err != nil {
			return err
		}
	}
	result, err := session.Query(ctx, statement)
	if err != nil {
		return err
	}
	out := csv.NewWriter(os.Stdout)
	if err := out.WriteAll(append([][]string{result.Columns}, result.Rows...)); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d rows, %.2f s, %d bytes scanned\n", len(result.Rows), result.Seconds, result.ScannedBytes)
	return nil
}
