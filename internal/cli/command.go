// Package cli is what the project's small programs share: how they end.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// ErrUsage is a mistake in the arguments: one line on standard error, exit status 2.
var ErrUsage = errors.New("usage")

// Main runs a program in the working directory. An error is one line on standard error after the program's name, exit status 1.
func Main(name string, run func(args []string, root string, out io.Writer) error) {
	err := run(os.Args[1:], ".", os.Stdout)
	if err == nil {
		return
	}
	fmt.Fprintf(os.Stderr, "%s: %s\n", name, strings.TrimPrefix(err.Error(), ErrUsage.Error()+": "))
	if errors.Is(err, ErrUsage) {
		os.Exit(2)
	}
	os.Exit(1)
}
