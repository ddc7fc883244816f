package commands

import (
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/operations/target"
	"dataplatform/platform/settings"
)

// where are the flags by which a command finds its stack.
type where struct {
	target.Options
	yes bool
}

// readsFrom declares the flags of a command that looks at a stack.
func readsFrom(c *cobra.Command) *where {
	w := &where{}
	stackFlag(c, &w.Stack,
		"`name` of the stack on AWS, of whose outputs Pulumi is asked; without it the platform that runs here")
	c.Flags().StringVar(&w.File, "outputs", "",
		"`file` with what pulumi stack output --json printed of a stack on AWS, in place of --stack")
	c.MarkFlagsMutuallyExclusive("stack", "outputs")
	return w
}

// changes declares the flags of a command that writes or deletes.
func changes(c *cobra.Command) *where {
	w := readsFrom(c)
	c.Flags().BoolVar(&w.yes, "yes", false, "change a stack on AWS without asking for its name")
	return w
}

func stackFlag(c *cobra.Command, into *string, usage string) {
	c.Flags().StringVar(into, "stack", "", usage)
	cli.Must(c.RegisterFlagCompletionFunc("stack",
		func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			names, err := settings.Names(".")
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		}))
}

func (w *where) find(c *cobra.Command) (target.Target, error) {
	if w.Stack != "" {
		if err := settings.Known(".", w.Stack); err != nil {
			return target.Target{}, cli.UsageError{Err: err}
		}
		of, err := settings.Of(".", w.Stack)
		if err != nil {
			return target.Target{}, err
		}
		if of.Endpoint != "" {
			return target.Target{},
				cli.Usage(
					"stack %s is deployed to an emulator: without --stack a command works on the one that runs here",
					w.Stack,
				)
		}
	}
	return w.Find(c.Context(), ".")
}

// confirm prints what is about to change, and asks where that is not this machine's.
func (w *where) confirm(c *cobra.Command, t target.Target, what string) error {
	return t.Confirm(c.Context(), what,
		target.Question{Caller: sts.NewFromConfig(t.AWS), In: c.InOrStdin(), Out: c.ErrOrStderr(), Yes: w.yes})
}
