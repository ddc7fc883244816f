package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// Run is what the catalog shows of the last run of the local platform.
type Run struct {
	// At is when its account was written.
	At time.Time `json:"-"`
	// Datasets by the name of their pipeline.
	Datasets map[string]Counts `json:"datasets"`
	Queries  []QueryRun        `json:"queries"`
}

// Counts are identities: received = processed + duplicates + quarantined + lost.
type Counts struct {
	Received    int            `json:"received"`
	Processed   int            `json:"processed"`
	Duplicates  int            `json:"duplicates"`
	Quarantined int            `json:"quarantined"`
	Lost        int            `json:"lost"`
	Reasons     map[string]int `json:"reasons"`
}

// QueryRun is one query as it was run.
type QueryRun struct {
	Name    string  `json:"name"`
	Rows    int     `json:"rows"`
	Seconds float64 `json:"seconds"`
}

// ReadRun reads the account that the demo writes. Without the file there was no run, which is no error.
func ReadRun(file string) (*Run, error) {
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
