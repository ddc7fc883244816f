// Command measure prints, as YAML, what one event costs the clicks function: processor time, bytes written, objects.
// The price estimate multiplies these with prices.
//
//	go run ./lambdas/clicks/measure > cost/measured.yaml
//
// Events are the benchmark's (seeded, about 600 bytes, with its share of duplicates, bad and late ones), one a record.
// Processor time is the best of many runs on one core of the machine that runs this; Lambda gives one such core at
// 1,769 MB.
package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"syscall"
	"time"

	"dataplatform/contracts"
	"dataplatform/lambdas/clicks/internal/batch"
	"dataplatform/lambdas/clicks/internal/sample"
)

// sizes are events a batch. Small batches cost more an event: each object has a header, each invocation a start.
var sizes = []int{1, 10, 100, 1000, 4000}

// runs of a draw, of which the best counts.
const runs, leastRuns = 40, 5

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func run() error {
	runtime.GOMAXPROCS(1)
	set, err := contracts.Load()
	if err != nil {
		return err
	}
	processor, err := batch.New(set,
		batch.Limits{Lateness: 72 * time.Hour, MaxEventBytes: 64 << 10, MaxExpandedBytes: 16 << 20})
	if err != nil {
		return err
	}
	fmt.Println(
		"# What the click function needs of an event, by events a batch. Written by the command below; not edited by hand.",
	)
	fmt.Println("command: go run ./lambdas/clicks/measure > cost/measured.yaml")
	fmt.Printf("date: %q\nprocessor: %s\nbatches:\n", time.Now().UTC().Format(time.DateOnly), runtime.GOARCH)
	for _, size := range sizes {
		if err := measure(processor, size); err != nil {
			return fmt.Errorf("%d events: %w", size, err)
		}
	}
	return nil
}

func measure(processor *batch.Processor, size int) error {
	arrival := time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	// Few events say little: as many small batches are drawn as make one of the largest.
	draws := max(1, sizes[len(sizes)-1]/size/10)
	var text, raw, processed, quarantine, rawObjects, processedObjects, quarantineObjects int
	var microseconds float64
	for draw := range draws {
		texts := sample.Events(uint64(draw+1), size, arrival, sample.Usual)
		payload := sample.Payload("shardId-000000000003", 1, arrival, texts...)
		for _, t := range texts {
			text += len(t)
		}
		var built *batch.Batch
		best := math.Inf(1)
		for range max(leastRuns, runs/draws) {
			start := processorTime()
			shards, err := processor.Open(payload)
			if err != nil {
				return err
			}
			if built, err = processor.Build(shards[0], shards[0].Records()); err != nil {
				return err
			}
			best = min(best, float64(processorTime()-start)/1e3/float64(size))
		}
		microseconds += best / float64(draws)
		raw, rawObjects = raw+sum(built.Raw), rawObjects+len(built.Raw)
		processed, processedObjects = processed+sum(built.Processed), processedObjects+len(built.Processed)
		quarantine, quarantineObjects = quarantine+sum(built.Quarantine), quarantineObjects+len(built.Quarantine)
	}
	events, n := float64(size*draws), float64(draws)
	fmt.Printf("  - {events: %d, eventBytes: %.0f, processorMicroseconds: %.2f, rawBytes: %.1f, processedBytes: %.1f, quarantineBytes: %.1f, rawObjects: %.2f, processedObjects: %.2f, quarantineObjects: %.2f}\n",
		size, float64(text)/events, microseconds, float64(raw)/events, float64(processed)/events,
		float64(quarantine)/events, float64(rawObjects)/n, float64(processedObjects)/n, float64(quarantineObjects)/n)
	return nil
}

func sum(objects []batch.Object) int {
	n := 0
	for _, object := range objects {
		n += len(object.Body)
	}
	return n
}

// processorTime is what the process has used so far.
func processorTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // cannot fail for the own process
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
