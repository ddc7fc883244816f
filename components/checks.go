package components

import (
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// checks gathers what is wrong with a constructor's arguments, so that all of it is reported at once.
type checks []error

func (c *checks) that(ok bool, format string, args ...any) {
	if !ok {
		*c = append(*c, fmt.Errorf(format, args...))
	}
}

func (c *checks) text(name, value string) { c.that(value != "", "%s is required", name) }

func (c *checks) input(name string, value pulumi.Input) { c.that(value != nil, "%s is required", name) }

func (c *checks) day(name, value string) {
	_, err := time.Parse(time.DateOnly, value)
	c.that(err == nil, "%s: %q is no day such as 2026-01-01", name, value)
}

func (c *checks) within(name string, value, low, high int) {
	c.that(value >= low && value <= high, "%s %d: want %d to %d", name, value, low, high)
}

func (c *checks) err() error { return errors.Join(*c...) }

// errNoArgs refuses a nil Args.
var errNoArgs = errors.New("args are required")
