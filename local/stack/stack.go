// Package stack runs the platform on this machine: the emulator as a process,
// and the program deployed to it by the real Pulumi engine and the real AWS
// provider through the Automation API.
package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"dataplatform/local/toolchain"

	"dataplatform/internal/running"
	"dataplatform/platform/outputs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Name is the stack that a local platform deploys unless it is given another.
const Name = running.Stack

// Options say what to run and where.
type Options struct {
	// Root is the repository: its Pulumi*.yaml and build folder are used.
	Root string
	// Tools has everything that toolchain can make.
	Tools toolchain.Tools
	// Authorizer is the program that decides for the emulator what roles may do.
	Authorizer string
	// People are the ARNs of the roles that an account has before the platform comes: those that the settings name.
	People []string
	// Stack is the one that is deployed: Name, or what Deploy says.
	Stack string
	// Deployers are the names of the roles that may deploy, with their paths (ci/deployer), the first of which does;
	// one is made where none is named.
	Deployers []string
	// Settings of the stack that differ from those of its file, by their paths below dataplatform:settings.
	Settings map[string]string
	// StateDir holds the emulator's scratch files and Pulumi's state. It is
	// made by Start and removed by Close.
	StateDir string
	// Program is the Pulumi program.
	Program pulumi.RunFunc
	// Log receives one line for every finished step.
	Log io.Writer
}

// Platform is an emulator, and what was deployed to it.
type Platform struct {
	// Endpoint is the base URL of every AWS API.
	Endpoint string
	// StateDir is the one of the options. emulator.log in it is the emulator's.
	StateDir string
	// ReadySeconds is how long the emulator took to serve.
	ReadySeconds float64
	// Outputs are those of the last Up.
	Outputs outputs.Outputs

	options  Options
	emulator *emulator
	memory   *memory
	// deployer is the ARN of the role that deploys; without one the endpoint's own credentials do.
	deployer string
	// before is what the emulator held when nothing was deployed.
	before Inventory
}

// Start starts the emulator. The caller must Close the platform, also after an
// error of a later step.
func Start(ctx context.Context, options Options) (*Platform, error) {
	if err := os.MkdirAll(options.StateDir, 0o755); err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	start := time.Now()
	emulator, err := startEmulator(ctx, options)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(options.StateDir))
	}
	platform := &Platform{
		Endpoint:     emulator.endpoint,
		StateDir:     options.StateDir,
		ReadySeconds: time.Since(start).Seconds(),
		options:      options,
		emulator:     emulator,
		memory:       watchMemory(),
	}
	platform.logf("emulator ready at %s in %.1f s", platform.Endpoint, platform.ReadySeconds)
	if err := errors.Join(platform.makePeople(ctx), platform.newDeployers(ctx, ownAccount)); err != nil {
		return nil, errors.Join(err, platform.Close())
	}
	if platform.before, err = platform.Inventory(ctx); err != nil {
		return nil, errors.Join(err, platform.Close())
	}
	return platform, nil
}

// Connect is Start for an endpoint that speaks AWS's API and that somebody else runs, without those that Admit makes.
// Nothing is known of what is there, so nothing is counted that a destroy leaves.
func Connect(options Options, endpoint string) (*Platform, error) {
	if err := os.MkdirAll(options.StateDir, 0o755); err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	return &Platform{
		Endpoint: endpoint, StateDir: options.StateDir, options: options,
		emulator: &emulator{endpoint: endpoint, foreign: true}, memory: watchMemory(),
	}, nil
}

// Foreign says that somebody else runs what the platform is deployed to.
func (p *Platform) Foreign() bool { return p.emulator.foreign }

// Python is the interpreter that has what the emulator needs.
func (p *Platform) Python() string { return p.options.Tools.Python }

// Stack is the name of the one that is deployed.
func (p *Platform) Stack() string { return p.options.Stack }

// PeakMemory is the most memory, in bytes, that this process and everything it
// started held together so far; 0 where the system has no /proc.
func (p *Platform) PeakMemory() int64 { return p.memory.peakBytes() }

// Close stops the emulator with everything that it started and removes the
// state folder. Nothing of the platform is left then.
func (p *Platform) Close() error {
	p.memory.stop()
	err := p.emulator.stop()
	return errors.Join(err, os.RemoveAll(p.StateDir))
}

func (p *Platform) logf(format string, args ...any) {
	fmt.Fprintf(p.options.Log, format+"\n", args...)
}

// EmulatorLog is the file with the emulator's messages.
func (p *Platform) EmulatorLog() string { return filepath.Join(p.StateDir, emulatorLog) }
