package main

import (
	"context"
	"os"

	"dataplatform/e2e/upgrade"
	"dataplatform/internal/cli"
)

// upgradeFrom says what an update from a commit's platform to this one does.
func upgradeFrom(ctx context.Context, args []string) error {
	flags := cli.NewFlags("upgrade")
	from := flags.String("from", "main", "the `commit` whose platform is there before")
	if err := cli.ParseAll(flags, args); err != nil {
		return err
	}
	return upgrade.Run(ctx, *from, os.Stdout, os.Stderr)
}
