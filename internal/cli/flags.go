package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// Parse parses a command's flags and prints nothing about a mistake, which the caller tells in one line. With -h it lists the
// flags to out and returns flag.ErrHelp.
func Parse(flags *flag.FlagSet, args []string, out io.Writer) error {
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(out, "flags of %s:\n", flags.Name())
		flags.SetOutput(out)
		flags.PrintDefaults()
	}
	return err
}
