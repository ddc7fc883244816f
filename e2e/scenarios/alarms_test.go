package scenarios

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"
)

// autonamed is what autonaming adds to a name: see Pulumi.yaml.
var autonamed = regexp.MustCompile(`-[0-9a-f]{6}`)

// While alarms are tested, a minute of theirs is this long: an alarm of two periods of five minutes takes 20 seconds.
const alarmMinute = 2.0

// stoppedConsumer disables the mapping between the stream and its function while clicks come in: the alarm that clicks
// are late goes off, and is over when the mapping is on again and has caught up.
func stoppedConsumer(ctx context.Context, t *testing.T, l *lake) {
	l.pace(ctx, t, alarmMinute)
	defer l.pace(context.WithoutCancel(ctx), t, 60)
	eventually(ctx, t, inTime,
		"no alarm of clicks", func() bool { return len(l.raised(ctx, t, "clickstream")) == 0 })

	l.mapping(ctx, t, false)
	sending, stop := context.WithCancel(ctx)
	sent := make(chan error, 1)
	go func() {
		for sending.Err() == nil { // records have to come in for as long as nobody takes them
			if err := l.send(ctx, 50, 25); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	eventually(ctx, t, inTime, "clicks are late while nobody takes them", func() bool {
		raised := l.raised(ctx, t, "clickstream")
		return raised["clickstream-stalled"] && raised["clickstream-freshness-late"]
	})
	stop()
	require.NoError(t, <-sent)

	l.mapping(ctx, t, true)
	l.drained(ctx, t)
	eventually(ctx, t, inTime, "no alarm of clicks after the consumer went on",
		func() bool { return len(l.raised(ctx, t, "clickstream")) == 0 })
	l.requireClicks(ctx, t)
}

// mapping switches the stream's consumer on or off.
func (l *lake) mapping(ctx context.Context, t *testing.T, on bool) {
	t.Helper()
	_, err := lambda.NewFromConfig(l.config).UpdateEventSourceMapping(ctx,
		&lambda.UpdateEventSourceMappingInput{UUID: &l.Outputs.EventSourceMapping, Enabled: &on})
	require.NoError(t, err)
}

// pace sets how many seconds a minute of all alarms lasts.
func (l *lake) pace(ctx context.Context, t *testing.T, seconds float64) {
	t.Helper()
	require.NoError(t, l.Call(ctx, "POST", "alarms", map[string]float64{"minuteSeconds": seconds}, nil))
}

// raised are the alarms of a component that are in alarm, by their names without what autonaming adds.
func (l *lake) raised(ctx context.Context, t *testing.T, component string) map[string]bool {
	t.Helper()
	var alarms map[string]struct {
		State string `json:"state"`
	}
	require.NoError(t, l.Call(ctx, "GET", "alarms", nil, &alarms))
	require.NotEmpty(t, alarms)
	found := map[string]bool{}
	for name, alarm := range alarms {
		if _, name, ok := strings.Cut(name, "-"+component+"-"); ok && alarm.State == "ALARM" {
			found[component+"-"+autonamed.ReplaceAllString(name, "")] = true
		}
	}
	return found
}
