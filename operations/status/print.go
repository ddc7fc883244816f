package status

import (
	"fmt"
	"io"
	"strconv"
	"time"
)

// namedApart is how many files put apart are named of a pipeline.
const namedApart = 5

// Print writes the status on one screen.
func (s Status) Print(w io.Writer) error {
	fmt.Fprintf(w, "%s\n\n%-32s %12s %10s %14s\n", s.At.UTC().Format(time.RFC3339), "dataset", "written", "SLO", "rows")
	for _, d := range s.Datasets {
		rows := "-"
		if d.Rows >= 0 {
			rows = strconv.FormatInt(d.Rows, 10)
		}
		fmt.Fprintf(w, "%-32s %12s %10s %14s\n", d.ID, s.ago(d.Newest), short(d.SLO), rows)
	}
	fmt.Fprintf(w, "\n%-10s %-20s %12s %9s %9s %10s %11s  %s\n", "pipeline", "last run", "started", "received",
		"processed", "duplicates", "quarantined", "waiting")
	for _, p := range s.Pipelines {
		run, counts := "never", [4]string{"-", "-", "-", "-"}
		if p.Last.Status != "" {
			run = p.Last.StateMachine + " " + p.Last.Status
		}
		if c := p.Last.Counts; c != nil {
			for i, n := range []int{c.Received, c.Processed, c.Duplicates, c.Quarantined} {
				counts[i] = strconv.Itoa(n)
			}
		}
		fmt.Fprintf(w, "%-10s %-20s %12s %9s %9s %10s %11s  %s\n", p.Name, run, s.ago(p.Last.Started), counts[0],
			counts[1], counts[2], counts[3], s.waits(p))
	}
	for _, p := range s.Pipelines {
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
	fmt.Fprintln(w)
	if len(s.Alarms) == 0 {
		fmt.Fprintln(w, "no alarm sounds")
	}
	for _, alarm := range s.Alarms {
		fmt.Fprintf(w, "ALARM %s since %s, see %s\n", alarm.Name, s.ago(alarm.Since), alarm.Runbook)
	}
	return nil
}

// waits says what a pipeline has not done yet.
func (s Status) waits(p Pipeline) string {
	text := "nothing"
	switch {
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
