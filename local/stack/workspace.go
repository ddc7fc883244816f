package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"

	"dataplatform/local/toolchain"
)

// workspace prepares the engine's view of the project: a folder that holds
// copies of the project's settings, which the engine may write to, and links to
// everything else, for the program names its assets relative to the root. The
// repository itself is never written.
func (p *Platform) workspace(ctx context.Context, stack string) (auto.Stack, error) {
	fail := func(err error) (auto.Stack, error) { return auto.Stack{}, fmt.Errorf("stack %s: %w", stack, err) }
	dir := filepath.Join(p.StateDir, "project-"+stack)
	home, backend := p.pulumiHome(), p.backend()
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		if err := layProject(p.options.Root, dir, stack); err != nil {
			return fail(err)
		}
	}
	for _, folder := range []string{home, backend} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return fail(err)
		}
	}
	plugins := filepath.Join(home, "plugins")
	if err := os.Symlink(p.options.Tools.Plugins, plugins); err != nil && !errors.Is(err, os.ErrExist) {
		return fail(err)
	}
	command, err := auto.NewPulumiCommand(&auto.PulumiCommandOptions{Root: p.options.Tools.Pulumi})
	if err != nil {
		return fail(err)
	}
	env, err := p.deployerEnvironment(ctx)
	if err != nil {
		return fail(err)
	}
	env["PULUMI_BACKEND_URL"] = "file://" + backend
	env["PULUMI_CONFIG_PASSPHRASE"] = passphrase
	env["PULUMI_SKIP_UPDATE_CHECK"] = "true"
	if !p.emulator.foreign {
		// The state is written once an operation instead of twice a resource: nobody
		// wants half of it, for a failed or cancelled deployment is thrown away with
		// the emulator that it is in.
		env["PULUMI_EXPERIMENTAL"] = "true"
		env["PULUMI_SKIP_CHECKPOINTS"] = "true"
	}
	env["PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS"] = "true"
	// Only what toolchain made is run, nothing that the engine would fetch.
	env["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
	workspace, err := auto.NewLocalWorkspace(ctx, auto.WorkDir(dir), auto.PulumiHome(home), auto.Pulumi(command),
		auto.SecretsProvider("passphrase"), auto.EnvVars(env), auto.Program(p.options.Program))
	if err != nil {
		return fail(err)
	}
	s, err := auto.UpsertStack(ctx, stack, workspace)
	if err != nil {
		return fail(err)
	}
	return s, nil
}

// Environment is what makes any AWS client talk to the emulator, and only to
// it: credentials and profiles of a real account are hidden.
func (p *Platform) Environment() map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL":            p.Endpoint,
		"AWS_REGION":                  region,
		"AWS_DEFAULT_REGION":          region,
		"AWS_ACCESS_KEY_ID":           "test",
		"AWS_SECRET_ACCESS_KEY":       "test",
		"AWS_SESSION_TOKEN":           "",
		"AWS_PROFILE":                 "",
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_EC2_METADATA_DISABLED":   "true",
		"NO_PROXY":                    "127.0.0.1",
	}
}

func (p *Platform) pulumiHome() string { return filepath.Join(p.StateDir, "pulumi") }

func (p *Platform) backend() string { return filepath.Join(p.StateDir, "backend") }

// passphrase is of state that is thrown away.
const passphrase = "local"

// Shell is Environment, and what makes Pulumi's command line find the stack that is deployed here: with it the
// commands of a runbook do here what they do on AWS.
func (p *Platform) Shell(tools toolchain.Tools) map[string]string {
	env := p.Environment()
	env["PULUMI_BACKEND_URL"] = "file://" + p.backend()
	env["PULUMI_CONFIG_PASSPHRASE"] = passphrase
	env["PULUMI_HOME"] = p.pulumiHome()
	env["PULUMI_SKIP_UPDATE_CHECK"] = "true"
	env["PULUMI_STACK"] = p.options.Stack
	env["PATH"] = filepath.Join(tools.Pulumi, "bin") + string(os.PathListSeparator) + os.Getenv("PATH")
	return env
}

// region is the emulator's.
const region = "eu-west-1"

// layProject fills dir for one stack of the project at root.
func layProject(root, dir, stack string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return err
	}
	settings := []string{"Pulumi.yaml", "Pulumi." + stack + ".yaml"}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "Pulumi.") {
			continue
		}
		if err := os.Symlink(filepath.Join(root, name), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	for _, name := range settings {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
