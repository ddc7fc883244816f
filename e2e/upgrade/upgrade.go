// Package upgrade deploys the platform to an emulator as a commit had it, updates it to what this work tree has, and
// counts what that did.
package upgrade

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"dataplatform/internal/running"
	"dataplatform/local/stack"
	"dataplatform/platform"
)

// Run prints to out what an update from a commit does; log gets the steps. It is an error when anything is replaced or
// deleted but objects of code and what follows a changed contract, and when a third deployment changes anything.
func Run(ctx context.Context, from string, out, log io.Writer) (err error) {
	if _, err := stack.Attach(stack.Options{Root: "."}); !errors.Is(err, running.ErrNotRunning) {
		return errors.Join(errors.New("a platform is running here already: take it down first"), err)
	}
	before, err := os.MkdirTemp("", "upgrade-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(before)) }()
	if err := checkOut(ctx, log, from, before); err != nil {
		return err
	}
	options, err := stack.Prepare(ctx, ".", filepath.Join(before, "unused"), platform.Deploy, log)
	if err != nil {
		return err
	}
	if err := command(ctx, log, before, "go", "run", developersCommand(before), "up"); err != nil {
		return err
	}
	p, err := takeOver(before, options)
	if err != nil {
		return errors.Join(err,
			command(context.WithoutCancel(ctx), log, before, "go", "run", developersCommand(before), "down"))
	}
	defer func() { err = errors.Join(err, p.Close(), running.Forget(".")) }()
	if err := p.Admit(ctx); err != nil { // not every commit recorded who deploys
		return err
	}
	updated, err := p.Up(ctx)
	if err != nil {
		return err
	}
	third, err := p.UpAgain(ctx)
	if err != nil {
		return err
	}
	return report(out, from, updated, third)
}

// checkOut lays what a commit has into a folder.
func checkOut(ctx context.Context, log io.Writer, commit, folder string) error {
	archive := filepath.Join(folder, "archive.tar")
	if err := command(ctx, log, ".", "git", "archive", "--output", archive, commit); err != nil {
		return err
	}
	return errors.Join(command(ctx, log, folder, "tar", "-xf", archive), os.Remove(archive))
}

// developersCommand is the package by which a checkout starts and stops its platform.
func developersCommand(checkout string) string {
	if _, err := os.Stat(filepath.Join(checkout, "cmd", "devstack")); err == nil {
		return "./cmd/devstack"
	}
	return "./local"
}

// takeOver attaches to the platform that another checkout left running, to deploy this work tree's program and settings
// to it.
func takeOver(before string, options stack.Options) (*stack.Platform, error) {
	record, err := os.ReadFile(filepath.Join(before, running.RecordFile))
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(running.RecordFile), 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(running.RecordFile, record, 0o644); err != nil {
		return nil, err
	}
	p, err := stack.Attach(options)
	if err != nil {
		return nil, errors.Join(err, running.Forget("."))
	}
	// The engine's view of the project links to the other checkout: it is laid anew from this one.
	if err := os.RemoveAll(filepath.Join(p.StateDir, "project-"+stack.Name)); err != nil {
		return nil, errors.Join(err, running.Forget("."))
	}
	return p, nil
}

func command(ctx context.Context, log io.Writer, folder, program string, arguments ...string) error {
	cmd := exec.CommandContext(ctx, program, arguments...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, log, log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %v: %w", program, arguments, err)
	}
	return nil
}
