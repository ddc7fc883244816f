package commands

import (
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/cli/clitest"
	"dataplatform/operations/replay"
	"dataplatform/operations/statemachine"
)

func TestEveryCommandSaysWhatItDoes(t *testing.T) { clitest.Complete(t, New) }

func TestHours(t *testing.T) {
	var from, to time.Time
	c := &cobra.Command{}
	hoursFlags(c, &from, &to)
	require.NoError(t, c.ParseFlags([]string{"--from", "2026-01-31T10", "--to", "2026-02-01"}))
	want := replay.Span{
		Start: time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC), End: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC),
	}
	assert.Equal(t, want, replay.Span{Start: from, End: to})
	assert.Equal(t, []string{"2026-01-31T10:00:00Z/2026-02-01T10:00:00Z", "2026-02-01T10:00:00Z/2026-02-01T12:00:00Z"},
		statemachine.Chunks(from, to.Add(12*time.Hour), 1))
}
