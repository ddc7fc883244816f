package status

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/operations/runs"
)

func (s Status) dataset(id string) Dataset {
	return s.Datasets[slices.IndexFunc(s.Datasets, func(d Dataset) bool { return d.ID == id })]
}

func (s Status) pipelineOf(name string) Pipeline {
	return s.Pipelines[slices.IndexFunc(s.Pipelines, func(p Pipeline) bool { return p.Name == name })]
}

func TestRead(t *testing.T) {
	s := read(t, nil)
	for id, want := range map[string]Dataset{
		"raw.clicks":           {Newest: now.Add(-time.Minute), Rows: -1, SLO: 5 * time.Minute},
		"processed.clicks":     {Newest: now.Add(-3 * time.Minute), Rows: -1, SLO: 15 * time.Minute},
		"raw.quarantine":       {Newest: now.Add(-9 * time.Hour), Rows: -1, SLO: 15 * time.Minute},
		"raw.sales":            {Newest: now.Add(-4 * time.Minute), Rows: -1, SLO: time.Hour},
		"processed.sales":      {Newest: now.Add(-10 * time.Minute), Rows: 100, SLO: time.Hour},
		"curated.sales_hourly": {Rows: 0, SLO: time.Hour},
		"raw.assets":           {Rows: -1, SLO: 15 * time.Minute},
	} {
		want.ID = id
		assert.Equal(t, want, s.dataset(id))
	}
	sales, clicks, products := s.pipelineOf("sales"), s.pipelineOf("clicks"), s.pipelineOf("products")
	assert.Equal(t, Run{
		StateMachine: "backfill", Status: "SUCCEEDED", Started: now.Add(-time.Hour), Execution: "arn:of:day",
		Counts: &runs.Counts{Received: 15, Processed: 12, Duplicates: 2, Quarantined: 1},
	}, sales.Last)
	assert.Equal(t, 2, sales.Waiting)
	assert.Equal(t, now.Add(-30*time.Minute), sales.Since)
	assert.False(t, sales.Late(now), "the oldest has half an hour left")
	assert.Equal(t, &runs.Counts{Received: 3, Processed: 3}, clicks.Last.Counts)
	assert.Equal(t, 2*time.Minute, clicks.Behind)
	assert.False(t, clicks.Late(now))
	assert.Empty(t, products.Last.Status)
	assert.True(t, products.Late(now))
	assert.Equal(t, []Alarm{{"ours", now.Add(-5 * time.Minute), "docs/runbooks/job-failed.md"}}, s.Alarms)
}

func TestAStoppedStreamIsLate(t *testing.T) {
	s := read(t, func(w *world) {
		w.objects["processed/clicks/event_date=2026-03-01/event_hour=11/c.parquet"] = object{
			at: now.Add(-30 * time.Minute),
		}
	})
	assert.True(t, s.pipelineOf("clicks").Late(now))
	quiet := read(t, func(w *world) {
		for name := range w.objects {
			if strings.Contains(name, "clicks/ingest_date") || strings.Contains(name, "clicks/event_date") {
				w.objects[name] = object{at: now.Add(-48 * time.Hour)}
			}
		}
	})
	assert.False(t, quiet.pipelineOf("clicks").Late(now), "nothing came, so nothing is late")
}

// What was quarantined is not behind: the function has processed it.
func TestAStreamOfNothingButBadEventsIsNotLate(t *testing.T) {
	const bad = "raw/quarantine/clicks/reason=wrong_type/ingest_date=2026-03-01/ingest_hour=11/e.gz"
	const good = "processed/clicks/event_date=2026-03-01/event_hour=11/c.parquet"
	for name, tt := range map[string]struct {
		processed, quarantined time.Duration // ago; 0 is never
		late                   bool
	}{
		"of late":                {30 * time.Minute, 2 * time.Minute, false},
		"ever":                   {0, 2 * time.Minute, false},
		"before it stopped":      {30 * time.Minute, 29 * time.Minute, true},
		"good ones came as well": {time.Minute, 40 * time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := read(t, func(w *world) {
				w.objects[bad] = object{at: now.Add(-tt.quarantined)}
				w.objects[good] = object{at: now.Add(-tt.processed)}
				if tt.processed == 0 {
					delete(w.objects, good)
				}
			})
			assert.Equal(t, tt.late, s.pipelineOf("clicks").Late(now))
		})
	}
}

func TestJSON(t *testing.T) {
	text, err := json.Marshal(read(t, func(w *world) {
		w.files["sales"] = append(w.files["sales"], file{arrival: now, apart: "ArithmeticException"})
	}))
	require.NoError(t, err)
	var found struct {
		At        time.Time
		Datasets  []map[string]any
		Pipelines []map[string]any
		Alarms    []map[string]any
	}
	require.NoError(t, json.Unmarshal(text, &found))
	assert.Equal(t, now, found.At)
	assert.Contains(t, found.Datasets, map[string]any{
		"id": "processed.sales", "written": "2026-03-01T11:50:00Z", "promiseSeconds": 3600.0, "rows": 100.0,
	})
	assert.Contains(t, found.Datasets,
		map[string]any{"id": "raw.assets", "written": nil, "promiseSeconds": 900.0, "rows": nil})
	assert.Contains(t, found.Pipelines, map[string]any{
		"name": "sales", "promiseSeconds": 3600.0, "waiting": 2.0, "waitingSince": "2026-03-01T11:30:00Z",
		"hoursWithoutRun": []any{}, "behindSeconds": 0.0,
		"apart": []any{map[string]any{"file": "d1", "error": "ArithmeticException"}}, "late": false, "givenUp": 0.0,
		"lastRun": map[string]any{
			"machine": "backfill", "status": "SUCCEEDED", "started": "2026-03-01T11:00:00Z",
			"execution": "arn:of:day",
			"counts": map[string]any{
				"received": 15.0, "processed": 12.0, "duplicates": 2.0, "quarantined": 1.0, "lost": 0.0,
			},
		},
	})
	assert.Equal(t, []map[string]any{
		{"name": "ours", "since": "2026-03-01T11:55:00Z", "runbook": "docs/runbooks/job-failed.md"},
	}, found.Alarms)
}

// A file that is put apart does not wait: no run takes it until it is asked to.
func TestFilesPutApartAreNamed(t *testing.T) {
	s := read(t, func(w *world) {
		w.files["sales"] = []file{{arrival: now.Add(-26 * time.Hour), apart: "ArithmeticException"},
			{arrival: now.Add(-time.Minute)}}
	})
	sales := s.pipelineOf("sales")
	assert.Equal(t, []Apart{{"d1", "ArithmeticException"}}, sales.Apart)
	assert.Equal(t, []any{1, false}, []any{sales.Waiting, sales.Late(now)})
	var out strings.Builder
	require.NoError(t, s.Print(&out))
	assert.Contains(t, out.String(),
		"APART sales file d1: ArithmeticException\n1 files of sales are put apart; when they are mended: dataplatform replay quarantine --dataset sales --reason unreadable\n")
}

// What no run has taken is late when the SLO of curated has passed since the hour ended.
func TestHoursOfRawWithoutARun(t *testing.T) {
	marked := func(hours ...time.Time) Status { return read(t, func(w *world) { w.hours = hours }) }
	s := marked(now.Add(-2*time.Hour), now.Add(-time.Hour), now)
	clicks := s.pipelineOf("clicks")
	assert.Equal(t, []time.Time{now.Add(-2 * time.Hour), now.Add(-time.Hour)}, clicks.Hours,
		"the hour that runs is nobody's yet")
	assert.False(t, clicks.Late(now))
	assert.Equal(t, "2 hours of raw without a run, the oldest 2026-03-01T10", s.waits(clicks))
	clicks = marked(now.Add(-3 * time.Hour)).pipelineOf("clicks")
	assert.True(t, clicks.Late(now))
	assert.Empty(t, marked(now).pipelineOf("clicks").Hours)
}

func TestPrint(t *testing.T) {
	text := printed(t, read(t, nil))
	lines := words(text)
	for _, want := range []string{
		"raw.clicks 1 min ago 5 min -", "processed.sales 10 min ago 1 h 100", "curated.sales_hourly never 1 h 0",
		"sales backfill SUCCEEDED 1 h ago 15 12 2 1 0 2 files, the oldest from 30 min ago",
		"products never never - - - - - 1 files, the oldest from 1 d ago, LATE",
		"ALARM ours since 5 min ago, see docs/runbooks/job-failed.md",
	} {
		assert.Contains(t, lines, want)
	}
	assert.Less(t, strings.Count(text, "\n"), 42, "one screen")
}

// In an incident calls are throttled: what cannot be read is named, and nothing is said of it.
func TestAThrottledCallHidesNothingElse(t *testing.T) {
	for call, unread := range map[string][]string{
		"Query":                 {"sales: what waits", "clicks: what waits"},
		"ListExecutions":        {"sales: last run", "clicks: last run"},
		"DescribeAlarms":        {"alarms"},
		"GetEventSourceMapping": {"stream"},
		"GetMetricStatistics":   {"stream"},
		"GetQueueAttributes":    {"queue landing", "queue landing-dead-letters"},
	} {
		t.Run(call, func(t *testing.T) {
			s := read(t, func(w *world) { w.throttled = map[string]bool{call: true} })
			for _, part := range unread {
				assert.Contains(t, s.Unread, Unread{part, reason(s, part)})
				assert.Contains(t, reason(s, part), errThrottled.Error())
			}
			assert.Equal(t, int64(100), s.dataset("processed.sales").Rows)
			text := printed(t, s)
			assert.Contains(t, text, "\nUNKNOWN "+unread[0]+": ")
			assert.Contains(t, text, "ThrottlingException: Rate exceeded for the account\n")
			assert.Equal(t, call != "DescribeAlarms", strings.Contains(text, "\nALARM ours"))
			assert.NotContains(t, text, "no alarm sounds")
		})
	}
	text := printed(t, read(t, func(w *world) { w.throttled = map[string]bool{"ListExecutions": true, "Query": true} }))
	assert.Contains(t, words(text), "sales ? ? - - - - - ?", "which is neither never nor nothing")
}

func reason(s Status, part string) string {
	for _, u := range s.Unread {
		if u.What == part {
			return u.Error
		}
	}
	return ""
}

func printed(t *testing.T, s Status) string {
	t.Helper()
	var out strings.Builder
	require.NoError(t, s.Print(&out))
	return out.String()
}

// words are a text's lines with one space between words.
func words(text string) []string {
	lines := make([]string, 0, 40)
	for line := range strings.Lines(text) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return lines
}

func TestAFailedRunSaysWhy(t *testing.T) {
	s := read(t, func(w *world) {
		w.runs["sales-backfill"] = nil
		w.ended = sfn.DescribeExecutionOutput{
			Input: aws.String(`{"hours":"h"}`), Error: aws.String("RunFailed"),
			Cause: aws.String("LostError:\n 3 of 5" + strings.Repeat(" lost", 1000)),
		}
	})
	text := printed(t, s)
	assert.Contains(t, text, "\nFAILED arn:of:hour of sales, input {\"hours\":\"h\"}: RunFailed: LostError: 3 of 5 lost")
	assert.Contains(t, text, " …\nALARM", "one line of it")
	assert.False(t, s.Well())
}

func TestARunOfNothingIsSeen(t *testing.T) {
	empty := read(t, func(w *world) {
		w.objects["artifacts/runs/sales/day-0/process.json"] = object{text: `{"datasets":{"sales":{"received":0}}}`}
		delete(w.objects, "artifacts/runs/sales/day-1/process.json")
		w.runs["clicks-hourly"] = execution("none", now, sfntypes.ExecutionStatusSucceeded)
	})
	lines := words(printed(t, empty))
	assert.Contains(t, lines,
		"sales backfill SUCCEEDED 1 h ago 0 0 0 0 0 2 files, the oldest from 30 min ago; the run received nothing")
	assert.Contains(t, lines, "clicks hourly SUCCEEDED 0 s ago - - - - - nothing; the run reported no counts")
}

func TestWhatIsLostShows(t *testing.T) {
	s := read(t, func(w *world) {
		w.objects["artifacts/runs/sales/day-1/process.json"] = object{
			text: `{"datasets":{"sales":{"received":5,"processed":3,"lost":2}}}`,
		}
	})
	assert.Contains(t, words(printed(t, s)),
		"sales backfill SUCCEEDED 1 h ago 15 10 2 1 2 2 files, the oldest from 30 min ago")
	assert.False(t, s.Well())
}

func TestStreamAndQueues(t *testing.T) {
	s := read(t, func(w *world) {
		w.metrics = map[string][]float64{
			"IteratorAge": {90000, 5, 1}, "IncomingRecords": {10, 20}, "ApproximateAgeOfOldestMessage": {240, 1},
		}
		w.queues = map[string][3]string{
			"https://queues/landing": {"2", "1", "4"}, "https://queues/dead": {"3"}, "https://queues/starts": {"1"},
		}
	})
	age, oldest := 90*time.Second, 4*time.Minute
	assert.Equal(t, Stream{Mapping: "Enabled", Result: "OK", Age: &age, Incoming: 30}, s.Stream)
	assert.Equal(t, []Queue{
		{Name: "landing", Messages: 7, Oldest: &oldest}, {Name: "landing-dead-letters", Messages: 3, Dead: true},
		{Name: "sales-schedule-dead-letters", Messages: 1, Dead: true},
	}, s.Queues)
	text := printed(t, s)
	for _, line := range []string{
		"stream: mapping Enabled, the oldest record was 1 min old when it was read, 30 records came within 15 min",
		"queue landing: 7 messages wait, the oldest for 4 min",
		"DEAD LETTERS landing-dead-letters: 3, see docs/runbooks/dead-letters.md",
		"DEAD LETTERS sales-schedule-dead-letters: 1, see docs/runbooks/run-not-started.md",
	} {
		assert.Contains(t, text, "\n"+line+"\n")
	}
	assert.Contains(t, printed(t, read(t, nil)),
		"\nstream: mapping Enabled, no record was read of late, 0 records came within 15 min\n")
}

// Well is what the command's exit status says: each of these alone is for somebody to look at.
func TestWell(t *testing.T) {
	well := func(w *world) {
		w.alarms, w.files = cloudwatch.DescribeAlarmsOutput{}, nil
	}
	require.True(t, read(t, well).Well())
	for what, change := range map[string]func(*world){
		"an alarm": func(w *world) { w.alarms = sounding() },
		"dead letters": func(w *world) {
			w.queues = map[string][3]string{"https://queues/dead": {"1"}}
		},
		"a file put apart": func(w *world) { w.files = map[string][]file{"sales": {{arrival: now, apart: "Error"}}} },
		"a batch given up": func(w *world) { w.objects["discarded/aws/lambda/uuid/shard/a"] = object{at: now} },
		"something late":   func(w *world) { w.hours = []time.Time{now.Add(-5 * time.Hour)} },
		"a run that failed": func(w *world) {
			w.runs["sales-hourly"] = execution("hour", now, sfntypes.ExecutionStatusTimedOut)
		},
	} {
		assert.False(t, read(t, func(w *world) {
			well(w)
			change(w)
		}).Well(), what)
	}
}
