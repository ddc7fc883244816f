package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"dataplatform/internal/cli"
	"dataplatform/internal/running"
	"dataplatform/local/stack"
	"dataplatform/platform"
)

func downCommand() *cobra.Command {
	return &cobra.Command{
		Use: "down", Short: "Destroy what is deployed and stop the emulator", Example: "devstack down",
		Args: cli.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return down(c.Context(), c.ErrOrStderr()) },
	}
}

func down(ctx context.Context, log io.Writer) error {
	options, err := stack.Prepare(ctx, ".", upState, platform.Deploy, log)
	if err != nil {
		return err
	}
	p, err := stack.Attach(options)
	if err != nil {
		return err
	}
	_, err = p.Destroy(ctx)
	if p.Foreign() {
		if err != nil {
			return err // with the state the way to take the rest down would go
		}
		return errors.Join(p.Close(), running.Forget("."))
	}
	var left []string
	if err == nil {
		left, err = p.Left(ctx)
	}
	if len(left) > 0 {
		err = fmt.Errorf("destroy left %d things:\n%s", len(left), strings.Join(left, "\n"))
	}
	// The emulator holds everything in memory: stopping it removes the rest.
	return errors.Join(err, p.Close(), running.Forget("."))
}
