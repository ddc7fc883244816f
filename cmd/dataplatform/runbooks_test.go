package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/cmd/dataplatform/commands"
	"dataplatform/internal/cli"
	"dataplatform/internal/runbooks"
)

// TestRunbooksCommandsAreUnderstood gives every command of every runbook to the program where no platform runs:
// whatever else it says, the command line is right.
func TestRunbooksCommandsAreUnderstood(t *testing.T) {
	names, err := runbooks.Names("../..")
	require.NoError(t, err)
	understood := 0
	var pages []string
	for _, name := range names {
		page, err := runbooks.Page("../..", name)
		require.NoError(t, err)
		pages = append(pages, page)
	}
	t.Chdir(t.TempDir())
	for i, page := range pages {
		for _, command := range runbooks.Mentioned(page) {
			filled, err := runbooks.Fill(command, map[string]string{
				"dataset": "sales", "reason": "wrong_type", "hour": "2026-01-31T10", "digest": "d1", "text": "wrong",
				"to": "2026-01-31T12", "start": "2026-01-31T10:00:00Z", "end": "2026-01-31T12:00:00Z", "stack": "prod",
			})
			if !assert.NoError(t, err, names[i]) {
				continue
			}
			assert.NotContains(t, filled, "'", "%s: %s: words are taken as they stand", names[i], command)
			args, want := strings.Fields(filled)[1:], "no platform is running"
			if len(args) == 1 { // it is named, not called
				args, want = append(args, "--help"), "Usage:"
			}
			var out, errs strings.Builder
			status := cli.Run(t.Context(), commands.New(), args, strings.NewReader(""), &out, &errs)
			assert.Contains(t, []int{0, 1}, status, "%s: %s: %s", names[i], command, errs.String())
			assert.Contains(t, out.String()+errs.String(), want, "%s: %s", names[i], command)
			understood++
		}
	}
	assert.Greater(t, understood, 15)
}
