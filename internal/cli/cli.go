// Package cli is what the project's programs share: how a command line is read, what is printed, how a program ends.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// UsageError is a command line that cannot be understood: exit status 2.
type UsageError struct{ Err error }

func (e UsageError) Error() string { return e.Err.Error() }

func (e UsageError) Unwrap() error { return e.Err }

// Usage is a UsageError of one line.
func Usage(format string, args ...any) error { return UsageError{fmt.Errorf(format, args...)} }

// Attention is the exit status of a command that did what it was asked to, and found that somebody has to do
// something; what, it has printed.
const Attention = 3

type attentionError struct{}

func (attentionError) Error() string { return "something needs attention" }

// ErrAttention ends a command with the exit status Attention, and says nothing more.
var ErrAttention error = attentionError{}

// Main runs a program with the process's arguments, and ends the process.
func Main(root *cobra.Command) {
	// The first Ctrl-C ends the command in order, a second one at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(Run(ctx, root, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Run runs a program and returns its exit status: 0, 1 after a failure, 2 when the arguments are wrong, which it says
// in one line, and Attention.
func Run(ctx context.Context, root *cobra.Command, args []string, in io.Reader, out, errs io.Writer) int {
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	started := false
	each(root, func(c *cobra.Command) {
		if c.Example != "" { // as cobra sets flags
			c.Example = "  " + strings.ReplaceAll(c.Example, "\n", "\n  ")
		}
		if run := c.RunE; run != nil {
			c.RunE = func(c *cobra.Command, args []string) error {
				started = true
				return run(c, args)
			}
		}
	})
	command, err := root.ExecuteContextC(ctx)
	var usage UsageError
	switch {
	case err == nil:
		return 0
	case err == ErrAttention: //nolint:errorlint // joined with another error, it is that one that counts
		return Attention
	case errors.As(err, &usage) || !started: // what cobra refuses it refuses before a command runs
		fmt.Fprintf(errs, "%s: %s; `%s --help` says what there is\n", command.CommandPath(), oneLine(err),
			command.CommandPath())
		return 2
	}
	fmt.Fprintf(errs, "%s: %v\n", command.CommandPath(), err)
	return 1
}

// oneLine is an error without cobra's guesses, which are lines of their own.
func oneLine(err error) string {
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' })
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.ReplaceAll(strings.Join(lines, "; "), "?;", "?")
}

func each(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, sub := range c.Commands() {
		each(sub, do)
	}
}
