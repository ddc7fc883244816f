package main

import (
	"context"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/cli"
	"dataplatform/operations/replay"
	"dataplatform/operations/statemachine"
)

// TestWrongArguments: every command refuses what it does not understand before it does anything, in a line that says what would be right.
func TestWrongArguments(t *testing.T) {
	t.Chdir("../..")
	for _, tt := range []struct {
		give string // the command and its arguments
		want string
	}{
		{"query", "want one argument, the SQL"},
		{"query --as analyst a b", "want one argument, the SQL"},
		{"grants all", `unexpected argument "all"`},
		{"status --aws", "flag needs an argument"},
		{"status --of sales", "flag provided but not defined: -of"},
		{"replay everything", `"everything" cannot be replayed; failed, quarantine and raw can`},
		{"replay --dataset clicks", "are for quarantine and raw"},
		{"replay quarantine", "want --dataset"},
		{"replay quarantine --dataset clicks --reason ugly", `there is no reason "ugly"`},
		{"replay quarantine --dataset visits", `there is no dataset "visits"; there are assets, clicks`},
		{"apart --dataset sales", "want --dataset, --file and --why"},
		{"run", "want --dataset"},
		{"run --dataset visits", `there is no dataset "visits"`},
		{"run --dataset sales --hours yesterday", "want an instant such as 2026-01-31T10:00:00Z"},
		{"run --dataset sales --hours 2026-02-01T00:00:00Z/2026-01-31T00:00:00Z", "the start before the end"},
		{"backfill --dataset visits --from 2026-02-01 --to 2026-02-02", `there is no dataset "visits"`},
		{"replay quarantine --dataset clicks --again", "--again is for failed batches"},
		{"replay quarantine --dataset clicks --from 2026-01-31T10:30:00Z", "want a whole hour such as 2026-01-31T10"},
		{"replay quarantine --dataset clicks --from 2026-02-01 --to 2026-01-31", "--from is not before --to"},
		{"replay raw --dataset clicks --from 2026-02-01", "want --from and --to"},
		{"replay raw --dataset clicks --from 2026-02-01 --to 2026-02-02 --reason wrong_type", "--reason is for quarantine"},
		{"backfill --dataset sales --from 2026-02-01", "want --dataset, --from and --to"},
		{"backfill --dataset sales --from 2026-02-01 --to 2026-02-02 --days 0", "--days is 0"},
		{"erase", "want the number of one customer"},
		{"destroy", "want one argument, the stack"},
		{"destroy staging", `there is no stack "staging"; there are dev, local, prod`},
		{"doctor dev prod", "want no argument, or the stack"},
		{"doctor staging", `there is no stack "staging"`},
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
	for _, name := range []string{"status", "replay", "backfill", "doctor", "grants", "erase"} {
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

func TestHours(t *testing.T) {
	var from, to time.Time
	flags := cli.NewFlags("test")
	hoursFlags(flags, &from, &to)
	require.NoError(t, cli.ParseAll(flags, []string{"--from", "2026-01-31T10", "--to", "2026-02-01"}))
	assert.Equal(t, replay.Span{Start: time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC), End: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)}, replay.Span{Start: from, End: to})
	assert.Equal(t, []string{"2026-01-31T10:00:00Z/2026-02-01T10:00:00Z", "2026-02-01T10:00:00Z/2026-02-01T12:00:00Z"},
		statemachine.Chunks(from, to.Add(12*time.Hour), 1))
}
