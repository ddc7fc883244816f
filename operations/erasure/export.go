package erasure

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/policies"
)

const manifestName = "manifest.json"

// Exporter asks one platform what it has of a customer.
type Exporter struct {
	Objects Objects
	Runner  Runner
	// Bucket is the artifacts bucket, StateMachineARN the export's state machine.
	Bucket, StateMachineARN string
}

// Manifest says what there is of a customer, by place, as an erasure would take it.
type Manifest struct {
	Request  string           `json:"request"`
	Started  string           `json:"started"`
	Finished string           `json:"finished"`
	State    string           `json:"state"` // done, or incomplete
	Places   map[string]Shown `json:"places"`
	Tables   map[string]int   `json:"tables"` // rows
	// Files are the results, beside the manifest: lines of JSON, and assets as they are.
	Files []string `json:"files"`
	// Waiting are what nobody can look into yet, Problems what nobody can: with any the export is incomplete.
	Waiting  []string  `json:"waiting,omitempty"`
	Problems []Problem `json:"problems,omitempty"`
}

// Shown is a part of the platform with objects. Those that an erasure takes as a whole, for others are in them, too,
// are counted and not shown.
type Shown struct {
	Objects  int `json:"objects"`
	Records  int `json:"records"`
	AsAWhole int `json:"asAWhole"`
}

// Run exports a customer into a folder, which only its owner may read.
func (e *Exporter) Run(ctx context.Context, customer, folder string) (Manifest, error) {
	if err := Check(customer); err != nil {
		return Manifest{}, err
	}
	request, err := leave(ctx, e.Objects, e.Bucket, policies.ExportRequestsPrefix, wanted{Customer: customer})
	if err != nil {
		return Manifest{}, err
	}
	if err := e.Runner.Request(ctx, e.StateMachineARN, request); err != nil {
		return Manifest{}, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return Manifest{}, err
	}
	root, err := os.OpenRoot(folder) // names come from objects: none leads out of the folder
	if err != nil {
		return Manifest{}, err
	}
	defer root.Close()
	var manifest Manifest
	if err := e.fetch(ctx, root, request, manifestName); err != nil {
		return Manifest{}, err
	}
	text, err := root.ReadFile(manifestName)
	if err != nil {
		return Manifest{}, err
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return Manifest{}, fmt.Errorf("read the manifest of request %s: %w", request, err)
	}
	for _, name := range manifest.Files {
		if err := e.fetch(ctx, root, request, name); err != nil {
			return Manifest{}, err
		}
	}
	return manifest, nil
}

func (e *Exporter) fetch(ctx context.Context, root *os.Root, request, name string) error {
	key := policies.ExportsPrefix + request + "/" + name
	object, err := e.Objects.GetObject(ctx, &s3.GetObjectInput{Bucket: &e.Bucket, Key: &key})
	if err != nil {
		return fmt.Errorf("fetch s3://%s/%s: %w", e.Bucket, key, err)
	}
	defer object.Body.Close()
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, object.Body); err != nil {
		file.Close()
		return fmt.Errorf("fetch s3://%s/%s: %w", e.Bucket, key, err)
	}
	return file.Close()
}

// Err says why an export may not be all.
func (m Manifest) Err() error {
	if m.State == "done" {
		return nil
	}
	return fmt.Errorf("request %s may not have all: %d objects wait for something, %d could not be looked through; "+
		"%s in the folder names them", m.Request, len(m.Waiting), len(m.Problems), manifestName)
}

// Print writes what there is, a line a place.
func (m Manifest) Print(w io.Writer) error {
	fmt.Fprintf(w, "request %s, %s to %s\n", m.Request, m.Started, m.Finished)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "place\tobjects\trecords\tnot shown, for others are in them")
	for _, name := range slices.Sorted(maps.Keys(m.Places)) {
		place := m.Places[name]
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\n", name, place.Objects, place.Records, place.AsAWhole)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Tables)) {
		fmt.Fprintf(table, "table %s\t\t%d\t\n", name, m.Tables[name])
	}
	return table.Flush()
}
