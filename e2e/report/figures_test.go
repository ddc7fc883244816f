package report_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/e2e/report"
	"dataplatform/internal/figures"
)

// TestWhatIsWrittenIsRead: the catalog shows what the demo wrote.
func TestWhatIsWrittenIsRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "build", "report.json")
	written := report.Report{
		Run: figures.Run{
			Datasets: map[string]figures.Counts{
				"sales": {Received: 3, Processed: 1, Quarantined: 2, Reasons: map[string]int{"wrong_type": 2}},
			},
			Queries: []figures.Query{{Name: "salesByCountry", As: "analyst", Rows: 20, Seconds: 0.5}},
		},
		Problems: []string{"one"},
	}
	require.NoError(t, written.Write(file))
	read, err := figures.Read(file)
	require.NoError(t, err)
	assert.Equal(t, written.Datasets, read.Datasets)
	assert.Equal(t, written.Queries, read.Queries)
	assert.False(t, read.At.IsZero())
}
