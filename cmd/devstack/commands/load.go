package commands

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"dataplatform/e2e/demo"
	"dataplatform/internal/cli"
)

// loadFlags declare what data comes in.
func loadFlags(c *cobra.Command) *demo.Options {
	o := &demo.Options{Files: map[string]string{}}
	flags := c.Flags()
	flags.StringVar(&o.Clicks, "clicks", "",
		"`file` of events: NDJSON of the contract or an access log, .gz too; generated when absent")
	flags.IntVar(&o.Events, "events", 100_000, "`clicks` to generate")
	flags.IntVar(&o.Rate, "rate", 1000, "generated `clicks` a second; 0 is as fast as the stream takes them")
	flags.StringVar(&o.Sales, "sales", "",
		"`folder` of order files in the reference format, from which products and customers follow; generated when absent")
	flags.IntVar(&o.Lines, "lines", 600, "`lines` of each generated order file")
	flags.StringVar(&o.Assets, "assets", "", "`folder` of images, texts and other files; generated when absent")
	flags.BoolVar(&o.ML, "ml", false,
		"train recommendations on what came in, publish them and let the endpoint answer; the platform has to have them")
	flags.IntVar(&o.Photos, "photos", 100, "`photos` of about 100 kB to generate")
	flags.Uint64Var(&o.Seed, "seed", 1, "`number` from which the generators begin")
	flags.Func("files",
		"`dataset=folder` of CSV and JSON files of a further dataset; may be repeated", func(value string) error {
			dataset, folder, ok := strings.Cut(value, "=")
			if !ok || dataset == "" || folder == "" {
				return fmt.Errorf("want dataset=folder, got %q", value)
			}
			o.Files[dataset] = folder
			return nil
		})
	return o
}

func checkLoad(o *demo.Options) error {
	if err := o.Check(); err != nil {
		return cli.UsageError{Err: err}
	}
	return nil
}
