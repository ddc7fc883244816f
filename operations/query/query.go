// Package query runs SQL through Athena's API and returns whole results.
package query

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/operations/target"
)

// poll is how often a running query is asked about.
const poll = 50 * time.Millisecond

// Runner runs queries in one workgroup.
type Runner struct {
	athena    *athena.Client
	s3        *s3.Client
	workgroup string
}

// New makes a Runner; the workgroup decides where results are written.
func New(config aws.Config, workgroup string) *Runner {
	return &Runner{athena: athena.NewFromConfig(config), s3: s3.NewFromConfig(config), workgroup: workgroup}
}

// Result is the whole answer to a query, every value as text.
type Result struct {
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
	// Seconds from the request to the last row.
	Seconds float64 `json:"seconds"`
	// ScannedBytes is what the engine read.
	ScannedBytes int64 `json:"scannedBytes"`
}

// Print writes the rows as CSV, the columns' names first.
func (r Result) Print(w io.Writer) error {
	return csv.NewWriter(w).WriteAll(append([][]string{r.Columns}, r.Rows...))
}

// Table is a result for people at a terminal.
type Table struct{ Result }

// Print writes the rows below each other. What a terminal would take for an order is shown as it is written in Go:
// texts come from who visits the shop.
func (t Table) Print(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range slices.Concat([][]string{t.Columns}, t.Rows) {
		shown := make([]string, len(row))
		for i, value := range row {
			shown[i] = value
			if strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsGraphic(r) }) {
				shown[i] = strconv.QuoteToGraphic(value)
			}
		}
		if _, err := fmt.Fprintln(out, strings.Join(shown, "\t")); err != nil {
			return err
		}
	}
	return out.Flush()
}

// formulas are what a text begins with that a spreadsheet takes for a formula.
const formulas = "=+-@\t\r"

// ForSpreadsheets is the result with an apostrophe before each text that a spreadsheet would take for a formula, which
// may send what is beside it away: texts come from who visits the shop. Numbers stay as they are.
func (r Result) ForSpreadsheets() Result {
	rows := make([][]string, len(r.Rows))
	for i, row := range r.Rows {
		rows[i] = slices.Clone(row)
		for j, value := range row {
			_, err := strconv.ParseFloat(value, 64)
			if err != nil && strings.ContainsAny(value[:min(1, len(value))], formulas) {
				rows[i][j] = "'" + value
			}
		}
	}
	r.Rows = rows
	return r
}

// Reads says that a statement can only read. EXPLAIN is none of these: with ANALYZE it runs what it explains.
func Reads(sql string) bool {
	words := strings.FieldsFunc(sql, func(r rune) bool { return unicode.IsSpace(r) || r == '(' })
	if len(words) == 0 {
		return false
	}
	return slices.Contains([]string{"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC"},
		strings.ToUpper(words[0]))
}

// Run runs one statement and reads its result file, as drivers do for large results.
func (r *Runner) Run(ctx context.Context, sql string) (Result, error) {
	start := time.Now()
	started, err := r.athena.StartQueryExecution(ctx,
		&athena.StartQueryExecutionInput{QueryString: &sql, WorkGroup: &r.workgroup})
	if err != nil {
		return Result{}, fmt.Errorf("query: %w", err)
	}
	execution, err := r.wait(ctx, started.QueryExecutionId)
	if err != nil {
		return Result{}, err
	}
	bucket, key := target.SplitURI(aws.ToString(execution.ResultConfiguration.OutputLocation))
	object, err := r.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return Result{}, fmt.Errorf("query result: %w", err)
	}
	defer object.Body.Close()
	rows := csv.NewReader(object.Body)
	rows.FieldsPerRecord = -1
	result := Result{}
	if execution.Statistics != nil {
		result.ScannedBytes = aws.ToInt64(execution.Statistics.DataScannedInBytes)
	}
	if result.Columns, err = rows.Read(); err != nil && !errors.Is(err, io.EOF) { // DDL has no result
		return Result{}, fmt.Errorf("query result: %w", err)
	}
	if result.Rows, err = rows.ReadAll(); err != nil {
		return Result{}, fmt.Errorf("query result: %w", err)
	}
	result.Seconds = time.Since(start).Seconds()
	return result, nil
}

func (r *Runner) wait(ctx context.Context, id *string) (*types.QueryExecution, error) {
	for {
		got, err := r.athena.GetQueryExecution(ctx, &athena.GetQueryExecutionInput{QueryExecutionId: id})
		if err != nil {
			return nil, fmt.Errorf("query: %w", err)
		}
		switch status := got.QueryExecution.Status; status.State {
		case types.QueryExecutionStateSucceeded:
			return got.QueryExecution, nil
		case types.QueryExecutionStateFailed, types.QueryExecutionStateCancelled:
			return nil, fmt.Errorf("query %s: %s", status.State, aws.ToString(status.StateChangeReason))
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(poll):
		}
	}
}
