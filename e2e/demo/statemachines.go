package demo

import (
	"context"
	"fmt"
	"time"

	"dataplatform/operations/statemachine"
)

// hourlyHours is how many of the first hours with data go through the hourly state machine; the rest is a backfill by
// days.
const hourlyHours = 2

// RunFiles runs a pipeline's state machines over the hours in which its files arrived.
func (s *Session) RunFiles(ctx context.Context, pipeline string) error {
	return s.runHours(ctx, pipeline, s.Ledger.ArrivalHours(pipeline))
}

// runSince runs a pipeline's state machines over the hours from an instant to now.
func (s *Session) runSince(ctx context.Context, pipeline string, since time.Time) error {
	var hours []time.Time
	for hour := since.UTC().Truncate(time.Hour); !hour.After(time.Now()); hour = hour.Add(time.Hour) {
		hours = append(hours, hour)
	}
	return s.runHours(ctx, pipeline, hours)
}

func (s *Session) runHours(ctx context.Context, pipeline string, hours []time.Time) error {
	arns, ok := s.Platform.Outputs.StateMachines[pipeline]
	if !ok {
		return fmt.Errorf("no state machines for pipeline %q in the stack's outputs", pipeline)
	}
	for _, hour := range hours[:min(hourlyHours, len(hours))] {
		if err := s.timed("  %s: hour %s", func() error {
			return s.stateMachines.Hours(ctx, arns.Hourly, hour, hour.Add(time.Hour))
		}, pipeline, hour.Format("2006-01-02T15")); err != nil {
			return err
		}
	}
	if len(hours) <= hourlyHours {
		return nil
	}
	chunks := Chunks(hours[hourlyHours:])
	return s.timed("  %s: backfill of %d days, %d hours with data", func() error {
		return s.stateMachines.Backfill(ctx, arns.Backfill, chunks)
	}, pipeline, len(chunks), len(hours)-hourlyHours)
}

// maxChunks bounds how many pieces a backfill is cut into, each of them a Spark start a stage: what is longer gets
// longer pieces.
const maxChunks = 3

// Chunks cuts the span of sorted hours into pieces of whole days.
func Chunks(hours []time.Time) []string {
	const day = 24 * time.Hour
	start, end := hours[0].Truncate(day), hours[len(hours)-1].Add(time.Hour)
	days := int((end.Sub(start) + day - 1) / day)
	size := time.Duration((days+maxChunks-1)/maxChunks) * day
	var chunks []string
	// The first piece begins with the first hour: the hours before it have been run.
	for from, to := hours[0], start.Add(size); from.Before(end); from, to = to, to.Add(size) {
		chunks = append(chunks, statemachine.Interval(from, to))
	}
	return chunks
}

// progress is how often a long step says that it goes on.
const progress = 15 * time.Second

func (s *Session) timed(format string, do func() error, args ...any) error {
	start := time.Now()
	stop := make(chan struct{})
	go func() {
		tick := time.NewTicker(progress)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				s.logf(format+" … %.0f s", append(args, time.Since(start).Seconds())...)
			}
		}
	}()
	err := do()
	close(stop)
	if err == nil {
		s.logf(format+", %.1f s", append(args, time.Since(start).Seconds())...)
	}
	return err
}
