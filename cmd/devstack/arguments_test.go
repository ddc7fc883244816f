package main

import (
	"context"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/cli"
)

// TestWrongArguments: every command refuses what it does not understand before it does anything, in a line that says what would be right.
func TestWrongArguments(t *testing.T) {
	t.Chdir("../..")
	for _, tt := range []struct {
		give string // the command and its arguments
		want string
	}{
		{"demo --rate -1", "--rate is -1"},
		{"demo extra", `unexpected argument "extra"`},
		{"up now", `unexpected argument "now"`},
		{"up --endpoint 127.0.0.1:4566", "want a URL without a path"},
		{"up --endpoint http://127.0.0.1:4566/aws", "want a URL without a path"},
		{"up --stack staging", `there is no stack "staging"`},
		{"traffic --events 0", "--events is 0; it must be at least 1"},
		{"down please", `unexpected argument "please"`},
		{"preview staging", `there is no stack "staging"`},
		{"upgrade main", `unexpected argument "main"`},
		{"setup ruby", `there is no tool "ruby"; there are python`},
	} {
		t.Run(tt.give, func(t *testing.T) {
			words := strings.Fields(tt.give)
			err := commandOf(t, words[0])(t.Context(), words[1:])
			var wrong cli.UsageError
			require.ErrorAs(t, err, &wrong)
			assert.ErrorContains(t, err, tt.want)
			assert.NotContains(t, strings.ReplaceAll(err.Error(), "\n", "; "), "\n")
		})
	}
}

func TestHelpIsNoMistake(t *testing.T) {
	t.Chdir("../..")
	stdout := os.Stdout
	defer func() { os.Stdout = stdout }()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer null.Close()
	os.Stdout = null
	for _, name := range []string{"up", "down"} {
		require.ErrorIs(t, commandOf(t, name)(t.Context(), []string{"-h"}), flag.ErrHelp, name)
	}
}

func commandOf(t *testing.T, name string) func(context.Context, []string) error {
	t.Helper()
	for _, c := range commands() {
		if c.Name == name {
			return c.Run
		}
	}
	require.Fail(t, "no command "+name)
	return nil
}
