package stack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// RecordFile describes a running platform to other commands, relative to the
// root.
const RecordFile = "build/local.json"

// ErrNotRunning is returned by Attach when no platform was left running.
var ErrNotRunning = errors.New("no platform is running: start one with `go run ./local up`")

type record struct {
	Endpoint string    `json:"endpoint"`
	PID      int       `json:"pid"`
	StateDir string    `json:"stateDir"`
	Stack    string    `json:"stack"`
	Foreign  bool      `json:"foreign,omitempty"`
	Before   Inventory `json:"before"`
	Outputs  Outputs   `json:"outputs"`
}

// Keep leaves the platform running for later commands, which Attach to it.
func (p *Platform) Keep() error {
	p.memory.stop()
	text, err := json.MarshalIndent(record{p.Endpoint, p.emulator.pid, p.StateDir, p.options.Stack, p.emulator.foreign, p.before, p.Outputs}, "", "  ")
	if err != nil {
		return fmt.Errorf("record the running platform: %w", err)
	}
	path := filepath.Join(p.options.Root, RecordFile)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("record the running platform: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return err
	}
	return p.emulator.stay()
}

// Attach finds the platform that another command left running. Only Close
// needs none of the options' Tools and Program.
func Attach(options Options) (*Platform, error) {
	text, err := os.ReadFile(filepath.Join(options.Root, RecordFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNotRunning
	}
	if err != nil {
		return nil, err
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", RecordFile, err)
	}
	e := &emulator{endpoint: r.Endpoint, pid: r.PID, foreign: r.Foreign}
	if !e.foreign && !e.ours() {
		return nil, errors.Join(ErrNotRunning, Forget(options.Root), os.RemoveAll(r.StateDir))
	}
	options.StateDir, options.Stack = r.StateDir, r.Stack
	if options.Log == nil {
		options.Log = io.Discard
	}
	return &Platform{
		Endpoint: r.Endpoint, StateDir: r.StateDir, Outputs: r.Outputs,
		options: options, emulator: e, memory: watchMemory(), before: r.Before,
	}, nil
}

// Forget removes the record of a running platform.
func Forget(root string) error {
	err := os.Remove(filepath.Join(root, RecordFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// ours guards against a process id that was given to another program since.
func (e *emulator) ours() bool {
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", e.pid))
	if err != nil {
		return !e.gone() && !procExists()
	}
	return bytes.Contains(command, []byte("emulator"))
}

func procExists() bool {
	_, err := os.Stat("/proc/self")
	return err == nil
}
