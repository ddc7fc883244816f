package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// Command is one word after a program's name.
type Command struct {
	Name, Summary string
	Run           func(ctx context.Context, args []string) error
}

// UsageError is a command line that cannot be understood: exit status 2.
type UsageError struct{ Err error }

func (e UsageError) Error() string { return e.Err.Error() }

func (e UsageError) Unwrap() error { return e.Err }

// Dispatch runs the command that the process's arguments name, of the program that `go run ./cmd/<program>` starts, and ends the process
// unless all went well.
func Dispatch(program string, all []Command) {
	// The first Ctrl-C ends the command in order, a second one at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	if len(os.Args) < 2 {
		usage(program, all)
		os.Exit(2)
	}
	index := slices.IndexFunc(all, func(c Command) bool { return c.Name == os.Args[1] })
	if index < 0 {
		var names []string
		for _, c := range all {
			names = append(names, c.Name)
		}
		fmt.Fprintf(os.Stderr, "unknown command %q; there are %s\n", os.Args[1], strings.Join(names, ", "))
		os.Exit(2)
	}
	err := all[index].Run(ctx, os.Args[2:])
	var wrong UsageError
	switch {
	case errors.Is(err, flag.ErrHelp): // the flags are listed
	case errors.As(err, &wrong):
		fmt.Fprintf(os.Stderr, "%s: %s; `go run ./cmd/%s %s -h` lists the flags\n", os.Args[1], strings.ReplaceAll(err.Error(), "\n", "; "), program, os.Args[1])
		os.Exit(2)
	case err != nil:
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

func usage(program string, all []Command) {
	fmt.Fprintf(os.Stderr, "usage: go run ./cmd/%s <command> [arguments]\n", program)
	for _, c := range all {
		fmt.Fprintf(os.Stderr, "  %-9s %s\n", c.Name, c.Summary)
	}
}

// NewFlags are the flags of a command.
func NewFlags(name string) *flag.FlagSet { return flag.NewFlagSet(name, flag.ContinueOnError) }

// ParseAll parses flags and refuses arguments that are none.
func ParseAll(flags *flag.FlagSet, args []string) error {
	if err := Parse(flags, args, os.Stdout); err != nil {
		return UsageError{err}
	}
	if flags.NArg() > 0 {
		return UsageError{fmt.Errorf("unexpected argument %q", flags.Arg(0))}
	}
	return nil
}

// ParseOne parses flags and one argument after them; want says which.
func ParseOne(flags *flag.FlagSet, args []string, want string) (string, error) {
	if err := Parse(flags, args, os.Stdout); err != nil {
		return "", UsageError{err}
	}
	if flags.NArg() != 1 {
		return "", UsageError{errors.New("want one argument, " + want)}
	}
	return flags.Arg(0), nil
}
