package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
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
		Example: "devstack demo\ndevstack demo --events 2000 --rate 0 --lines 300 --photos 5\ndevstack demo --clicks access.log.gz --sales orders/ --assets images/\n" +
			"devstack demo --sales odd/ --set pipelines.quarantineLimit=1",
		Args: cli.NoArgs,
	}
	options := loadFlags(c)
	changed := map[string]string{}
	c.Flags().Func("set",
		"`setting=value` by the setting's path, in place of what Pulumi.local.yaml says; may be repeated",
		func(text string) error {
			path, value, ok := strings.Cut(text, "=")
			if !ok || path == "" {
				return fmt.Errorf("want setting=value, got %q", text)
			}
			changed[path] = value
			return nil
		})
	c.Flags().StringVar(&options.Report, "report", "build/report.json", "`file` for the report as JSON")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := checkLoad(options); err != nil {
			return err
		}
		return runDemo(c.Context(), *options, changed, c.ErrOrStderr())
	}
	return c
}

func runDemo(
	ctx context.Context, options demo.Options, changed map[string]string, log io.Writer,
) (err error) {
	started := time.Now()
	prepared, err := stack.Prepare(ctx, ".", "", platform.Deploy, log)
	if err != nil {
		return err
	}
	prepared.Settings = changed
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
	if err := p.WarmQueryEngine(ctx); err != nil {
		return err
	}
	return demo.Run(ctx, p, options, started, log)
}
