package commands

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"dataplatform/e2e/demo"
	"dataplatform/e2e/load"
	"dataplatform/internal/cli"
	"dataplatform/local/stack"
)

// ledgerFile keeps what was sent to the platform that `up` left running.
const ledgerFile = "build/ledger.json.gz"

// attach opens a session on the platform that `up` left running.
func attach(options demo.Options, log io.Writer) (*demo.Session, error) {
	p, err := stack.Attach(stack.Options{Root: "."})
	if err != nil {
		return nil, err
	}
	session := demo.NewSession(p, options, log)
	ledger, err := load.Load(ledgerFile)
	if errors.Is(err, fs.ErrNotExist) {
		return session, nil
	}
	if err != nil {
		return nil, err
	}
	session.Ledger = ledger
	return session, nil
}

func trafficCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "traffic", Short: "Send clicks, sales and assets to the running platform, process and count them",
		Example: "devstack traffic --events 10000", Args: cli.NoArgs,
	}
	options := loadFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := checkLoad(options); err != nil {
			return err
		}
		return sendLoad(c.Context(), *options, c.ErrOrStderr())
	}
	return c
}

func sendLoad(ctx context.Context, options demo.Options, log io.Writer) error {
	session, err := attach(options, log)
	if err != nil {
		return err
	}
	account, err := session.Load(ctx)
	if err := errors.Join(err, session.Ledger.Save(ledgerFile)); err != nil {
		return err
	}
	account.PrintCounts(log)
	if len(account.Problems) > 0 {
		return errors.New(strings.Join(account.Problems, "\n"))
	}
	return nil
}
