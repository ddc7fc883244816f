// Command price prints what a stack costs a month. Run it from the repository's root:
//
//	go run ./cmd/price --stack dev
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"dataplatform/cost"
	"dataplatform/internal/cli"
	"dataplatform/platform/settings"
)

func main() { cli.Main("price", run) }

func run(args []string, root string, out io.Writer) error {
	flags := flag.NewFlagSet("price", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	stack := flags.String("stack", "", "")
	known, err := settings.Names(root)
	if err != nil {
		return err
	}
	want := "want --stack " + strings.Join(known, "|")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		_, err = fmt.Fprintln(out, "price prints what a stack costs a month; "+want)
		return err
	} else if err != nil {
		return fmt.Errorf("%w: %w; %s", cli.ErrUsage, err, want)
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("%w: %q is not an argument; %s", cli.ErrUsage, flags.Arg(0), want)
	case !slices.Contains(known, *stack):
		return fmt.Errorf("%w: there is no stack %q; %s", cli.ErrUsage, *stack, want)
	}
	in, err := cost.Read(root)
	if err != nil {
		return err
	}
	read, err := cost.ReadStack(root, *stack)
	if err != nil {
		return err
	}
	estimate, err := cost.New(read, in)
	if err != nil {
		return err
	}
	estimate.Print(out)
	return nil
}
