// Package doctor says, before a stack is deployed, what would stop it: tools of the wrong version, no access to the
// account, quotas that are too low, administrators of the lake who would lose their right, names that somebody else
// has. It changes nothing.
package doctor

import (
	"fmt"
	"io"
	"strings"
)

// State is how a check ended.
type State string

// The states. Only Fail means that a deployment would go wrong; Warn is what a person should look at or could not be
// read.
const (
	OK   State = "ok"
	Warn State = "warn"
	Fail State = "FAIL"
)

// Check is one thing that was looked at.
type Check struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	// Found is what there is.
	Found string `json:"found"`
	// Remedy is what to do; empty when nothing is.
	Remedy string `json:"remedy,omitempty"`
}

func ok(name, found string, args ...any) Check {
	return Check{Name: name, State: OK, Found: fmt.Sprintf(found, args...)}
}

// Report is everything that was looked at, in order.
type Report []Check

// Failed is how many checks failed.
func (r Report) Failed() int {
	n := 0
	for _, check := range r {
		if check.State == Fail {
			n++
		}
	}
	return n
}

// Print writes a line a check, and below it what to do.
func (r Report) Print(w io.Writer) error {
	for _, check := range r {
		fmt.Fprintf(w, "%-4s  %-26s %s\n", check.State, check.Name, strings.ReplaceAll(check.Found, "\n", "; "))
		if check.Remedy != "" {
			fmt.Fprintf(w, "%-32s → %s\n", "", check.Remedy)
		}
	}
	warned := 0
	for _, check := range r {
		if check.State == Warn {
			warned++
		}
	}
	_, err := fmt.Fprintf(w, "\n%d checks, %d to look at, %d failed\n", len(r), warned, r.Failed())
	return err
}
