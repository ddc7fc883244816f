package scenarios

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// TestIncidents causes one thing after the other that goes wrong on a platform. Each makes an alarm sound and shows in
// status, and is mended by the commands of its runbook alone; then nothing is lost, and nothing is there twice.
func TestIncidents(t *testing.T) {
	ctx, l, _ := deployed(t)
	o := newOperator(ctx, t, l)
	for _, incident := range []struct {
		name string
		run  func()
	}{
		{"a wrong deployment", func() { o.wrongDeployment(ctx, t) }},
		{"sink, log and destination denied", func() { o.everythingDenied(ctx, t) }},
		{"throttles of DynamoDB and S3", func() { o.throttled(ctx, t) }},
		{"a job killed while it publishes", func() { o.killedPublishing(ctx, t) }},
	} {
		start := time.Now()
		incident.run()
		fmt.Fprintf(os.Stderr, "%s: %.0f s\n", incident.name, time.Since(start).Seconds())
	}
	destroyed(ctx, t, l)
}
