// Package clitest tries a program's commands as they are typed.
package clitest

import (
	"context"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/cli"
)

// Refuses fails unless each command line is refused before anything is done, in a line that says what would be right: wants has it by command line.
func Refuses(t *testing.T, all []cli.Command, wants map[string]string) {
	t.Helper()
	for line, want := range wants {
		t.Run(line, func(t *testing.T) {
			words := strings.Fields(line)
			err := runOf(t, all, words[0])(t.Context(), words[1:])
			var usage cli.UsageError
			require.ErrorAs(t, err, &usage)
			assert.ErrorContains(t, err, want)
			assert.NotContains(t, strings.ReplaceAll(err.Error(), "\n", "; "), "\n")
		})
	}
}

// Helps fails unless -h of each named command lists its flags and is no mistake.
func Helps(t *testing.T, all []cli.Command, names ...string) {
	t.Helper()
	stdout := os.Stdout
	defer func() { os.Stdout = stdout }()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer null.Close()
	os.Stdout = null
	for _, name := range names {
		require.ErrorIs(t, runOf(t, all, name)(t.Context(), []string{"-h"}), flag.ErrHelp, name)
	}
}

func runOf(t *testing.T, all []cli.Command, name string) func(context.Context, []string) error {
	t.Helper()
	index := slices.IndexFunc(all, func(c cli.Command) bool { return c.Name == name })
	require.GreaterOrEqual(t, index, 0, "no command %s", name)
	return all[index].Run
}
