package stack

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"syscall"
)

// killEngineOnCancel makes sure that no process of the engine outlives a
// cancelled operation: the Automation API ends the command line, but a plugin
// in the middle of a call would stay. Call the result when the operation is
// over.
func killEngineOnCancel(ctx context.Context, spare *emulator) func() {
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-over:
			return
		case <-ctx.Done():
		}
		// Look before the command line ends: its orphans would not be found.
		var spared []int
		if !spare.foreign {
			spared = append(descendants(spare.pid), spare.pid)
		}
		family := descendants(os.Getpid())
		<-over
		for _, pid := range family {
			if slices.Contains(spared, pid) || !isEngine(pid) {
				continue
			}
			// It may have ended by itself just now, which is as good.
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}()
	return func() {
		close(over)
		<-done
	}
}

func isEngine(pid int) bool {
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && bytes.Contains(command, []byte("pulumi"))
}
