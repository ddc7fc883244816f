// Package demo runs the whole platform once on this machine and accounts for
// it: deploy, deploy again, data in, machines over the hours that came in,
// queries, counts, destroy.
package demo

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"dataplatform/internal/cli"
)

// Options say what a demo takes in.
type Options struct {
	// Clicks is a file of events or an access log; empty generates Events events at Rate a second.
	Clicks string
	Events int
	Rate   int
	// Sales is a folder of order files, from which products and customers are derived, too; empty generates all three, the
	// order files with Lines lines each.
	Sales string
	Lines int
	// Assets is a folder of objects; empty generates Photos photos and some of everything else.
	Assets string
	Photos int
	// Files are folders of CSV files of further datasets, or of products or customers instead of those, by dataset.
	Files map[string]string
	Seed  uint64
	// ML also trains a model on what came in and lets it answer, see Session.recommend.
	ML bool
	// Report is where the JSON account goes; traffic alone writes none.
	Report string
}

// generated says whether all that comes in is generated, with a known share of everything that can be wrong.
func (o *Options) generated() bool {
	return o.Clicks == "" && o.Sales == "" && o.Assets == "" && len(o.Files) == 0
}

// Flags declares the options that say what data comes in.
func (o *Options) Flags(flags *flag.FlagSet) {
	o.Files = map[string]string{}
	flags.StringVar(&o.Clicks, "clicks", "", "`file` of events: NDJSON of the contract or an access log in Combined Log Format, .gz too; generated when absent")
	flags.IntVar(&o.Events, "events", 100_000, "how many clicks to generate")
	flags.IntVar(&o.Rate, "rate", 1000, "generated clicks a second; 0 is as fast as the stream takes them")
	flags.StringVar(&o.Sales, "sales", "", "`folder` of order files in the reference format, from which products and customers follow; generated when absent")
	flags.IntVar(&o.Lines, "lines", 600, "how many lines each generated order file has")
	flags.StringVar(&o.Assets, "assets", "", "`folder` of images, texts and other files; generated when absent")
	flags.BoolVar(&o.ML, "ml", false, "train recommendations on what came in, publish them and let the endpoint answer; the platform has to have them")
	flags.IntVar(&o.Photos, "photos", 100, "how many photos of about 100 kB to generate")
	flags.Uint64Var(&o.Seed, "seed", 1, "seed of the generators")
	flags.Func("files", "`dataset=folder` of CSV files of a further dataset; may be repeated", func(value string) error {
		dataset, folder, ok := strings.Cut(value, "=")
		if !ok || dataset == "" || folder == "" {
			return fmt.Errorf("want dataset=folder, got %q", value)
		}
		o.Files[dataset] = folder
		return nil
	})
}

// Parse reads command line arguments; there are no positional ones.
func Parse(name string, args []string, output io.Writer, o *Options, report bool) error {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	o.Flags(flags)
	if report {
		flags.StringVar(&o.Report, "report", "build/report.json", "`file` for the account as JSON")
	}
	if err := cli.Parse(flags, args, output); err != nil {
		return err
	}
	var problems []error
	if flags.NArg() > 0 {
		problems = append(problems, fmt.Errorf("unexpected argument %q", flags.Arg(0)))
	}
	if o.Events < 1 {
		problems = append(problems, fmt.Errorf("--events is %d; it must be at least 1", o.Events))
	}
	if o.Rate < 0 {
		problems = append(problems, fmt.Errorf("--rate is %d; it must not be negative", o.Rate))
	}
	if o.Photos < 1 {
		problems = append(problems, fmt.Errorf("--photos is %d; it must be at least 1", o.Photos))
	}
	if o.Lines < minimumLines {
		problems = append(problems, fmt.Errorf("--lines is %d; it must be at least %d, one a product and some more", o.Lines, minimumLines))
	}
	return errors.Join(problems...)
}

// minimumLines lets the first generated file sell every product once.
const minimumLines = 300
