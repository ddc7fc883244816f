// Package demo runs the whole platform once on this machine and reports on
// it: deploy, deploy again, data in, machines over the hours that came in,
// queries, counts, destroy.
package demo

import (
	"errors"
	"fmt"
)

// Options say what a demo takes in.
type Options struct {
	// Clicks is a file of events or an access log; empty generates Events events at Rate a second.
	Clicks string
	Events int
	Rate   int
	// Sales is a folder of order files, from which products and customers are derived, too; empty generates all three,
	// the order files with Lines lines each.
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
	// Report is where the JSON report goes; load alone writes none.
	Report string
}

// generated says whether all that comes in is generated, with a known share of everything that can be wrong.
func (o *Options) generated() bool {
	return o.Clicks == "" && o.Sales == "" && o.Assets == "" && len(o.Files) == 0
}

// Check says what is wrong with the options.
func (o *Options) Check() error {
	var problems []error
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
		problems = append(problems,
			fmt.Errorf("--lines is %d; it must be at least %d, one a product and some more", o.Lines, minimumLines))
	}
	return errors.Join(problems...)
}

// minimumLines lets the first generated file sell every product once.
const minimumLines = 300
