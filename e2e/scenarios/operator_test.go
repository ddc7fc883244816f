package scenarios

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/cli"
	"dataplatform/internal/runbooks"
	"dataplatform/internal/running"
)

// inTime is how long anything that is waited for may take, on the slowest machine.
const inTime = 10 * time.Minute

// operator is somebody on call, who has alarms, the program dataplatform and the runbooks, and nothing else.
type operator struct {
	*lake
	// folder is where the program runs, and finds the platform as one that devstack up left running.
	folder, program string
	// since is when the incident began, killed when the one who killed a job began to mend it.
	since, killed time.Time
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

// attention says whether status says that somebody has to look, and why, and what it said.
func (o *operator) attention(ctx context.Context, t *testing.T, why []string) (bool, string) {
	t.Helper()
	said, status := o.does(ctx, t, "status")
	for _, text := range why {
		if !strings.Contains(said, text) {
			return false, said
		}
	}
	return status == cli.Attention, said
}

// named are the alarms of a name, which is without the stack's and what autonaming adds, with their states.
func (o *operator) named(ctx context.Context, t *testing.T, alarm string) map[string]string {
	t.Helper()
	var alarms map[string]struct {
		State string `json:"state"`
	}
	require.NoError(t, o.Call(ctx, "GET", "alarms", nil, &alarms))
	states := map[string]string{}
	for name, found := range alarms {
		if strings.HasSuffix(autonamed.ReplaceAllString(name, ""), "-"+alarm) {
			states[name] = found.State
		}
	}
	require.NotEmpty(t, states, "there is no alarm %s", alarm)
	return states
}

// sounded says whether an alarm has gone off since the incident began: it may be over when it is looked at.
func (o *operator) sounded(ctx context.Context, t *testing.T, alarm string) bool {
	t.Helper()
	for name := range o.named(ctx, t, alarm) {
		history, err := cloudwatch.NewFromConfig(o.config).DescribeAlarmHistory(ctx,
			&cloudwatch.DescribeAlarmHistoryInput{
				AlarmName: &name, HistoryItemType: types.HistoryItemTypeStateUpdate, StartDate: &o.since,
			})
		require.NoError(t, err)
		for _, item := range history.AlarmHistoryItems {
			if strings.HasSuffix(*item.HistorySummary, " to ALARM") {
				return true
			}
		}
	}
	return false
}

// sounding goes on with what is wrong until an alarm has sounded, and status says why somebody has to look.
func (o *operator) sounding(ctx context.Context, t *testing.T, alarm string, goOn func(), why ...string) {
	t.Helper()
	var said string
	defer func() {
		if t.Failed() {
			t.Logf("%s: the last status was\n%s", alarm, said)
		}
	}()
	next := time.Now()
	eventually(ctx, t, inTime, alarm+" sounds", func() bool {
		if time.Now().After(next) {
			goOn()
			next = time.Now().Add(time.Second)
		}
		if sounded := o.sounded(ctx, t, alarm); !sounded || len(why) == 0 {
			return sounded
		}
		var seen bool
		seen, said = o.attention(ctx, t, why)
		return seen
	})
}

// quiet says whether an alarm is not in alarm.
func (o *operator) quiet(ctx context.Context, t *testing.T, alarm string) bool {
	t.Helper()
	for _, state := range o.named(ctx, t, alarm) {
		if state == "ALARM" {
			return false
		}
	}
	return true
}

// over waits until an alarm is quiet.
func (o *operator) over(ctx context.Context, t *testing.T, alarm string) {
	t.Helper()
	eventually(ctx, t, inTime, alarm+" is over", func() bool { return o.quiet(ctx, t, alarm) })
}
