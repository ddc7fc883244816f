package stack

import (
	"io"

	"dataplatform/internal/running"
)

// SaveRunning leaves the platform running for later commands, which Attach to it.
func (p *Platform) SaveRunning() error {
	p.memory.stop()
	if err := running.Save(p.options.Root, running.Record{
		Endpoint: p.Endpoint, PID: p.emulator.pid, StateDir: p.StateDir, Stack: p.options.Stack,
		Foreign: p.emulator.foreign, Deployer: p.deployer, Before: p.before, Outputs: p.Outputs,
	}); err != nil {
		return err
	}
	return p.emulator.stay()
}

// Attach finds the platform that another command left running. Only Close
// needs none of the options' Tools and Program.
func Attach(options Options) (*Platform, error) {
	r, err := running.Read(options.Root)
	if err != nil {
		return nil, err
	}
	e := &emulator{endpoint: r.Endpoint, pid: r.PID, foreign: r.Foreign}
	options.StateDir, options.Stack = r.StateDir, r.Stack
	if options.Log == nil {
		options.Log = io.Discard
	}
	return &Platform{
		Endpoint: r.Endpoint, StateDir: r.StateDir, Outputs: r.Outputs,
		options: options, emulator: e, memory: watchMemory(), before: r.Before, deployer: r.Deployer,
	}, nil
}
