// Command bench measures the operator's program: its size, and how long it takes to start. Beside it stands a program
// that links what a deployment links, which is why dataplatform asks such a one what a stack registers and links none
// of it. Run it from the repository's root.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
)

// starts are how often a program is started; the median is printed.
const starts = 21

func main() {
	c := cli.New("bench", "Measure the size of the operator's program and how long it takes to start")
	c.Args = cli.NoArgs
	c.RunE = func(c *cobra.Command, _ []string) error { return run(c.Context(), c.OutOrStdout()) }
	cli.Main(c)
}

func run(ctx context.Context, out io.Writer) error {
	folder, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	fmt.Fprintf(out, "%-34s %8s %20s\n", "program, as make install builds it",
		"MB", fmt.Sprintf("ms to start, of %d", starts))
	for _, name := range []string{"dataplatform", "registered"} {
		file := filepath.Join(folder, name)
		build := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w", "-o", file, "./cmd/"+name)
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("build %s: %w", name, err)
		}
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		took := make([]time.Duration, starts)
		for i := range took {
			begun := time.Now()
			if err := exec.CommandContext(ctx, file, "--version").Run(); err != nil {
				return fmt.Errorf("%s --version: %w", name, err)
			}
			took[i] = time.Since(begun)
		}
		slices.Sort(took)
		fmt.Fprintf(out, "%-34s %8.1f %20.1f\n", name, float64(info.Size())/1e6,
			float64(took[starts/2].Microseconds())/1e3)
	}
	return nil
}
