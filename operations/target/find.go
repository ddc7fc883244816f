package target

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"dataplatform/internal/running"
	"dataplatform/platform/outputs"
)

// Options say which stack is meant: one on AWS by its name, of which Pulumi is asked, or by a file of its outputs;
// without either the platform that runs on this machine.
type Options struct{ Stack, File string }

// Target is a stack: what it exports, and how to talk to where it is.
type Target struct {
	// Stack is its name.
	Stack string
	// Here says that it is the one that runs on this machine, which is anybody's to change.
	Here    bool
	Outputs outputs.Outputs
	AWS     aws.Config
}

// Find finds the stack from root, the repository's root. It is running.ErrNotRunning when none is named and none runs
// here.
func (o Options) Find(ctx context.Context, root string) (Target, error) {
	text, source := []byte(nil), o.File
	var err error
	switch {
	case o.Stack != "":
		source = "the outputs of stack " + o.Stack
		text, err = exported(ctx, root, o.Stack)
	case o.File != "":
		text, err = os.ReadFile(o.File)
	default:
		here, err := running.Read(root)
		if err != nil {
			return Target{}, err
		}
		return Target{
			Stack: here.Stack, Here: true, Outputs: here.Outputs, AWS: Config(here.Endpoint, here.Outputs.Region),
		}, nil
	}
	if err != nil {
		return Target{}, err
	}
	found := Target{Stack: o.Stack}
	if err := json.Unmarshal(text, &found.Outputs); err != nil {
		return Target{}, fmt.Errorf("%s: %w", source, err)
	}
	if found.Outputs.Region == "" {
		return Target{}, fmt.Errorf(
			"%s: no region is among them: want what `pulumi stack output --json` prints of a stack that was deployed",
			source,
		)
	}
	if found.Stack == "" {
		found.Stack = found.Outputs.Stack
	}
	found.AWS, err = config.LoadDefaultConfig(ctx, config.WithRegion(found.Outputs.Region))
	return found, err
}

// exported asks Pulumi for a stack's outputs.
func exported(ctx context.Context, root, stack string) ([]byte, error) {
	command := exec.CommandContext(ctx, "pulumi", "stack", "output", "--json", "--stack", stack)
	command.Dir = root
	var said bytes.Buffer
	command.Stderr = &said
	text, err := command.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New(
			"pulumi is not on PATH: install it, or give --outputs a file of what `pulumi stack output --json` prints elsewhere",
		)
	case err != nil:
		return nil, fmt.Errorf("pulumi stack output --stack %s: %w: %s", stack, err, strings.TrimSpace(said.String()))
	}
	return text, nil
}
