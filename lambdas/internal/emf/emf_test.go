package emf

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWrite(t *testing.T) {
	var out bytes.Buffer
	at := time.UnixMilli(1772368200123)
	err := Writer{Out: &out, Namespace: "Shop"}.Write(at, "clicks", []Metric{
		One("Received", Count, 3),
		{Name: "Latency", Unit: Milliseconds, Values: []float64{1.5, 2}},
		{Name: "Absent", Unit: Count},
	}, map[string]string{"requestId": "r-1"})
	require.NoError(t, err)
	assert.Equal(t, byte('\n'), out.Bytes()[out.Len()-1])
	assert.Equal(t, 1, bytes.Count(out.Bytes(), []byte("\n")))
	var got any
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	assert.Equal(t, map[string]any{
		"_aws": map[string]any{
			"Timestamp": 1772368200123.0,
			"CloudWatchMetrics": []any{map[string]any{
				"Namespace": "Shop", "Dimensions": []any{[]any{"Dataset"}},
				"Metrics": []any{map[string]any{"Name": "Received", "Unit": "Count"},
					map[string]any{"Name": "Latency", "Unit": "Milliseconds"}},
			}},
		},
		"Dataset": "clicks", "requestId": "r-1", "Received": 3.0, "Latency": []any{1.5, 2.0},
	}, got)
}

func TestWriteRejectsTooManyValues(t *testing.T) {
	err := Writer{Out: &bytes.Buffer{}}.Write(time.Now(),
		"clicks", []Metric{{Name: "Latency", Values: make([]float64, MaxValues+1)}}, nil)
	require.EqualError(t, err, "metric Latency has 101 values, at most 100 are allowed")
}
