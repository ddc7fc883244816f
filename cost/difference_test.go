package cost

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatAChangeCosts(t *testing.T) {
	usd := func(value float64) *float64 { return &value }
	price := func(value float64) Price { return Price{USD: usd(value), Per: 1} }
	line := func(service, what, inputs string, quantity float64) Line {
		return Line{Service: service, What: what, Inputs: inputs, Quantity: quantity, Price: price(1), USD: quantity}
	}
	before := Estimate{Stack: "prod", Lines: []Line{
		line("Glue", "jobs", "3 datasets × 730 runs", 300), line("Glue", "crawler", "30 runs", 4),
		line("KMS", "keys", "5", 5), line("S3", "requests", "3 files", 0.001),
	}}
	now := Estimate{Stack: "prod", Lines: []Line{
		line("Glue", "jobs", "4 datasets × 730 runs", 400), line("Glue", "crawler", "30 runs", 4),
		line("S3", "requests", "4 files", 0.002), line("Athena", "scans", "10 GB", 1),
	}}
	text, err := json.Marshal(before)
	require.NoError(t, err)
	var reported Reported
	require.NoError(t, json.Unmarshal(text, &reported))
	found, err := Compare(reported, "main", now)
	require.NoError(t, err)
	assert.Equal(t, []ChangedLine{
		{"Glue", "jobs", 100, "3 datasets × 730 runs", "4 datasets × 730 runs"}, {"KMS", "keys", -5, "5", ""},
		{"Athena", "scans", 1, "", "10 GB"},
	}, found.Lines)
	var out bytes.Buffer
	require.NoError(t, found.Print(&out))
	assert.Contains(t, out.String(), "Stack prod, against main: 405.00 USD a month, +96.00\n")
	assert.Contains(t, out.String(), "    was 3 datasets × 730 runs\n    is  4 datasets × 730 runs\n")
	assert.Contains(t, out.String(), "    was 5\n    is  nothing\n")

	same, err := Compare(reported, "main", before)
	require.NoError(t, err)
	out.Reset()
	require.NoError(t, same.Print(&out))
	assert.Contains(t, out.String(), "nothing costs anything else")
}
