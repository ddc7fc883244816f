package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"

	"dataplatform/internal/cli"
	"dataplatform/internal/running"
	"dataplatform/operations/doctor"
	"dataplatform/operations/target"
	"dataplatform/platform/settings"
)

// runDoctor checks what a deployment needs, of a stack on AWS or, without one, of the platform on this machine: there also the
// account that a running emulator plays, as the same questions have the same answers.
func runDoctor(ctx context.Context, args []string) error {
	flags := cli.NewFlags("doctor")
	if err := cli.Parse(flags, args, os.Stdout); err != nil {
		return cli.UsageError{Err: err}
	}
	if flags.NArg() > 1 {
		return cli.UsageError{Err: errors.New("want no argument, or the stack: go run ./cmd/dataplatform doctor prod")}
	}
	name := running.Stack
	if flags.NArg() == 1 {
		name = flags.Arg(0)
	}
	if err := settings.Known(".", name); err != nil {
		return cli.UsageError{Err: err}
	}
	report, err := diagnose(ctx, name)
	if err != nil {
		return err
	}
	report.Print(os.Stdout)
	if failed := report.Failed(); failed > 0 {
		return fmt.Errorf("%d checks failed; nothing was changed", failed)
	}
	return nil
}

func diagnose(ctx context.Context, name string) (doctor.Report, error) {
	needs, err := doctor.Of(".", name)
	if err != nil {
		return doctor.Report{{Name: "settings", State: doctor.Fail, Found: err.Error(), Remedy: "edit Pulumi." + name + ".yaml"}}, nil
	}
	report := doctor.Report{{Name: "settings", State: doctor.OK, Found: "Pulumi." + name + ".yaml is valid"}}
	if name != running.Stack {
		configuration, err := config.LoadDefaultConfig(ctx, config.WithRegion(needs.Region))
		if err != nil {
			return nil, err
		}
		account := doctor.NewAccount(configuration)
		return append(append(report, doctor.Deployer(ctx, ".", needs, doctor.Command)...), account.Check(ctx, needs)...), nil
	}
	report = append(report, doctor.Host(ctx, ".")...)
	here, err := running.Read(".")
	if errors.Is(err, running.ErrNotRunning) {
		return append(report, doctor.Check{Name: "emulator", State: doctor.OK, Found: err.Error()}), nil
	}
	if err != nil {
		return nil, err
	}
	deployer, err := target.Assume(ctx, target.Config(here.Endpoint, needs.Region), running.DeployerARN)
	if err != nil {
		return nil, err
	}
	account := doctor.NewAccount(deployer)
	return append(report, account.Check(ctx, needs)...), nil
}
