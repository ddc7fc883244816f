package batch

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dataplatform/lambdas/clicks/internal/sample"
)

// BenchmarkBuild is for profiles; command bench measures.
func BenchmarkBuild(b *testing.B) {
	for _, mix := range []struct {
		name   string
		shares sample.Shares
	}{{"clean", sample.Shares{}}, {"usual", sample.Usual}} {
		b.Run(mix.name, func(b *testing.B) {
			p := newProcessor(b)
			events := sample.Events(1, 4000, arrival, mix.shares)
			payload := sample.Payload(shardName, 1, arrival, events...)
			b.SetBytes(int64(len(payload)))
			b.ReportAllocs()
			for b.Loop() {
				shards, err := p.Open(payload)
				require.NoError(b, err)
				_, err = p.Build(shards[0], len(events))
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(events)), "ns/event")
		})
	}
}
