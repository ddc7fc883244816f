package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/cli"
	"dataplatform/internal/cli/clitest"
	"dataplatform/operations/replay"
	"dataplatform/operations/statemachine"
)

// TestWrongArguments: every command refuses what it does not understand before it does anything, in a line that says what would be right.
func TestWrongArguments(t *testing.T) {
	t.Chdir("../..")
	clitest.Refuses(t, commands(), map[string]string{
		"query":                   "want one argument, the SQL",
		"query --as analyst a b":  "want one argument, the SQL",
		"grants all":              `unexpected argument "all"`,
		"status --aws":            "flag needs an argument",
		"status --of sales":       "flag provided but not defined: -of",
		"replay everything":       `"everything" cannot be replayed; failed, quarantine and raw can`,
		"replay --dataset clicks": "are for quarantine and raw",
		"replay quarantine":       "want --dataset",
		"replay quarantine --dataset clicks --reason ugly": `there is no reason "ugly"`,
		"replay quarantine --dataset visits":               `there is no dataset "visits"; there are assets, clicks`,
		"apart --dataset sales":                            "want --dataset, --file and --why",
		"run":                                              "want --dataset",
		"run --dataset visits":                             `there is no dataset "visits"`,
		"run --dataset sales --hours yesterday":            "want an instant such as 2026-01-31T10:00:00Z",
		"run --dataset sales --hours 2026-02-01T00:00:00Z/2026-01-31T00:00:00Z":             "the start before the end",
		"backfill --dataset visits --from 2026-02-01 --to 2026-02-02":                       `there is no dataset "visits"`,
		"replay quarantine --dataset clicks --again":                                        "--again is for failed batches",
		"replay quarantine --dataset clicks --from 2026-01-31T10:30:00Z":                    "want a whole hour such as 2026-01-31T10",
		"replay quarantine --dataset clicks --from 2026-02-01 --to 2026-01-31":              "--from is not before --to",
		"replay raw --dataset clicks --from 2026-02-01":                                     "want --from and --to",
		"replay raw --dataset clicks --from 2026-02-01 --to 2026-02-02 --reason wrong_type": "--reason is for quarantine",
		"backfill --dataset sales --from 2026-02-01":                                        "want --dataset, --from and --to",
		"backfill --dataset sales --from 2026-02-01 --to 2026-02-02 --days 0":               "--days is 0",
		"erase":           "want the number of one customer",
		"destroy":         "want one argument, the stack",
		"destroy staging": `there is no stack "staging"; there are dev, local, prod`,
		"doctor dev prod": "want no argument, or the stack",
		"doctor staging":  `there is no stack "staging"`,
	})
}

func TestHelpIsNoMistake(t *testing.T) {
	t.Chdir("../..")
	clitest.Helps(t, commands(), "status", "replay", "backfill", "doctor", "grants", "erase")
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
