// Command bench measures the clicks function on one core: from the bytes of the Lambda payload to the bytes of all its
// objects. It prints lines
//
//	bench <name> <value> <unit> ratio=<x>
//
// where ratio is, for another implementation, its time divided by the function's: above 1 the function is faster. The
// others are the plain implementation on encoding/json (with the same gzip library, and with the standard one) and the
// floor, which only decodes base64 and gzips the same events. Times are processor time, the best of many runs in rounds
// in which all take turns, so that what else the machine does shows as little as it can. Garbage collection counts
// where it falls into the best run.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/klauspost/compress/gzip"

	"dataplatform/contracts"
	"dataplatform/lambdas/clicks/internal/batch"
	"dataplatform/lambdas/clicks/internal/plain"
	"dataplatform/lambdas/clicks/internal/sample"
)

const (
	eventsPerBatch = 4000
	rounds         = 20
	runsPerRound   = 4
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// contestant is one implementation: run handles the payload once.
type contestant struct {
	name   string
	run    func() error
	best   float64 // nanoseconds of processor time an event
	allocs float64 // an event
}

func run() error {
	runtime.GOMAXPROCS(1)
	arrival := time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	texts := sample.Events(1, eventsPerBatch, arrival, sample.Usual)
	payload := sample.Payload("shardId-000000000003", 1, arrival, texts...)
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	contestants, err := contestantsFor(payload)
	if err != nil {
		return err
	}
	for range rounds {
		for _, c := range contestants {
			if err := c.measure(); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	ours := contestants[0]
	fmt.Printf("bench clicks-event-size %d bytes ratio=1.00\n", size/eventsPerBatch)
	for _, c := range contestants {
		fmt.Printf("bench %s %.0f ns/event ratio=%.2f\n", c.name, c.best, c.best/ours.best)
	}
	for _, c := range contestants {
		fmt.Printf("bench %s-allocations %.2f allocs/event ratio=%.2f\n", c.name, c.allocs, c.allocs/ours.allocs)
	}
	for _, c := range contestants {
		fmt.Printf("bench %s-throughput %.1f MB/s ratio=%.2f\n", c.name, float64(size)/eventsPerBatch/c.best*1000,
			ours.best/c.best)
	}
	return nil
}

func contestantsFor(payload []byte) ([]*contestant, error) {
	set, err := contracts.Load()
	if err != nil {
		return nil, err
	}
	limits := batch.Limits{Lateness: 72 * time.Hour, MaxEventBytes: 256 << 10, MaxExpandedBytes: 16 << 20}
	ours, err := batch.New(set, limits)
	if err != nil {
		return nil, err
	}
	fast, err := plain.New(set, limits, plain.Fast)
	if err != nil {
		return nil, err
	}
	standard, err := plain.New(set, limits, plain.Standard)
	if err != nil {
		return nil, err
	}
	floor, err := newFloor(payload)
	if err != nil {
		return nil, err
	}
	handle := func() error {
		shards, err := ours.Open(payload)
		if err != nil {
			return err
		}
		_, err = ours.Build(shards[0], shards[0].Records())
		return err
	}
	build := func(p *plain.Processor) func() error {
		return func() error { _, err := p.Build(payload); return err }
	}
	return []*contestant{
		{name: "clicks-handler", run: handle, best: math.Inf(1)},
		{name: "clicks-plain", run: build(fast), best: math.Inf(1)},
		{name: "clicks-plain-stdgzip", run: build(standard), best: math.Inf(1)},
		{name: "clicks-floor", run: floor, best: math.Inf(1)},
	}, nil
}

// newFloor decodes and compresses the payload's events, and does nothing else.
func newFloor(payload []byte) (func() error, error) {
	var event struct {
		Records []struct {
			Kinesis struct {
				Data json.RawMessage `json:"data"`
			} `json:"kinesis"`
		} `json:"Records"`
	}
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	writer, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	text := make([]byte, 0, len(payload))
	return func() error {
		out.Reset()
		writer.Reset(&out)
		text = text[:0]
		for i := range event.Records {
			data := event.Records[i].Kinesis.Data
			var err error
			if text, err = base64.StdEncoding.AppendDecode(text, data[1:len(data)-1]); err != nil {
				return err
			}
		}
		if _, err := writer.Write(text); err != nil {
			return err
		}
		return writer.Close()
	}, nil
}

// measure runs one round and keeps the best time of a single run.
func (c *contestant) measure() error {
	if err := c.run(); err != nil { // its memory is warm, as a function's is
		return err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runsPerRound {
		start := processorTime()
		if err := c.run(); err != nil {
			return err
		}
		c.best = min(c.best, float64(processorTime()-start)/eventsPerBatch)
	}
	runtime.ReadMemStats(&after)
	c.allocs = float64(after.Mallocs-before.Mallocs) / runsPerRound / eventsPerBatch
	return nil
}

// processorTime is what the process has used so far.
func processorTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // cannot fail for the own process
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
