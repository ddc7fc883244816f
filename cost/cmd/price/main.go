// Command price prints what a stack costs a month. Run it from the repository's root:
//
//	go run ./cost/cmd/price --stack dev
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"dataplatform/cost"
)

// errUsage is a mistake in the arguments: one line, exit 2.
var errUsage = errors.New("usage")

func main() {
	switch err := run(os.Args[1:], ".", os.Stdout); {
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, "price:", strings.TrimPrefix(err.Error(), errUsage.Error()+": "))
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "price:", err)
		os.Exit(1)
	}
}

func run(args []string, root string, out io.Writer) error {
	flags := flag.NewFlagSet("price", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	stack := flags.String("stack", "", "")
	known, err := stacks(root)
	if err != nil {
		return err
	}
	want := "want --stack " + strings.Join(known, "|")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		_, err = fmt.Fprintln(out, "price prints what a stack costs a month; "+want)
		return err
	} else if err != nil {
		return fmt.Errorf("%w: %w; %s", errUsage, err, want)
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("%w: %q is not an argument; %s", errUsage, flags.Arg(0), want)
	case !slices.Contains(known, *stack):
		return fmt.Errorf("%w: there is no stack %q; %s", errUsage, *stack, want)
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

// stacks are the names in Pulumi.<stack>.yaml.
func stacks(root string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(root, "Pulumi.*.yaml"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, file := range files {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "Pulumi."), ".yaml"))
	}
	if len(names) == 0 {
		return nil, errors.New("there is no Pulumi.<stack>.yaml here; run it from the repository's root")
	}
	return names, nil
}
