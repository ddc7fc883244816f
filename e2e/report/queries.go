package report

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"dataplatform/analytics/sql"
	"dataplatform/contracts"
	"dataplatform/internal/figures"
	"dataplatform/operations/query"
)

func printQueries(w io.Writer, queries []figures.Query) {
	if len(queries) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%-28s %-12s %6s %8s %13s %13s %14s\n", "query", "as", "rows", "seconds", "bytes scanned",
		"bytes of raw", "MB a GB of raw")
	for _, q := range queries {
		fmt.Fprintf(w, "%-28s %-12s %6d %8.2f %13d %13d %14.1f\n", q.Name, q.As, q.Rows, q.Seconds, q.ScannedBytes,
			q.RawBytes, q.PerGigabyte())
	}
}

//go:embed checks/*.sql
var checkFiles embed.FS

// visitsFile begins the checks of what is computed from visits.
const visitsFile = "visits"

// ofQuery stands for the example query in what is asked of its rows.
const ofQuery = "{query}"

// lefts are what is asked of the rows of those queries that are not compared as they are.
var lefts = map[string]string{
	"clicks_by_version": "SELECT version, app, clicks FROM {query} AS asked ORDER BY version, app",
	// The ledger knows reasons and not hours.
	"quarantine":   "SELECT dataset, reason, quarantined FROM {query} AS asked ORDER BY dataset, reason",
	"data_quality": "SELECT dataset, sum(quarantined) AS quarantined FROM {query} AS asked GROUP BY dataset ORDER BY dataset",
}

// latest is what queries of projected tables ask for. Given files may say that they arrived, and given clicks that
// they happened, years ago, so that these queries are checked without it.
var latest = regexp.MustCompile(`WHERE (?:ingest|event)_date (?:>=|BETWEEN) date_format\(current_date - ` +
	`INTERVAL '\d' DAY, '%Y-%m-%d'\)\n(?:  AND date_format\(current_date, '%Y-%m-%d'\)\n)?`)

// QueryCheck computes again, in another way and from other tables, what an example query answers.
type QueryCheck struct {
	// Left is asked of the query's rows, with them in the place of {query}; "" for the rows as they are.
	Left string
	// Right is the statement that computes them from the tables that the query's are made from, {layer} standing for
	// databases; "" where the report of the ledger has the numbers. Its columns are those that are compared.
	Right string
}

// CheckOf is the check of an example query.
func CheckOf(name string) (QueryCheck, error) {
	check := QueryCheck{Left: lefts[name]}
	if name == "quarantine" || name == "data_quality" {
		return check, nil
	}
	text, err := checkFiles.ReadFile("checks/" + name + ".sql")
	if err != nil {
		return QueryCheck{}, fmt.Errorf("the example query %s is not computed a second time: %w", name, err)
	}
	check.Right = string(text)
	if strings.Contains(check.Right, "FROM "+visitsFile+"\n") {
		visits, err := checkFiles.ReadFile("checks/" + visitsFile + ".sql")
		if err != nil {
			return QueryCheck{}, err
		}
		check.Right = string(visits) + check.Right
	}
	return check, nil
}

// Accounted says whether a query reads processed tables alone. Their rows are held against the sender's ledger one by
// one, so that a query of them may go without a check; what is computed of them may not.
func Accounted(example sql.Query) bool {
	return !slices.ContainsFunc(example.Tables(),
		func(id string) bool { return !strings.HasPrefix(id, contracts.LayerProcessed+".") })
}

var limitPattern = regexp.MustCompile(`\bLIMIT ([0-9]+)$`)

// CheckQuery holds the rows of an example query against its check, and says how they differ, or nothing. The datasets
// are those of the ledger.
func CheckQuery(
	ctx context.Context, q Querier, example sql.Query, databases map[string]string, got query.Result,
	datasets map[string]figures.Counts,
) (string, error) {
	check, err := CheckOf(example.Name)
	if errors.Is(err, fs.ErrNotExist) && Accounted(example) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	rows := len(got.Rows)
	if check.Left != "" {
		asked := latest.ReplaceAllString(example.SQL(databases), "")
		if got, err = q.Run(ctx, strings.ReplaceAll(check.Left, ofQuery, "("+asked+")")); err != nil {
			return "", fmt.Errorf("check of %s: %w", example.Name, err)
		}
	}
	want := counted(example.Name, datasets)
	if check.Right != "" {
		if want, err = q.Run(ctx, sql.Query{Text: check.Right}.SQL(databases)); err != nil {
			return "", fmt.Errorf("check of %s: %w", example.Name, err)
		}
	}
	// A query that stopped at its limit knows nothing of what comes after.
	if limit := limitPattern.FindStringSubmatch(example.Text); limit != nil && limit[1] == strconv.Itoa(rows) &&
		len(want.Rows) > len(got.Rows) {
		want.Rows = want.Rows[:len(got.Rows)]
	}
	return differs(example.Name, got, want), nil
}

// counted are the numbers of the ledger, as the queries about quarantine have them.
func counted(name string, datasets map[string]figures.Counts) query.Result {
	result := query.Result{Columns: []string{"dataset", "quarantined"}}
	if name == "quarantine" {
		result.Columns = []string{"dataset", "reason", "quarantined"}
	}
	for dataset, counts := range datasets {
		switch {
		case name == "quarantine":
			for reason, n := range counts.Reasons {
				result.Rows = append(result.Rows, []string{dataset, reason, strconv.Itoa(n)})
			}
		case counts.Quarantined > 0:
			result.Rows = append(result.Rows, []string{dataset, strconv.Itoa(counts.Quarantined)})
		}
	}
	slices.SortFunc(result.Rows, slices.Compare[[]string])
	return result
}

// differs compares the columns of want, by name, row by row.
func differs(name string, got, want query.Result) string {
	if len(got.Rows) != len(want.Rows) {
		return fmt.Sprintf("%s: %d rows, computed again %d", name, len(got.Rows), len(want.Rows))
	}
	for column, title := range want.Columns {
		at := slices.Index(got.Columns, title)
		if at < 0 {
			return fmt.Sprintf("%s: no column %s; there are %v", name, title, got.Columns)
		}
		for i, row := range want.Rows {
			if !same(got.Rows[i][at], row[column]) {
				return fmt.Sprintf("%s: %s of row %d is %q, computed again %q; the rows are %v and %v", name, title,
					i+1, got.Rows[i][at], row[column], got.Rows[i], row)
			}
		}
	}
	return ""
}

// same compares values as numbers where they are: 1.50 is 1.5.
func same(a, b string) bool {
	if a == b {
		return true
	}
	x, isNumber := new(big.Rat).SetString(a)
	y, areNumbers := new(big.Rat).SetString(b)
	return isNumber && areNumbers && x.Cmp(y) == 0
}

// RawOf are the ids of the raw contracts that the tables of a query are computed from.
func RawOf(set *contracts.Set, example sql.Query) []string {
	var found []string
	open := example.Tables()
	for len(open) > 0 {
		contract, known := set.Get(open[0])
		open = open[1:]
		switch {
		case !known:
		case contract.Layer == contracts.LayerRaw:
			found = append(found, contract.ID)
		default:
			open = append(open, contract.Upstream...)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
