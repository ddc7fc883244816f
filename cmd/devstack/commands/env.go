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
	env := p.Shell(tools)
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if _, err := fmt.Fprintf(out, "export %s=%s\n", name, quoted(env[name])); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(out,
		`pulumi() { if [ "$1" = up ]; then go run ./cmd/devstack up; else command pulumi "$@"; fi; }`)
	return err
}

// quoted is a text as a shell reads it.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
