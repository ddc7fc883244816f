package scenarios

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dataplatform/internal/cli"
	"dataplatform/internal/runbooks"
	"dataplatform/internal/running"
)

// operator is somebody on call, who has alarms, the program dataplatform and the runbooks, and nothing else.
type operator struct {
	*lake
	// folder is where the program runs, and finds the platform as one that devstack up left running.
	folder, program string
}

func newOperator(ctx context.Context, t *testing.T, l *lake) *operator {
	t.Helper()
	o := &operator{lake: l, folder: t.TempDir()}
	o.program = filepath.Join(o.folder, "dataplatform")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", o.program, "./cmd/dataplatform").CombinedOutput()
	require.NoError(t, err, string(out))
	require.NoError(t, running.Save(o.folder,
		running.Record{Endpoint: l.Endpoint, Stack: running.Stack, Foreign: true, Outputs: l.Outputs}))
	return o
}

// does runs the program and returns what it said and its exit status.
func (o *operator) does(ctx context.Context, t *testing.T, args ...string) (said string, status int) {
	t.Helper()
	command := exec.CommandContext(ctx, o.program, args...)
	command.Dir = o.folder
	out, err := command.CombinedOutput()
	if command.ProcessState == nil {
		require.NoError(t, err)
	}
	return string(out), command.ProcessState.ExitCode()
}

// follow runs the commands of a runbook in their order.
func (o *operator) follow(ctx context.Context, t *testing.T, name string, values map[string]string) string {
	t.Helper()
	page, err := runbooks.Page(".", name)
	require.NoError(t, err)
	commands := runbooks.Commands(page)
	require.NotEmpty(t, commands, name)
	var all strings.Builder
	for _, command := range commands {
		filled, err := runbooks.Fill(command, values)
		require.NoError(t, err)
		args := strings.Fields(filled)
		require.Equal(t, "dataplatform", args[0], filled)
		said, status := o.does(ctx, t, args[1:]...)
		t.Logf("$ %s\n%s", filled, said)
		require.Zero(t, status, "%s\n%s", filled, said)
		all.WriteString(said)
	}
	return all.String()
}

// requireAttention requires that status says that somebody has to look, and why.
func (o *operator) requireAttention(ctx context.Context, t *testing.T, why ...string) {
	t.Helper()
	said, status := o.does(ctx, t, "status")
	require.Equal(t, cli.Attention, status, said)
	for _, text := range why {
		require.Contains(t, said, text)
	}
}

// sounds says whether an alarm is in alarm, by its name without the stack's and what autonaming adds.
func (o *operator) sounds(ctx context.Context, t *testing.T, alarm string) bool {
	t.Helper()
	var alarms map[string]struct {
		State string `json:"state"`
	}
	require.NoError(t, o.Call(ctx, "GET", "alarms", nil, &alarms))
	known := false
	for name, found := range alarms {
		if strings.HasSuffix(autonamed.ReplaceAllString(name, ""), "-"+alarm) {
			known = true
			if found.State == "ALARM" {
				return true
			}
		}
	}
	require.True(t, known, "there is no alarm %s", alarm)
	return false
}

// sounding goes on with what is wrong until an alarm sounds.
func (o *operator) sounding(ctx context.Context, t *testing.T, alarm string, goOn func()) {
	t.Helper()
	next := time.Now()
	eventually(ctx, t, 5*time.Minute, alarm+" sounds", func() bool {
		if time.Now().After(next) {
			goOn()
			next = time.Now().Add(time.Second)
		}
		return o.sounds(ctx, t, alarm)
	})
}

// over waits until an alarm is quiet.
func (o *operator) over(ctx context.Context, t *testing.T, alarm string) {
	t.Helper()
	eventually(ctx, t, 5*time.Minute, alarm+" is over", func() bool { return !o.sounds(ctx, t, alarm) })
}
