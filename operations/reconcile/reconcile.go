// Package reconcile holds the curated tables of a stack against those that they are made of: a line or an event that is
// in one and not in the other, or twice, shows as a sum that differs.
package reconcile

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"dataplatform/contracts"
	"dataplatform/operations/query"
	"dataplatform/operations/runs"
	"dataplatform/operations/statemachine"
	"dataplatform/platform/outputs"
)

// Querier runs SQL.
type Querier interface {
	Run(ctx context.Context, sql string) (query.Result, error)
}

// Reconciler reconciles one stack.
type Reconciler struct {
	Queries       Querier
	Ledger        dynamodb.QueryAPIClient
	StateMachines sfn.ListExecutionsAPIClient
	Contracts     *contracts.Set
	Outputs       outputs.Outputs
	// Step is called with what is being compared.
	Step func(string)
}

// Finding is an agreement with the values of both sides.
type Finding struct {
	Name      string `json:"name"`
	Agrees    bool   `json:"agrees"`
	Curated   string `json:"curated"`
	Processed string `json:"processed"`
	// AtLeast is what of processed must be in curated already; empty where all must be.
	AtLeast string `json:"atLeast,omitempty"`
}

// Report is what was compared.
type Report []Finding

// Run compares while no run goes on: of one that does, some tables are published and others are not.
func (r Reconciler) Run(ctx context.Context) (Report, error) {
	var since time.Time
	for _, pipeline := range r.Contracts.Pipelines() {
		stateMachines := r.Outputs.StateMachines[pipeline.Name]
		if err := statemachine.Idle(ctx, r.StateMachines, stateMachines.Hourly, stateMachines.Backfill); err != nil {
			return nil, err
		}
		if !pipeline.Streaming {
			continue
		}
		hours, err := runs.Hours(ctx, r.Ledger, r.Outputs.Tables["hours"], pipeline.Name)
		if err != nil {
			return nil, err
		}
		if len(hours) > 0 {
			since = hours[0]
		}
	}
	var report Report
	for _, agreement := range Agreements(r.Outputs, since) {
		r.Step(agreement.Name)
		finding, err := agreement.Find(ctx, r.Queries)
		if err != nil {
			return report, err
		}
		report = append(report, finding)
	}
	return report, nil
}

// Find asks both sides.
func (a Agreement) Find(ctx context.Context, q Querier) (Finding, error) {
	found := Finding{Name: a.Name}
	for _, side := range []struct {
		sql  string
		into *string
	}{{a.Left, &found.Curated}, {a.Right, &found.Processed}, {a.Least, &found.AtLeast}} {
		if side.sql == "" {
			continue
		}
		result, err := q.Run(ctx, side.sql)
		if err != nil {
			return found, fmt.Errorf("%s: %w", a.Name, err)
		}
		if len(result.Rows) != 1 || len(result.Rows[0]) != 1 {
			return found, fmt.Errorf("%s: want one value, got %v", a.Name, result.Rows)
		}
		*side.into = result.Rows[0][0]
	}
	found.Agrees = found.Curated == found.Processed
	if found.Agrees || a.Least == "" {
		return found, nil
	}
	var counts [3]int64
	for i, text := range []string{found.AtLeast, found.Curated, found.Processed} {
		var err error
		if counts[i], err = strconv.ParseInt(text, 10, 64); err != nil {
			return found, fmt.Errorf("%s: %w", a.Name, err)
		}
	}
	found.Agrees = counts[0] <= counts[1] && counts[1] <= counts[2]
	return found, nil
}

// String says how the sides differ, or nothing.
func (f Finding) String() string {
	switch {
	case f.Agrees:
		return ""
	case f.AtLeast != "":
		return fmt.Sprintf("%s: %s is not between %s and %s", f.Name, f.Curated, f.AtLeast, f.Processed)
	}
	return fmt.Sprintf("%s: %s is not %s", f.Name, f.Curated, f.Processed)
}

// Different is how many do not agree.
func (r Report) Different() int {
	n := 0
	for _, finding := range r {
		if !finding.Agrees {
			n++
		}
	}
	return n
}

// Print writes a line an agreement.
func (r Report) Print(w io.Writer) error {
	for _, f := range r {
		if f.Agrees {
			fmt.Fprintf(w, "ok    %s: %s\n", f.Name, f.Curated)
			continue
		}
		fmt.Fprintf(w, "DIFFERENT %s\n", f)
	}
	_, err := fmt.Fprintf(w, "\n%d compared, %d different\n", len(r), r.Different())
	return err
}
