package clitest

import (
	"cmp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/cli"
)

// Complete fails unless every command of a program says what it does, with examples and what each flag takes, shows
// that with --help and with help, and refuses an unknown flag in one line with status 2.
func Complete(t *testing.T, program func() *cobra.Command) {
	t.Helper()
	root := program()
	for _, c := range root.Commands() {
		t.Run(c.Name(), func(t *testing.T) {
			assert.NotEmpty(t, c.Short, "%s has no Short, the line that lists show", c.Name())
			assert.NotContains(t, c.Short, "\n", "Short of %s is one line", c.Name())
			assert.Contains(t, c.Example, c.CommandPath(), "%s has no Example that shows how it is typed", c.Name())
			c.Flags().VisitAll(func(flag *pflag.Flag) {
				kind, usage := pflag.UnquoteUsage(flag)
				assert.NotEmpty(t, usage, "--%s does not say what it is for", flag.Name)
				assert.NotContains(t, []string{"string", "int", "uint", "float"}, kind,
					"--%s does not say what it takes", flag.Name)
			})
			run := func(want int, args ...string) (out, errs string) {
				var stdout, stderr strings.Builder
				require.Equal(t, want, cli.Run(t.Context(), program(), args, strings.NewReader(""), &stdout, &stderr),
					stderr.String())
				return stdout.String(), stderr.String()
			}
			help, _ := run(0, c.Name(), "--help")
			same, _ := run(0, "help", c.Name())
			assert.Equal(t, help, same)
			assert.Contains(t, help, cmp.Or(c.Long, c.Short))
			assert.Contains(t, help, c.Example[:strings.IndexByte(c.Example+"\n", '\n')])
			c.Flags().VisitAll(func(flag *pflag.Flag) { assert.Contains(t, help, "--"+flag.Name) })
			out, errs := run(2, c.Name(), "--no-such-flag")
			assert.Empty(t, out)
			assert.Equal(t,
				c.CommandPath()+": unknown flag: --no-such-flag; `"+c.CommandPath()+" --help` says what there is\n",
				errs)
		})
	}
}
