// Package commands is the command line of dataplatform: arguments, and which operation they mean.
package commands

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dataplatform/contracts"
	"dataplatform/internal/cli"
)

// New makes the program.
func New() *cobra.Command {
	root := cli.New("dataplatform", "Operate a data platform: look at it, repeat what failed, erase, destroy")
	root.Long = root.Short + `.

Without --stack or --outputs a command works on the platform that runs on this machine. It is run from the repository's root.
A command that changes something prints the stack, its account and region first, and on AWS wants the stack's name typed, or --yes.`
	root.AddCommand(
		statusCommand(), queryCommand(), grantsCommand(), verifyCommand(), reconcileCommand(), runCommand(),
		replayCommand(), backfillCommand(), apartCommand(), eraseCommand(), exportPersonCommand(), destroyCommand(),
		doctorCommand(),
		priceCommand(),
	)
	return root
}

// datasetFlag declares --dataset, of what starts a pipeline.
func datasetFlag(c *cobra.Command, into *string) {
	c.Flags().StringVar(into, "dataset", "", "`name` of the dataset")
	cli.Must(c.RegisterFlagCompletionFunc("dataset",
		func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			names, err := datasets()
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		}))
}

func datasets() ([]string, error) {
	set, err := contracts.Load()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, pipeline := range set.Pipelines() {
		names = append(names, pipeline.Name)
	}
	return names, nil
}

// knownDataset refuses what starts no pipeline.
func knownDataset(name string) error {
	names, err := datasets()
	if err != nil {
		return err
	}
	if !slices.Contains(names, name) {
		return cli.Usage("there is no dataset %q; there are %s", name, strings.Join(names, ", "))
	}
	return nil
}

// hoursFlags declare the bounds of hours of arrival.
func hoursFlags(c *cobra.Command, from, to *time.Time) {
	hour := func(into *time.Time) func(string) error {
		return func(text string) error {
			for _, layout := range []string{time.RFC3339, "2006-01-02T15", time.DateOnly} {
				if at, err := time.Parse(layout, text); err == nil && at.Equal(at.Truncate(time.Hour)) {
					*into = at.UTC()
					return nil
				}
			}
			return errors.New("want a whole hour such as 2026-01-31T10 or a day, UTC")
		}
	}
	c.Flags().Func("from", "first `hour` of arrival, UTC: 2026-01-31T10, or 2026-01-31 for its first", hour(from))
	c.Flags().Func("to", "`hour` of arrival, UTC, before which to end", hour(to))
}

// needs says which flags have to be there.
func needs(c *cobra.Command, names ...string) error {
	for _, name := range names {
		if !c.Flags().Changed(name) {
			return cli.Usage("want --%s", strings.Join(names, ", --"))
		}
	}
	return nil
}

// deployed refuses outputs in which something is missing, by what it is called there.
func deployed(values map[string]string) error {
	var missing []string
	for name, value := range values {
		if value == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return fmt.Errorf("the stack's outputs do not hold %s: deploy it first", strings.Join(missing, ", "))
}
