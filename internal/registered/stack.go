package registered

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// program prints what a stack registers. It links the engine's SDK: Go makes it, and makes it again when a source has
// changed.
const program = "build/registered"

// patient is how long nothing is said: when nothing has changed it is done by then.
const patient = 3 * time.Second

// Stack asks the program below root what a stack registers with the settings in its file.
func Stack(ctx context.Context, root, stack string, progress io.Writer) ([]Resource, error) {
	compile := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/registered")
	compile.Dir = root
	// Go says nothing while it compiles.
	patience := time.AfterFunc(patient, func() {
		fmt.Fprintln(progress, "compiling what reads the stack's program, which takes minutes the first time")
	})
	defer patience.Stop()
	if _, err := output(compile); err != nil {
		return nil, fmt.Errorf("compile what reads the stack's program: %w", err)
	}
	path, err := filepath.Abs(filepath.Join(root, program))
	if err != nil {
		return nil, err
	}
	read := exec.CommandContext(ctx, path, stack)
	read.Dir = root
	text, err := output(read)
	if err != nil {
		return nil, err
	}
	var resources []Resource
	if err := json.Unmarshal(text, &resources); err != nil {
		return nil, fmt.Errorf("what stack %s registers: %w", stack, err)
	}
	return resources, nil
}

// output is what a command prints; its error is what it said.
func output(command *exec.Cmd) ([]byte, error) {
	var said bytes.Buffer
	command.Stderr = &said
	text, err := command.Output()
	var ended *exec.ExitError
	if errors.As(err, &ended) && said.Len() > 0 {
		return nil, errors.New(strings.TrimSpace(said.String()))
	}
	return text, err
}
