// Package report compares the tables with the sender's ledger and writes the
// report of a run.
//
// A count is a count of identities found in tables by queries; lost is a set
// difference. Metrics are for alarms and do not enter here.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"dataplatform/contracts"
	"dataplatform/internal/figures"
	"dataplatform/operations/grants"
	"dataplatform/operations/lineage"
)

// Report is the report of one run, as written to build/report.json.
type Report struct {
	figures.Run
	Deploy Deploy `json:"deploy"`
	// LatencySeconds is from the sender's clock to a row returned by the query engine.
	LatencySeconds Latency `json:"latencySeconds"`
	Grants         Grants  `json:"grants"`
	// Permissions are those of IAM.
	Permissions Permissions `json:"permissions"`
	// Lineage is what runs reported, compared with the contracts.
	Lineage lineage.Report `json:"lineage"`
	// Recommendations are what came of training a model; absent when none was asked for.
	Recommendations *Recommendations `json:"recommendations,omitempty"`

	// Idle are the datasets that got no file, of which nothing was checked.
	Idle     []string `json:"idle,omitempty"`
	Problems []string `json:"problems"`
	// PeakMemoryBytes is the most that everything together held at once.
	PeakMemoryBytes int64              `json:"peakMemoryBytes"`
	StepSeconds     map[string]float64 `json:"stepSeconds"`
	SecondsTotal    float64            `json:"secondsTotal"`
}

// Grants are what Lake Formation lets each principal see and change, held against the contracts and roles column by
// column.
type Grants struct {
	Principals   []grants.PrincipalReport `json:"principals"`
	Expectations int                      `json:"expectations"`
	Differences  []string                 `json:"differences"`
}

// Deploy is what the engine did.
type Deploy struct {
	Resources       int      `json:"resources"`
	ReadySeconds    float64  `json:"readySeconds"`
	UpSeconds       float64  `json:"upSeconds"`
	SecondUpSeconds float64  `json:"secondUpSeconds"`
	SecondUpChanges int      `json:"secondUpChanges"`
	DestroySeconds  float64  `json:"destroySeconds"`
	DestroyLeft     int      `json:"destroyLeft"`
	Left            []string `json:"left,omitempty"`
}

// Latency are percentiles over the measured rows.
type Latency struct {
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	Rows int     `json:"rows"`
}

// Problem adds a finding that makes the run fail.
func (r *Report) Problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// Check turns differences into problems, naming the first identities.
func (r *Report) Check() {
	for _, name := range slices.Sorted(maps.Keys(r.Datasets)) {
		c := r.Datasets[name]
		if c.Received != c.Processed+c.Duplicates+c.Quarantined {
			r.Problem("%s: received %d is not processed %d + duplicates %d + quarantined %d", name, c.Received,
				c.Processed, c.Duplicates, c.Quarantined)
		}
		if c.Lost > 0 {
			r.Problem("%s: lost %d of %d, the first: %s", name, c.Lost, c.Received, strings.Join(c.LostIDs, " "))
		}
		if c.Invented > 0 {
			r.Problem("%s: %d identities that nobody sent, the first: %s", name, c.Invented,
				strings.Join(c.InventedIDs, " "))
		}
	}
	for _, difference := range r.Grants.Differences {
		r.Problem("grants: %s", difference)
	}
	for _, difference := range r.Lineage.Differences {
		r.Problem("lineage: %s", difference)
	}
	for _, difference := range r.Permissions.Differences {
		r.Problem("permissions: %s", difference)
	}
	if r.Deploy.SecondUpChanges > 0 {
		r.Problem("the second up changed %d resources", r.Deploy.SecondUpChanges)
	}
	if r.Deploy.DestroyLeft > 0 {
		r.Problem("destroy left %d things: %s", r.Deploy.DestroyLeft, strings.Join(first(r.Deploy.Left), ", "))
	}
}

// OfIdle says whether one of raw contracts is of a dataset that got no file.
func (r *Report) OfIdle(raw []string) bool {
	return slices.ContainsFunc(raw,
		func(id string) bool { return slices.Contains(r.Idle, strings.TrimPrefix(id, contracts.LayerRaw+".")) })
}

// Write writes the report as JSON.
func (r *Report) Write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// Print writes the report for a person.
func (r *Report) Print(w io.Writer) {
	r.PrintCounts(w)
	r.printGrants(w)
	r.Permissions.print(w)
	fmt.Fprintf(w, "lineage: %d events of runs reported %d edges between datasets, %d differences to the contracts\n",
		r.Lineage.Events, r.Lineage.Edges, len(r.Lineage.Differences))
	d := r.Deploy
	fmt.Fprintf(w,
		"%d resources: up %.0f s, second up with refresh %.0f s with %d changes, destroy %.0f s with %d left; emulator ready in %.1f s\n",
		d.Resources, d.UpSeconds, d.SecondUpSeconds, d.SecondUpChanges, d.DestroySeconds, d.DestroyLeft, d.ReadySeconds)
	fmt.Fprintf(w, "peak memory %.1f GiB, %.0f s in all\n", float64(r.PeakMemoryBytes)/(1<<30), r.SecondsTotal)
	for _, problem := range r.Problems {
		fmt.Fprintf(w, "FAILED: %s\n", problem)
	}
}

// PrintCounts writes the part of the report that is about data.
func (r *Report) PrintCounts(w io.Writer) {
	fmt.Fprintf(w, "\n%-10s %10s %10s %10s %11s %6s\n", "dataset", "received", "processed", "duplicates", "quarantined",
		"lost")
	for _, name := range slices.Sorted(maps.Keys(r.Datasets)) {
		c := r.Datasets[name]
		fmt.Fprintf(w, "%-10s %10d %10d %10d %11d %6d\n", name, c.Received, c.Processed, c.Duplicates, c.Quarantined,
			c.Lost)
	}
	for _, name := range r.Idle {
		fmt.Fprintf(w,
			"%-10s got no file, and nothing of it was checked: its samples go to contracts/samples/%s\n", name, name)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Datasets)) {
		if reasons := r.Datasets[name].Reasons; len(reasons) > 0 {
			var parts []string
			for _, reason := range slices.Sorted(maps.Keys(reasons)) {
				parts = append(parts, fmt.Sprintf("%s %d", reason, reasons[reason]))
			}
			fmt.Fprintf(w, "%s in quarantine: %s\n", name, strings.Join(parts, ", "))
		}
	}
	printQueries(w, r.Queries)
	fmt.Fprintf(w, "\nfrom the sender's clock to a returned row: p50 %.1f s, p99 %.1f s over %d rows\n",
		r.LatencySeconds.P50, r.LatencySeconds.P99, r.LatencySeconds.Rows)
	r.Recommendations.print(w)
}

func (r *Report) printGrants(w io.Writer) {
	fmt.Fprintf(w, "\n%-24s %12s %15s %14s  %s\n", "principal", "reads tables", "hidden columns", "writes tables",
		"rows")
	for _, p := range r.Grants.Principals {
		fmt.Fprintf(w, "%-24s %12s %15d %14d  %s\n", p.Principal, fmt.Sprintf("%d of %d", p.Tables, p.Of), p.Hidden,
			p.Writes, p.Rows)
	}
	fmt.Fprintf(w, "%d expectations of grants, %d differences\n\n", r.Grants.Expectations, len(r.Grants.Differences))
}

// named is how many identities a report names.
const named = 10

func first(ids []string) []string {
	slices.Sort(ids)
	return ids[:min(named, len(ids))]
}
