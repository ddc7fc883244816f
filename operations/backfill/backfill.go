// Package backfill computes a longer range of a dataset's arrivals again, in pieces, and says how far it is.
package backfill

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"dataplatform/contracts"
	"dataplatform/operations/runs"
	"dataplatform/operations/statemachine"
)

// StateMachines is the part of statemachine.Runner that a backfill needs.
type StateMachines interface {
	StartBackfill(ctx context.Context, arn string, chunks []string) (execution string, err error)
	Watch(ctx context.Context, execution, input string, look statemachine.Look) error
}

// Backfill computes one dataset again.
type Backfill struct {
	StateMachines StateMachines
	Objects       runs.Objects
	// Bucket is that of the artifacts, StateMachineARN the backfill state machine.
	Bucket, StateMachineARN string
	Pipeline                contracts.Pipeline
	// MaxChunks are as many as one execution takes.
	MaxChunks int
	// Step is called with how far it is.
	Step func(string)
}

// Done is what a backfill did.
type Done struct {
	Dataset string      `json:"dataset"`
	Pieces  int         `json:"pieces"`
	Done    int         `json:"done"`
	Counts  runs.Counts `json:"counts"`
}

// Run computes the chunks, as many in one execution as fit. It can be repeated after a failure: a piece that is
// computed twice is the same.
func (b Backfill) Run(ctx context.Context, chunks []string) (Done, error) {
	done := Done{Dataset: b.Pipeline.Name, Pieces: len(chunks)}
	for part := range slices.Chunk(chunks, b.MaxChunks) {
		execution, err := b.StateMachines.StartBackfill(ctx, b.StateMachineARN, part)
		if err != nil {
			return done, err
		}
		before := done
		look := func(ctx context.Context) error {
			reported, err := runs.Read(ctx, b.Objects, b.Bucket, b.Pipeline,
				execution[strings.LastIndex(execution, ":")+1:])
			if err != nil {
				return err
			}
			done = before
			done.Done += reported.Done
			if reported.Counts != nil {
				done.Counts.Add(*reported.Counts)
			}
			b.Step(fmt.Sprintf("%s: %d of %d pieces", b.Pipeline.Name, done.Done, done.Pieces))
			return nil
		}
		if err := b.StateMachines.Watch(ctx, execution, fmt.Sprint(part), look); err != nil {
			return done, err
		}
	}
	return done, nil
}

// Print writes what was done.
func (d Done) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s: %d of %d pieces, %s\n", d.Dataset, d.Done, d.Pieces, d.Counts)
	return err
}
