package batch

import (
	"bytes"
	"encoding/base64"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/lambdas/clicks/internal/sample"
)

var testLimits = Limits{Lateness: 72 * time.Hour, MaxEventBytes: 64 << 10, MaxExpandedBytes: 16 << 20}

func newTestProcessor(t testing.TB) *Processor {
	t.Helper()
	set, err := contracts.Load()
	require.NoError(t, err)
	p, err := New(set, testLimits)
	require.NoError(t, err)
	return p
}

var testArrival = time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)

func benchPayload(shares sample.Shares) ([]byte, []string) {
	events := sample.Events(1, 4000, testArrival, shares)
	return sample.Payload("shardId-000000000003", 1, testArrival, events...), events
}

func BenchmarkBuild(b *testing.B) {
	for name, shares := range map[string]sample.Shares{"clean": {}, "usual": sample.Usual} {
		b.Run(name, func(b *testing.B) {
			p := newTestProcessor(b)
			payload, events := benchPayload(shares)
			b.SetBytes(int64(len(payload)))
			start := cpu()
			for b.Loop() {
				shards, err := p.Open(payload)
				require.NoError(b, err)
				batch, err := p.Build(shards[0], len(events))
				require.NoError(b, err)
				require.NotEmpty(b, batch.Raw)
			}
			b.ReportMetric(float64(cpu()-start)/float64(b.N)/float64(len(events)), "cpu-ns/event")
		})
	}
}

func BenchmarkFloor(b *testing.B) {
	payload, events := benchPayload(sample.Usual)
	records, ok := scanEnvelope(payload, nil)
	require.True(b, ok)
	var size int
	for _, e := range events {
		size += len(e)
	}
	b.Logf("mean event %d bytes", size/len(events))
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	require.NoError(b, err)
	var text []byte
	start := cpu()
	for b.Loop() {
		out.Reset()
		w.Reset(&out)
		for i := range records {
			n := base64.StdEncoding.DecodedLen(len(records[i].data))
			if cap(text) < n {
				text = make([]byte, n)
			}
			n, err := base64.StdEncoding.Decode(text[:n], records[i].data)
			require.NoError(b, err)
			_, err = w.Write(text[:n])
			require.NoError(b, err)
		}
		require.NoError(b, w.Close())
	}
	b.ReportMetric(float64(cpu()-start)/float64(b.N)/float64(len(events)), "cpu-ns/event")
}

// cpu is the processor time the process has used, nanoseconds.
func cpu() int64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Utime.Nano() + usage.Stime.Nano()
}
