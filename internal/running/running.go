// Package running is the record of the platform that runs on this machine, by which commands find it that did not start
// it.
package running

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"dataplatform/platform/outputs"
)

// RecordFile is the record, relative to the root.
const RecordFile = "build/local.json"

// Stack is the one that is deployed here unless another is named, DeployerARN the role that deploys it.
const (
	Stack       = "local"
	DeployerARN = "arn:aws:iam::123456789012:role/ci/deployer"
)

// ErrNotRunning is returned by Read when no platform was left running.
var ErrNotRunning = errors.New("no platform is running: start one with `go run ./cmd/devstack up`")

// Record is what others need to know of a running platform.
type Record struct {
	Endpoint string `json:"endpoint"`
	// PID is the emulator's, 0 for an endpoint that somebody else runs: Foreign.
	PID      int    `json:"pid"`
	StateDir string `json:"stateDir"`
	Stack    string `json:"stack"`
	Foreign  bool   `json:"foreign,omitempty"`
	// Deployer is the ARN of the role that deploys; without one the endpoint's own credentials do.
	Deployer string `json:"deployer,omitempty"`
	// Before are the ids of what there was before anything was deployed, by service.
	Before  map[string][]string `json:"before"`
	Outputs outputs.Outputs     `json:"outputs"`
}

// Save writes the record of the repository at root.
func Save(root string, r Record) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("record the running platform: %w", err)
	}
	path := filepath.Join(root, RecordFile)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("record the running platform: %w", err)
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// Read returns the record, or ErrNotRunning. What is left of a platform whose emulator has ended is removed.
func Read(root string) (Record, error) {
	text, err := os.ReadFile(filepath.Join(root, RecordFile))
	if errors.Is(err, os.ErrNotExist) {
		return Record{}, ErrNotRunning
	}
	if err != nil {
		return Record{}, err
	}
	var r Record
	if err := json.Unmarshal(text, &r); err != nil {
		return Record{}, fmt.Errorf("%s: %w", RecordFile, err)
	}
	if !r.Foreign && !emulator(r.PID) {
		return Record{}, errors.Join(ErrNotRunning, Forget(root), os.RemoveAll(r.StateDir))
	}
	return r, nil
}

// Forget removes the record of a running platform.
func Forget(root string) error {
	err := os.Remove(filepath.Join(root, RecordFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// emulator guards against a process id that was given to another program since.
func emulator(pid int) bool {
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil { // it has ended, or the system has no /proc
		_, absent := os.Stat("/proc/self")
		return absent != nil && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
	}
	return bytes.Contains(command, []byte("emulator"))
}
