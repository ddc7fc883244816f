package commands

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/local/stack"
	"dataplatform/local/toolchain"
)

func envCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "env", Short: "Print what makes aws and pulumi work on the running platform",
		Long: `Print what makes aws and pulumi work on the running platform, as a shell reads it: runbooks can be rehearsed with it. What
pulumi up does on AWS, devstack up does here, and the environment has a pulumi that knows it.`,
		Example: `eval "$(devstack env)"`, Args: cli.NoArgs,
	}
	c.RunE = func(c *cobra.Command, _ []string) error {
		return printEnvironment(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
	}
	return c
}

func printEnvironment(ctx context.Context, out, log io.Writer) error {
	p, err := stack.Attach(stack.Options{Root: "."})
	if err != nil {
		return err
	}
	cache, err := toolchain.DefaultCache()
	if err != nil {
		return err
	}
	setup := toolchain.Setup{Root: ".", Cache: cache, Log: log}
	tools, err := setup.Ensure(ctx, toolchain.Pulumi)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, exports(p.Shell(tools))+
		`pulumi() { if [ "$1" = up ]; then go run ./cmd/devstack up; else command pulumi "$@"; fi; }`)
	return err
}

// exports are a shell's commands that make an environment, a line each. What is to be empty is unset: the AWS command
// line takes an empty AWS_PROFILE for the name of a profile, which it does not find.
func exports(env map[string]string) (lines string) {
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if env[name] == "" {
			lines += "unset " + name + "\n"
		} else {
			lines += "export " + name + "=" + quoted(env[name]) + "\n"
		}
	}
	return lines
}

// quoted is a text as a shell reads it.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
