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

	"dataplatform/local/stack"
	"dataplatform/platform"
)

// upState is where a platform that stays running keeps its files.
const upState = "build/local"

func up(ctx context.Context, args []string) (err error) {
	flags := newFlags("up")
	learn := flags.Bool("ml", false, "with recommendations")
	name := flags.String("stack", stack.Name, "deploy the `stack` as its file has it, but for the endpoint and what its functions run on")
	endpoint := flags.String("endpoint", "", "deploy to this `URL`, which has to speak AWS's API, instead of an emulator of its own, and say what was refused there")
	if err := parseAll(flags, args); err != nil {
		return err
	}
	if err := knownStack(*name); err != nil {
		return err
	}
	if address, err := url.Parse(*endpoint); *endpoint != "" && (err != nil || address.Host == "" || strings.Trim(address.Path, "/") != "") {
		return usageError{fmt.Errorf("--endpoint %q: want a URL without a path, such as http://127.0.0.1:4566", *endpoint)}
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
		return upElsewhere(ctx, options, strings.TrimSuffix(*endpoint, "/"))
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

// upElsewhere deploys to an endpoint that somebody else runs, as far as that goes, and prints what was refused.
func upElsewhere(ctx context.Context, options stack.Options, endpoint string) error {
	p, err := stack.Connect(options, endpoint)
	if err != nil {
		return err
	}
	made, upErr := p.Up(ctx)
	if ctx.Err() == nil {
		for _, refusal := range made.Refused {
			fmt.Println(strings.Join(strings.Fields(refusal.String()), " "))
		}
		fmt.Printf("%s: %d resources are there, %d were refused; what waits for those was not tried\n", endpoint, made.Made, len(made.Refused))
	}
	// Also what was made in part is to be taken down again.
	if err := p.Keep(); err != nil {
		return errors.Join(upErr, err)
	}
	if upErr != nil {
		return fmt.Errorf("%s does not take all of the platform; `go run ./local down` removes what is there", endpoint)
	}
	fmt.Printf("see %s; `go run ./local down` removes it\n", stack.RecordFile)
	return nil
}
