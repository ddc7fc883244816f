package toolchain

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// progressEvery is how often a long step says that it is alive.
const progressEvery = 15 * time.Second

// run is one external command of a setup.
type run struct {
	title string   // what the progress lines say is going on
	dir   string   // working folder
	env   []string // added to the process's own
	argv  []string
	// count, if set, reports whether an output line is one finished unit, so
	// that progress reads "n of total".
	count func(line string) bool
	total int
}

// do runs the command. Its output is shown only when it fails; meanwhile a
// progress line appears now and then. Ending the context ends the command and
// its children.
func (s *Setup) do(ctx context.Context, r run) error {
	cmd := exec.CommandContext(ctx, r.argv[0], r.argv[1:]...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), r.env...)
	// A group of its own: compilers started by the command end with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	out, in, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("%s: %w", r.title, err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", r.title, wrapClose(err, in))
	}
	if err := in.Close(); err != nil {
		return fmt.Errorf("%s: %w", r.title, err)
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		scan := bufio.NewScanner(out)
		scan.Buffer(nil, 1<<20)
		for scan.Scan() {
			lines <- scan.Text()
		}
	}()
	tail := s.follow(r, lines)
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w", r.title, ctx.Err())
		}
		return fmt.Errorf("%s: %s: %w\n%s", r.title, strings.Join(r.argv, " "), err, strings.Join(tail, "\n"))
	}
	return nil
}

// follow reads output until it ends and returns its last lines.
func (s *Setup) follow(r run, lines <-chan string) []string {
	const keep = 60
	var tail []string
	start, done := time.Now(), 0
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				return tail
			}
			if r.count != nil && r.count(line) {
				done++
				continue
			}
			if tail = append(tail, line); len(tail) > keep {
				tail = tail[1:]
			}
		case <-tick.C:
			elapsed := time.Since(start).Round(time.Second)
			if r.total > 0 {
				s.logf("%s: %d of at most %d, %s", r.title, done, r.total, elapsed)
			} else {
				s.logf("%s: %s", r.title, elapsed)
			}
		}
	}
}

func wrapClose(err error, c io.Closer) error {
	if closeErr := c.Close(); closeErr != nil {
		return fmt.Errorf("%w (and %w)", err, closeErr)
	}
	return err
}

// output runs a short command and returns what it printed on standard output.
func output(ctx context.Context, dir string, argv ...string) (string, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		detail := ""
		if exit, ok := err.(*exec.ExitError); ok {
			detail = ": " + strings.TrimSpace(string(exit.Stderr))
		}
		return "", fmt.Errorf("%s: %w%s", strings.Join(argv, " "), err, detail)
	}
	return strings.TrimSpace(string(out)), nil
}
