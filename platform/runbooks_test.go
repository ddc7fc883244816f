package platform

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/pulumitest"
)

var runbookPage = regexp.MustCompile(`docs/runbooks/([a-z-]+)\.md`)

// recommendationPages are of alarms that only a stack with recommendations has.
var recommendationPages = []string{"endpoint-errors", "endpoint-latency", "interactions-drift",
	"recommendations-failed"}

// collectorPages are of alarms that only a stack with a collector has.
var collectorPages = []string{"collector-failures", "collector-latency"}

// checkRunbooks: whoever is woken finds the page, and no page is about an alarm that is gone.
func checkRunbooks(t *testing.T, rec *pulumitest.Recorder) {
	pages := map[string]bool{}
	alarms := rec.OfType("aws:cloudwatch/metricAlarm:MetricAlarm")
	symptoms := rec.OfType("aws:cloudwatch/compositeAlarm:CompositeAlarm")
	require.NotEmpty(t, symptoms)
	names := map[string]bool{}
	for _, alarm := range alarms {
		names[alarm.Outputs["name"].StringValue()] = true
	}
	for _, alarm := range append(alarms, symptoms...) {
		found := runbookPage.FindStringSubmatch(alarm.String(t, "alarmDescription"))
		if assert.NotNil(t, found, "%s names its runbook", alarm.Name) {
			pages[found[1]] = true
		}
		assert.LessOrEqual(t, len(alarm.String(t, "alarmDescription")), 1024,
			"CloudWatch, PutMetricAlarm: %s", alarm.Name)
	}
	for _, symptom := range symptoms {
		for _, part := range strings.Split(symptom.String(t, "alarmRule"), " OR ") {
			name := strings.TrimSuffix(strings.TrimPrefix(part, `ALARM("`), `")`)
			assert.True(t, names[name], "%s is made of an alarm of the stack: %s", symptom.Name, part)
		}
	}
	if len(symptoms) == 1 {
		return // nothing is scheduled here, so no hour has an SLO: the stacks that have some look at all pages
	}
	learns := len(rec.OfType("dataplatform:ml:Recommendations")) > 0
	collects := len(rec.OfType("dataplatform:streaming:Collector")) > 0
	files, err := filepath.Glob(filepath.Join("..", "docs", "runbooks", "*.md"))
	require.NoError(t, err)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".md")
		assert.Equal(t, (learns || !slices.Contains(recommendationPages, name)) &&
			(collects || !slices.Contains(collectorPages, name)), pages[name],
			"%s: an alarm leads to it", file)
		delete(pages, name)
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, part := range []string{"**Impact.**", "**Diagnosis.**", "**Mitigation.**", "**Resolved when**"} {
			assert.Contains(t, string(text), part, file)
		}
		for _, link := range regexp.MustCompile(`\]\(([a-z-]+\.md)\)`).FindAllStringSubmatch(string(text), -1) {
			assert.FileExists(t, filepath.Join(filepath.Dir(file), link[1]))
		}
	}
	assert.Empty(t, pages, "pages that are not written")
}
