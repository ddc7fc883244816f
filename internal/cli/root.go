package cli

import (
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// New is a program without commands. It has none of cobra's templates: the linker keeps every exported method of all
// there is, which is every call of each of AWS's services, as soon as one can be reached (text/template calls methods
// by name). A test of the program's size finds it.
func New(name, short string) *cobra.Command {
	root := &cobra.Command{
		Use: name + " <command>", Short: short, Version: version(),
		// A program's name alone is a question, or half a command line: it lists what there is, as wrong use.
		RunE: func(c *cobra.Command, _ []string) error {
			c.SetOut(c.ErrOrStderr())
			if err := c.Help(); err != nil {
				return err
			}
			return Usage("want a command")
		},
	}
	root.SetHelpCommand(&cobra.Command{
		Use: "help [command]", Short: "Show the help of a command",
		RunE: func(_ *cobra.Command, args []string) error { // cobra's own takes an unknown command for no mistake
			about, rest, err := root.Find(args)
			if err != nil {
				return UsageError{err}
			}
			if len(rest) > 0 {
				return Usage("there is no command %q", strings.Join(args, " "))
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if len(args) == 0 {
				for _, sub := range root.Commands() {
					names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	})
	return root
}

// version is the commit that the program was built from, as Go notes it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	noted := map[string]string{}
	for _, setting := range info.Settings {
		noted[setting.Key] = setting.Value
	}
	commit := noted["vcs.revision"]
	if commit == "" {
		return "of a work tree" // go run notes no commit
	}
	if noted["vcs.modified"] == "true" {
		commit += ", changed"
	}
	return commit + ", " + noted["vcs.time"]
}

// NoArgs refuses arguments that are no flags, of a command that has no commands below it.
func NoArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return Usage("unexpected argument %q", args[0])
	}
	return nil
}

// Must ends a program that was put together wrongly, such as with a completion of a flag that it does not have: the
// first test finds it.
func Must(err error) {
	if err != nil {
		panic(err)
	}
}
