package commands

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"dataplatform/e2e/demo"
	"dataplatform/internal/cli"
	"dataplatform/local/stack"
	"dataplatform/platform"
)

func demoCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "demo", Short: "Run everything once: deploy, data in, queries, counts, destroy",
		Example: "devstack demo\ndevstack demo --events 2000 --rate 0 --lines 300 --photos 5\ndevstack demo --clicks access.log.gz --sales orders/ --assets images/",
		Args:    cli.NoArgs,
	}
	options := loadFlags(c)
	c.Flags().StringVar(&options.Report, "report", "build/report.json", "`file` for the report as JSON")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := checkLoad(options); err != nil {
			return err
		}
		return runDemo(c.Context(), *options, c.ErrOrStderr())
	}
	return c
}

func runDemo(ctx context.Context, options demo.Options, log io.Writer) (err error) {
	started := time.Now()
	prepared, err := stack.Prepare(ctx, ".", "", platform.Deploy, log)
	if err != nil {
		return err
	}
	if options.ML {
		if err := prepared.Learn(ctx); err != nil {
			return err
		}
	}
	p, err := stack.Start(ctx, prepared)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return demo.Run(ctx, p, options, started, log)
}
