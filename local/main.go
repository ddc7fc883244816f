// Command local runs the platform on this machine: the program deployed by the
// real engine to an emulator, and real data through it. Run it from the
// repository's root.
package main

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

// subcommand is one word after `go run ./local`.
type subcommand struct {
	name, summary string
	run           func(ctx context.Context, args []string) error
}

func commands() []subcommand {
	return []subcommand{
		{"demo", "run everything once: deploy, data in, queries, counts, destroy", runDemo},
		{"up", "start the emulator, deploy, leave it running; --endpoint URL deploys to another one, --stack NAME another stack", up},
		{"traffic", "send clicks and sales to the running platform, process and count them", sendTraffic},
		{"query", "run one SQL statement on the running platform, with --as ROLE as one of its roles", runQuery},
		{"status", "show how new the datasets are, what the last runs did, what waits and which alarms sound; --aws FILE of a stack on AWS", showStatus},
		{"grants", "check what Lake Formation grants against the contracts and roles; --aws FILE checks a stack on AWS", checkGrants},
		{"replay", "give what failed, was refused (quarantine) or was received (raw) to its function or job again; --dry-run says what", runReplay},
		{"run", "run a dataset's hourly machine now over all that waits, or over --hours A/B of arrivals", runMachine},
		{"apart", "keep one file (--file DIGEST) of a dataset from all runs, when a run fails for what is in it", putApart},
		{"backfill", "compute a longer range of a dataset's arrivals again, in pieces", runBackfill},
		{"down", "destroy what is deployed and stop the emulator", down},
		{"erase", "take one customer (--customer NUMBER) out of everything, of a stack on AWS with --aws FILE", eraseCustomer},
		{"destroy", "remove a stack on AWS with its data, after asking", destroyStack},
		{"doctor", "check, before a stack is deployed, its account, quotas, names and tools; without a stack what the local platform needs", runDoctor},
		{"preview", "plan the named stacks (dev and prod) against the emulator", planStacks},
		{"upgrade", "deploy what a commit had (--from), update it to this work tree: nothing may be replaced or deleted but code", upgradeFrom},
		{"setup", "make the tools that the other commands need", setup},
	}
}

func main() {
	// The first Ctrl-C ends the command in order, a second one at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	if len(os.Args) < 2 {
		usage()
		os.Exit(2)
	}
	all := commands()
	index := slices.IndexFunc(all, func(c subcommand) bool { return c.name == os.Args[1] })
	if index < 0 {
		fmt.Fprintf(os.Stderr, "unknown command %q; there are %s\n", os.Args[1], strings.Join(names(all), ", "))
		os.Exit(2)
	}
	err := all[index].run(ctx, os.Args[2:])
	var wrong usageError
	switch {
	case errors.Is(err, flag.ErrHelp): // the flags are listed
	case errors.As(err, &wrong):
		fmt.Fprintf(os.Stderr, "%s: %s; `go run ./local %s -h` lists the flags\n", os.Args[1], strings.ReplaceAll(err.Error(), "\n", "; "), os.Args[1])
		os.Exit(2)
	case err != nil:
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

func names(all []subcommand) []string {
	var found []string
	for _, c := range all {
		found = append(found, c.name)
	}
	return found
}

// usageError is a command line that cannot be understood: exit status 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usage() {
	fmt.Fprintln(os.Stderr, "usage: go run ./local <command> [arguments]")
	for _, c := range commands() {
		fmt.Fprintf(os.Stderr, "  %-9s %s\n", c.name, c.summary)
	}
}
