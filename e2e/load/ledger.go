package load

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Ledger is what a sender put: one entry an identity.
type Ledger struct {
	Clicks []Click `json:"clicks"`
	Lines  []Line  `json:"lines"`
	// Assets are the versions of objects put into raw, and those that deleting made.
	Assets []Asset `json:"assets,omitempty"`
	// Files are the objects put into the landing bucket, in order.
	Files []File `json:"files"`
	// Expected says what a generator built in, by dataset; input from outside has none.
	Expected map[string]Expected `json:"expected,omitempty"`
}

// Click is one event of a record put to the stream.
type Click struct {
	// Identity is shard:sequence:ordinal.
	Identity string `json:"identity"`
	// EventID is empty where the event has none that can be read.
	EventID string    `json:"eventId,omitempty"`
	SentAt  time.Time `json:"sentAt"`
}

// Line is one data record of a file, or a file that cannot be taken apart (line 0).
type Line struct {
	Dataset string `json:"dataset"`
	// Identity is digest:line, lines counted from 1.
	Identity string `json:"identity"`
	// Key identifies what the line says: two lines with one key are duplicates. A line that cannot be read has none.
	Key string `json:"key,omitempty"`
}

// Asset is one version of an object.
type Asset struct {
	// Identity is key?versionId=version.
	Identity string `json:"identity"`
}

// File is one object put into the landing bucket.
type File struct {
	Dataset string    `json:"dataset"`
	Key     string    `json:"key"`
	Digest  string    `json:"digest"`
	Arrival time.Time `json:"arrival"`
}

// Expected are the counts a generator built into its data.
type Expected struct {
	Received    int            `json:"received"`
	Processed   int            `json:"processed"`
	Duplicates  int            `json:"duplicates"`
	Quarantined int            `json:"quarantined"`
	Reasons     map[string]int `json:"reasons"`
}

func (e *Expected) quarantine(reason string) {
	if e.Reasons == nil {
		e.Reasons = map[string]int{}
	}
	e.Reasons[reason]++
	e.Received++
	e.Quarantined++
}

// Add adds the counts of further data.
func (e Expected) Add(other Expected) Expected {
	sum := Expected{
		Received: e.Received + other.Received, Processed: e.Processed + other.Processed,
		Duplicates: e.Duplicates + other.Duplicates, Quarantined: e.Quarantined + other.Quarantined,
		Reasons: maps.Clone(e.Reasons),
	}
	for reason, count := range other.Reasons {
		if sum.Reasons == nil {
			sum.Reasons = map[string]int{}
		}
		sum.Reasons[reason] += count
	}
	return sum
}

// ArrivalHours lists the hours in which files of a dataset arrived, in order.
func (l *Ledger) ArrivalHours(dataset string) []time.Time {
	var hours []time.Time
	for _, file := range l.Files {
		if file.Dataset == dataset {
			hours = append(hours, file.Arrival.Truncate(time.Hour))
		}
	}
	slices.SortFunc(hours, time.Time.Compare)
	return slices.Compact(hours)
}

// Merge adds what another ledger holds. Identities that both hold, as when one content is put under two names, stay
// one.
func (l *Ledger) Merge(other *Ledger) {
	l.Clicks = append(l.Clicks, other.Clicks...)
	l.Files = append(l.Files, other.Files...)
	l.Assets = append(l.Assets, other.Assets...)
	known := make(map[string]bool, len(l.Lines))
	for _, line := range l.Lines {
		known[line.Dataset+line.Identity] = true
	}
	for _, line := range other.Lines {
		if !known[line.Dataset+line.Identity] {
			known[line.Dataset+line.Identity] = true
			l.Lines = append(l.Lines, line)
		}
	}
	for dataset, expected := range other.Expected {
		if l.Expected == nil {
			l.Expected = map[string]Expected{}
		}
		l.Expected[dataset] = expected
	}
}

// Save writes the ledger, gzipped JSON, for a later command to read.
func (l *Ledger) Save(path string) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closed := file.Close(); err == nil {
			err = closed
		}
	}()
	zip := gzip.NewWriter(file)
	if err := json.NewEncoder(zip).Encode(l); err != nil {
		return fmt.Errorf("ledger %s: %w", path, err)
	}
	return zip.Close()
}

// Load reads a ledger that Save wrote.
func Load(path string) (*Ledger, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	zip, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("ledger %s: %w", path, err)
	}
	var l Ledger
	if err := json.NewDecoder(zip).Decode(&l); err != nil {
		return nil, fmt.Errorf("ledger %s: %w", path, err)
	}
	return &l, nil
}
