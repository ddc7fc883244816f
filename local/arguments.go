package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"dataplatform/internal/command"
	"dataplatform/platform/preview"
)

// newFlags are the flags of a command.
func newFlags(name string) *flag.FlagSet { return flag.NewFlagSet(name, flag.ContinueOnError) }

// awsFlag is how commands are told of a stack on AWS.
func awsFlag(flags *flag.FlagSet) *string {
	return flags.String("aws", "", "the stack on AWS whose outputs, as `pulumi stack output --json` prints them, are in this `file`; without it the platform that runs here")
}

// parseAll parses flags and refuses arguments that are none.
func parseAll(flags *flag.FlagSet, args []string) error {
	if err := command.Parse(flags, args, os.Stdout); err != nil {
		return usageError{err}
	}
	if flags.NArg() > 0 {
		return usageError{fmt.Errorf("unexpected argument %q", flags.Arg(0))}
	}
	return nil
}

// parseOne parses flags and one argument after them; want says which.
func parseOne(flags *flag.FlagSet, args []string, want string) (string, error) {
	if err := command.Parse(flags, args, os.Stdout); err != nil {
		return "", usageError{err}
	}
	if flags.NArg() != 1 {
		return "", usageError{errors.New("want one argument, " + want)}
	}
	return flags.Arg(0), nil
}

// knownStack refuses the name of a stack without settings.
func knownStack(name string) error {
	known, err := preview.Names(".")
	if err != nil {
		return err
	}
	if !slices.Contains(known, name) {
		return usageError{fmt.Errorf("there is no stack %q; there are %s", name, strings.Join(known, ", "))}
	}
	return nil
}
