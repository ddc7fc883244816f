// Package figures is what a run of the platform is known by afterwards: the part of build/report.json that others than
// its writer read.
package figures

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// Run is one run of the local platform.
type Run struct {
	// At is when its figures were written.
	At time.Time `json:"-"`
	// Datasets by the name of their pipeline.
	Datasets map[string]Counts `json:"datasets"`
	Queries  []Query           `json:"queries"`
}

// Counts are one dataset's identities: received = processed + duplicates + quarantined + lost.
type Counts struct {
	Received    int `json:"received"`
	Processed   int `json:"processed"`
	Duplicates  int `json:"duplicates"`
	Quarantined int `json:"quarantined"`
	Lost        int `json:"lost"`
	// Invented are identities in tables that nobody sent.
	Invented int `json:"invented"`
	// Redelivered are raw rows beyond one an identity.
	Redelivered int            `json:"redelivered"`
	Reasons     map[string]int `json:"reasons"`
	LostIDs     []string       `json:"lostIds,omitempty"`
	InventedIDs []string       `json:"inventedIds,omitempty"`
}

// Query is one example query that was run.
type Query struct {
	Name string `json:"name"`
	// As is the role that asked.
	As      string  `json:"as"`
	Rows    int     `json:"rows"`
	Seconds float64 `json:"seconds"`
	// ScannedBytes is what the engine read of the tables' files, RawBytes what raw holds of the datasets that they are
	// computed from, as it is stored: compressed.
	ScannedBytes int64 `json:"scannedBytes"`
	RawBytes     int64 `json:"rawBytes"`
}

// PerGigabyte is how many megabytes the query read for each gigabyte of raw.
func (q Query) PerGigabyte() float64 {
	return 1000 * float64(q.ScannedBytes) / float64(max(1, q.RawBytes))
}

// Read reads the figures that the demo writes. Without the file there was no run, which is no error.
func Read(file string) (*Run, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	run := &Run{At: info.ModTime().UTC()}
	if err := json.Unmarshal(text, run); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return run, nil
}
