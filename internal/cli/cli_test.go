package cli

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
)

func TestExitStatus(t *testing.T) {
	for name, tt := range map[string]struct {
		err    error
		status int
		said   string
	}{
		"all is well":     {nil, 0, ""},
		"a failure":       {errors.New("no network"), 1, "tool: no network\n"},
		"wrong arguments": {Usage("want more"), 2, "tool: want more; `tool --help` says what there is\n"},
		"something to do": {ErrAttention, Attention, ""},
		// What was printed may not be all: the failure counts.
		"something to do that could not be printed": {
			errors.Join(ErrAttention, errors.New("pipe")), 1, "tool: something needs attention\npipe\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var errs strings.Builder
			c := &cobra.Command{Use: "tool", RunE: func(*cobra.Command, []string) error { return tt.err }}
			got := Run(t.Context(), c, nil, strings.NewReader(""), &strings.Builder{}, &errs)
			assert.Equal(t, fmt.Sprint(tt.status, tt.said), fmt.Sprint(got, errs.String()))
		})
	}
}
