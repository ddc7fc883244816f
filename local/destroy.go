package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"dataplatform/local/destroy"
	"dataplatform/local/stack"
	"dataplatform/platform"
)

// destroyStack removes a stack on AWS with its data, which takes two keys.
func destroyStack(ctx context.Context, args []string) error {
	name, err := parseOne(newFlags("destroy"), args, "the stack: go run ./local destroy dev")
	if err != nil {
		return err
	}
	if err := knownStack(name); err != nil {
		return err
	}
	file := "Pulumi." + name + ".yaml"
	region, disposable, err := platform.DisposalOf(file)
	if err != nil {
		return err
	}
	target := destroy.Stack{Name: name, File: file, Disposable: disposable, Region: region}
	if disposable { // otherwise the refusal needs neither an account nor the stack's state
		if err := describe(ctx, &target); err != nil {
			return err
		}
	}
	configuration, err := config.LoadDefaultConfig(ctx, config.WithRegion(region))
	if err != nil {
		return err
	}
	d := &destroy.Destroyer{
		Caller: sts.NewFromConfig(configuration), Objects: s3.NewFromConfig(configuration),
		In: os.Stdin, Out: os.Stdout, Remove: pulumiDestroy,
	}
	return d.Run(ctx, target)
}

// describe fills in what the stack's outputs say.
func describe(ctx context.Context, target *destroy.Stack) error {
	var text bytes.Buffer
	command := exec.CommandContext(ctx, "pulumi", "stack", "output", "--json", "--stack", target.Name)
	command.Stdout, command.Stderr = &text, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("the outputs of stack %s: %w", target.Name, err)
	}
	var outputs stack.Outputs
	if err := json.Unmarshal(text.Bytes(), &outputs); err != nil {
		return fmt.Errorf("the outputs of stack %s: %w", target.Name, err)
	}
	topic, err := arn.Parse(outputs.AlarmsTopic)
	if err != nil {
		return fmt.Errorf("the outputs of stack %s do not say which account it is in: alarmsTopic %q: %w", target.Name, outputs.AlarmsTopic, err)
	}
	if topic.Region != target.Region {
		return fmt.Errorf("stack %s is in %s, %s says %s", target.Name, topic.Region, target.File, target.Region)
	}
	target.Account, target.Buckets = topic.AccountID, outputs.Buckets
	target.Others = []string{
		"the stream " + outputs.Stream + " with the records in it",
		"the tables " + outputs.Tables["files"] + " and " + outputs.Tables["leases"] + ", the ledger of files and the leases",
	}
	if endpoint := outputs.Recommendations["endpoint"]; endpoint != "" {
		target.Others = append(target.Others, "the endpoint "+endpoint+" with its model, and every registered one")
	}
	return nil
}

// pulumiDestroy leaves the engine's own questions and progress on the screen. What the deployed stack still protects, the
// engine refuses to delete: settings that were changed but never deployed are not a key.
func pulumiDestroy(ctx context.Context, name string) error {
	command := exec.CommandContext(ctx, "pulumi", "destroy", "--yes", "--stack", name)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("pulumi destroy: %w", err)
	}
	return nil
}
