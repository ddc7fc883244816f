package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"dataplatform/internal/cli"
	"dataplatform/internal/running"
	"dataplatform/local/stack"
	"dataplatform/platform"
	"dataplatform/platform/settings"
)

// upState is where a platform that stays running keeps its files.
const upState = "build/local"

func up(ctx context.Context, args []string) (err error) {
	flags := cli.NewFlags("up")
	learn := flags.Bool("ml", false, "with recommendations")
	name := flags.String("stack", stack.Name, "deploy the `stack` as its file has it, but for the endpoint and what its functions run on")
	endpoint := flags.String("endpoint", "", "deploy to this `URL`, which has to speak AWS's API, instead of an emulator of its own, and say what was refused there")
	if err := cli.ParseAll(flags, args); err != nil {
		return err
	}
	if err := settings.Known(".", *name); err != nil {
		return cli.UsageError{Err: err}
	}
	if address, err := url.Parse(*endpoint); *endpoint != "" && (err != nil || address.Host == "" || strings.Trim(address.Path, "/") != "") {
		return cli.UsageError{Err: fmt.Errorf("--endpoint %q: want a URL without a path, such as http://127.0.0.1:4566", *endpoint)}
	}
	address := strings.TrimSuffix(*endpoint, "/")
	there, err := stack.Attach(stack.Options{Root: "."})
	again := err == nil && there.Foreign() && there.Endpoint == address && there.Stack() == *name
	switch {
	case err == nil && !again:
		return fmt.Errorf("a platform is running already at %s: `go run ./cmd/devstack down` stops it", there.Endpoint)
	case err != nil && !errors.Is(err, running.ErrNotRunning):
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
	if *name != stack.Name {
		if err := options.Deploy(*name, nil); err != nil {
			return err
		}
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
	if *endpoint != "" {
		return upElsewhere(ctx, options, address, again)
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
	fmt.Printf("running at %s, see %s; `go run ./cmd/devstack down` ends it\n", p.Endpoint, running.RecordFile)
	return nil
}

// upElsewhere deploys to an endpoint that somebody else runs, as far as that goes, and prints what was refused; again says that a deployment by
// this command is there, which goes on, and of which all that changes is printed.
func upElsewhere(ctx context.Context, options stack.Options, endpoint string, again bool) error {
	connect, deploy := stack.Attach, (*stack.Platform).UpAgain
	if !again {
		connect = func(options stack.Options) (*stack.Platform, error) { return stack.Connect(options, endpoint) }
		deploy = (*stack.Platform).Up
	}
	p, err := connect(options)
	if err != nil {
		return err
	}
	if err := p.Admit(ctx); err != nil {
		if again {
			return err // what is there stays known
		}
		return errors.Join(err, p.Close())
	}
	made, upErr := deploy(p, ctx)
	if ctx.Err() == nil {
		for _, refusal := range made.Refused {
			fmt.Println(strings.Join(strings.Fields(refusal.String()), " "))
		}
		fmt.Printf("%s: %d resources are there, %d were refused; what waits for those was not tried\n", endpoint, made.Made, len(made.Refused))
	}
	if again {
		for _, change := range made.Changes {
			fmt.Println(change)
		}
		fmt.Printf("%d resources were changed\n", len(made.Changes))
	}
	// Also what was made in part is to be taken down again.
	if err := p.Keep(); err != nil {
		return errors.Join(upErr, err)
	}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%w: `go run ./cmd/devstack down` removes what is there", upErr)
	case upErr != nil:
		return fmt.Errorf("%s does not take all of the platform; `go run ./cmd/devstack down` removes what is there", endpoint)
	}
	fmt.Printf("see %s; `go run ./cmd/devstack down` removes it\n", running.RecordFile)
	return nil
}
