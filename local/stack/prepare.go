package stack

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/internal/artifacts"
	"dataplatform/local/toolchain"
	"dataplatform/platform/settings"
)

// Prepare makes the tools and the artifacts that a platform of the repository
// at root needs and returns the options for Start. An empty stateDir is a new
// folder among the system's temporary ones.
func Prepare(ctx context.Context, root, stateDir string, program pulumi.RunFunc, log io.Writer) (Options, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return Options{}, err
	}
	if _, err := os.Stat(filepath.Join(root, "Pulumi.yaml")); err != nil {
		return Options{}, fmt.Errorf("run this from the repository's root: %w", err)
	}
	cache, err := toolchain.DefaultCache()
	if err != nil {
		return Options{}, err
	}
	setup := toolchain.Setup{Root: root, Cache: cache, Log: log}
	tools, err := setup.Ensure(ctx, toolchain.All...)
	if err != nil {
		return Options{}, err
	}
	if err := artifacts.Build(ctx, root, log); err != nil {
		return Options{}, err
	}
	authorizer, err := buildAuthorizer(ctx, root)
	if err != nil {
		return Options{}, err
	}
	if stateDir == "" {
		if stateDir, err = os.MkdirTemp("", "dataplatform-"); err != nil {
			return Options{}, err
		}
	}
	of, err := settings.Of(root, Name)
	if err != nil {
		return Options{}, err
	}
	return Options{
		Root: root, Stack: Name, Tools: tools, Authorizer: authorizer, People: of.Roles(), StateDir: stateDir,
		Program: program, Log: log,
	}, nil
}

// Deploy makes the platform one of another stack of the project: as its file has it, but for these settings and what
// its functions run on.
func (o *Options) Deploy(name string, given map[string]string) error {
	of, err := settings.Of(o.Root, name)
	if err != nil {
		return err
	}
	o.Stack, o.People = name, of.Roles()
	o.Settings = map[string]string{"architecture": "host"}
	maps.Copy(o.Settings, given)
	return nil
}

// Learn makes the platform one with recommendations: the Python that trains and serves models is made, too.
func (o *Options) Learn(ctx context.Context) error {
	cache, err := toolchain.DefaultCache()
	if err != nil {
		return err
	}
	setup := toolchain.Setup{Root: o.Root, Cache: cache, Log: o.Log}
	tools, err := setup.Ensure(ctx, toolchain.Training)
	if err != nil {
		return err
	}
	o.Tools.Training = tools.Training
	settings := maps.Clone(o.Settings)
	if settings == nil {
		settings = map[string]string{}
	}
	// The demo starts the state machine itself, as it does the others.
	settings["recommendations.enabled"], settings["recommendations.scheduleEnabled"] = "true", "false"
	o.Settings = settings
	return nil
}

// buildAuthorizer builds the program by which the emulator asks the policies' own evaluator. Everything it is made of
// has been compiled for this command, so it takes a moment.
func buildAuthorizer(ctx context.Context, root string) (string, error) {
	program := filepath.Join(root, artifacts.Folder, "authorize")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program,
		"./cmd/authorizer")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the authorizer: %w\n%s", err, out)
	}
	return program, nil
}
