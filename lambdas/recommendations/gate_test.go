package main

import (
	"encoding/binary"
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDecide(t *testing.T) {
	limits := Limits{ToleratedFall: 0.1, MinCustomers: 20}
	live := func(value float64) map[string]float64 { return map[string]float64{recall: value} }
	for name, tt := range map[string]struct {
		changes map[string]float64
		without []string
		live    map[string]float64
		reasons []string
	}{
		"first":            {},
		"as good as live":  {live: live(0.30)},
		"a tolerated fall": {live: live(0.3333)}, // 10 % less is 0.29997
		"too far a fall": {
			live: live(0.3334), reasons: []string{"recall@20 0.3000 is below 0.3001: the live model's 0.3334 less 10%"},
		},
		"equal bestsellers": {
			changes: map[string]float64{recallLower: 0.20},
			reasons: []string{"the lower bound of recall@20, 0.2000, does not beat the bestsellers' 0.2000"},
		},
		"a little better": {changes: map[string]float64{recallLower: 0.2001}},
		"few customers": {
			changes: map[string]float64{customers: 19},
			reasons: []string{"judged by 19 customers: at least 20 are wanted"},
		},
		"not a number": {
			changes: map[string]float64{recallLower: math.NaN()},
			reasons: []string{"recall_lower is missing or not a number"},
		},
		"infinite": {
			changes: map[string]float64{recall: math.Inf(1)},
			reasons: []string{"recall_at_20 is missing or not a number"},
		},
		"missing": {without: []string{customers, baseline}, reasons: []string{
			"customers is missing or not a number", "baseline_recall_at_20 is missing or not a number",
		}},
		"live without figures": {
			live: map[string]float64{}, reasons: []string{"the live model's recall_at_20 is missing or not a number"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			candidate := figures(good())
			maps.Copy(candidate, tt.changes)
			for _, one := range tt.without {
				delete(candidate, one)
			}
			assert.Equal(t, tt.reasons, limits.decide(candidate, tt.live))
		})
	}
}

func TestDrift(t *testing.T) {
	of := func(value float64) map[string]float64 { return map[string]float64{interactions: value} }
	for _, tt := range []struct{ now, then, want float64 }{{100, 100, 0}, {150, 100, 0.5}, {25, 100, 0.75}} {
		got, ok := drift(of(tt.now), of(tt.then))
		assert.True(t, ok)
		assert.InDelta(t, tt.want, got, 1e-9)
	}
	for _, live := range []map[string]float64{nil, of(0), of(math.NaN()), of(math.Inf(1))} {
		_, ok := drift(of(1), live)
		assert.False(t, ok)
	}
}

// FuzzDecide: whatever the figures are, what passes has beaten the bestsellers and not fallen too far.
func FuzzDecide(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03"), 0.1, 20.0, true)
	f.Fuzz(func(t *testing.T, content []byte, fall, least float64, hasLive bool) {
		if !(fall >= 0 && fall < 1) || !(least >= 1) {
			return
		}
		var values [6]float64
		for i := range values {
			var eight [8]byte
			copy(eight[:], content[min(len(content), 8*i):])
			values[i] = math.Float64frombits(binary.LittleEndian.Uint64(eight[:]))
		}
		candidate := map[string]float64{
			recall: values[0], recallLower: values[1], baseline: values[2], customers: values[3],
		}
		var live map[string]float64
		if hasLive {
			live = map[string]float64{recall: values[4]}
		}
		reasons := Limits{fall, least}.decide(candidate, live)
		for _, reason := range reasons {
			if strings.TrimSpace(reason) == "" {
				t.Fatal("a reason without words")
			}
		}
		fits := values[1] > values[2] && values[3] >= least && !math.IsInf(values[0], 0) && !math.IsNaN(values[0]) &&
			!math.IsInf(values[1], 0) && !math.IsInf(values[2], 0) && !math.IsInf(values[3], 0)
		if hasLive {
			fits = fits && values[0] >= values[4]*(1-fall) && !math.IsInf(values[4], 0)
		}
		if fits != (len(reasons) == 0) {
			t.Fatalf("%v beside %v with %v, %v: %q", candidate, live, fall, least, reasons)
		}
	})
}
