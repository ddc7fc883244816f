package status

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"dataplatform/platform/outputs"
)

const (
	// namedApart is how many files put apart are named of a pipeline.
	namedApart = 5
	// causeLength is how much of a failed run's cause is shown; --json has all of it.
	causeLength = 600
)

// Print writes the status on one screen, and below it what somebody has to look at.
func (s Status) Print(w io.Writer) error {
	fmt.Fprintf(w, "%s\n\n%-32s %12s %10s %14s\n", s.At.UTC().Format(time.RFC3339), "dataset", "written", "SLO", "rows")
	for _, d := range s.Datasets {
		written, rows := s.ago(d.Newest), "-"
		if s.unread(d.ID) {
			written = unknown
		}
		if d.Rows >= 0 {
			rows = strconv.FormatInt(d.Rows, 10)
		}
		fmt.Fprintf(w, "%-32s %12s %10s %14s\n", d.ID, written, short(d.SLO), rows)
	}
	fmt.Fprintf(w, "\n%-10s %-20s %12s %9s %9s %10s %11s %6s  %s\n", "pipeline", "last run", "started", "received",
		"processed", "duplicates", "quarantined", "lost", "waiting")
	for _, p := range s.Pipelines {
		run, started, counts := "never", s.ago(p.Last.Started), [5]string{"-", "-", "-", "-", "-"}
		switch {
		case p.Last.Status != "":
			run = p.Last.StateMachine + " " + p.Last.Status
		case s.unread(p.Name + runsOf):
			run, started = unknown, unknown
		}
		if c := p.Last.Counts; c != nil {
			for i, n := range []int{c.Received, c.Processed, c.Duplicates, c.Quarantined, c.Lost} {
				counts[i] = strconv.Itoa(n)
			}
		}
		fmt.Fprintf(w, "%-10s %-20s %12s %9s %9s %10s %11s %6s  %s\n", p.Name, run, started, counts[0], counts[1],
			counts[2], counts[3], counts[4], s.waits(p))
	}
	if !s.unread("stream") {
		fmt.Fprintln(w, s.Stream)
	}
	fmt.Fprintln(w)
	for _, p := range s.Pipelines {
		p.printProblems(w)
	}
	for _, q := range s.Queues {
		fmt.Fprintln(w, q)
	}
	if len(s.Alarms) == 0 && !s.unread("alarms") {
		fmt.Fprintln(w, "no alarm sounds")
	}
	for _, alarm := range s.Alarms {
		fmt.Fprintf(w, "ALARM %s since %s, see %s\n", alarm.Name, s.ago(alarm.Since), alarm.Runbook)
	}
	for _, u := range s.Unread {
		fmt.Fprintf(w, "UNKNOWN %s: %s\n", u.What, strings.ReplaceAll(u.Error, "\n", " "))
	}
	return nil
}

// unknown stands for what could not be read.
const unknown = "?"

// printProblems says what of a pipeline waits for somebody.
func (p Pipeline) printProblems(w io.Writer) {
	if p.Last.failed() {
		fmt.Fprintf(w, "%s %s of %s, input %s: %s\n", p.Last.Status, p.Last.Execution, p.Name, p.Last.Input,
			cut(p.Last.Cause))
	}
	if p.GivenUp > 0 {
		fmt.Fprintf(w, "%d batches of %s were given up and wait; when the cause is gone: dataplatform replay\n", p.GivenUp,
			p.Name)
	}
	for _, file := range p.Apart[:min(len(p.Apart), namedApart)] {
		fmt.Fprintf(w, "APART %s file %s: %s\n", p.Name, file.File, file.Error)
	}
	if len(p.Apart) > 0 {
		fmt.Fprintf(
			w,
			"%d files of %s are put apart; when they are mended: dataplatform replay quarantine --dataset %s --reason unreadable\n",
			len(p.Apart), p.Name, p.Name,
		)
	}
}

// cut makes one line of a run's cause, which may hold a document of thousands of characters.
func cut(cause string) string {
	text := strings.Join(strings.Fields(cause), " ")
	if runes := []rune(text); len(runes) > causeLength {
		return string(runes[:causeLength]) + " …"
	}
	return text
}

// String says how the reading of the stream goes.
func (s Stream) String() string {
	read := "no record was read of late"
	if s.Age != nil {
		read = "the oldest record was " + short(*s.Age) + " old when it was read"
	}
	text := fmt.Sprintf("stream: mapping %s, %s, %d records came within %s", s.Mapping, read, s.Incoming, short(ofLate))
	if strings.HasPrefix(s.Result, "PROBLEM") {
		text += ", " + s.Result
	}
	return text
}

// String says what waits in a queue.
func (q Queue) String() string {
	switch {
	case q.Dead:
		return fmt.Sprintf("DEAD LETTERS %s: %d, see docs/runbooks/%s.md", q.Name, q.Messages, deadLettersPage(q.Name))
	case q.Oldest != nil:
		return fmt.Sprintf("queue %s: %d messages wait, the oldest for %s", q.Name, q.Messages, short(*q.Oldest))
	}
	return fmt.Sprintf("queue %s: %d messages wait", q.Name, q.Messages)
}

// deadLettersPage is the runbook of a queue's alarm.
func deadLettersPage(queue string) string {
	switch name := strings.TrimSuffix(queue, outputs.DeadLetters); name {
	case "landing", "assets":
		return "dead-letters"
	case "failures":
		return "undelivered-events"
	}
	return "run-not-started"
}

// waits says what a pipeline has not done yet.
func (s Status) waits(p Pipeline) string {
	text := "nothing"
	switch {
	case s.unread(p.Name + waitingOf):
		text = unknown
	case len(p.Hours) > 0:
		text = fmt.Sprintf("%d hours of raw without a run, the oldest %s", p.Waiting, p.Since.Format("2006-01-02T15"))
	case p.Waiting > 0:
		text = fmt.Sprintf("%d files, the oldest from %s", p.Waiting, s.ago(p.Since))
	case p.Behind > p.SLO:
		text = "processed is " + short(p.Behind) + " behind raw"
	}
	if p.Late(s.At) {
		text += ", LATE"
	}
	switch counts := p.Last.Counts; {
	case p.Last.Status != "SUCCEEDED":
	case counts == nil && !s.unread(p.Name+runsOf):
		text += "; the run reported no counts"
	case counts != nil && counts.Received == 0:
		text += "; the run received nothing"
	}
	return text
}

// ago is how long before the status an instant was, in its largest unit.
func (s Status) ago(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return short(max(0, s.At.Sub(at))) + " ago"
}

func short(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}} {
		if d >= unit.size {
			return strconv.Itoa(int(d/unit.size)) + " " + unit.name
		}
	}
	return strconv.Itoa(int(d/time.Second)) + " s"
}
