package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"dataplatform/analytics/sql"
	"dataplatform/contracts"
	"dataplatform/e2e/report"
	"dataplatform/internal/figures"
)

// views reads every view as one of the people who may, and compares it with its query's own rows.
func (s *Session) views(
	ctx context.Context, runReport *report.Report, set *contracts.Set, runs map[string]int, raw map[string]int64,
) error {
	views, err := sql.Views()
	if err != nil {
		return err
	}
	for _, view := range views {
		ran, err := s.view(ctx, runReport, set, view, runs)
		if err != nil {
			return fmt.Errorf("view %s: %w", view.Name, err)
		}
		for _, id := range report.RawOf(set, view.Query) {
			ran.RawBytes += raw[id]
		}
		runReport.Queries = append(runReport.Queries, ran)
	}
	return nil
}

func (s *Session) view(
	ctx context.Context, runReport *report.Report, set *contracts.Set, view sql.View, runs map[string]int,
) (figures.Query, error) {
	asker, err := s.turn(set, view.Query, runs)
	if err != nil {
		return figures.Query{}, err
	}
	as, err := s.As(ctx, asker)
	if err != nil {
		return figures.Query{}, err
	}
	databases := s.Platform.Outputs.Databases
	saved, err := as.Query(ctx, "SELECT * FROM "+databases[view.Layer()]+"."+view.Name)
	if err != nil {
		return figures.Query{}, fmt.Errorf("as %s: %w", asker, err)
	}
	asked, err := s.Query(ctx, view.SQL(databases))
	if err != nil {
		return figures.Query{}, fmt.Errorf("its query: %w", err)
	}
	var named []string
	for _, column := range view.Shape {
		named = append(named, column.Name)
	}
	if !slices.Equal(saved.Columns, named) || !slices.Equal(sortedRows(saved.Rows), sortedRows(asked.Rows)) {
		runReport.Problem("view %s: %d rows of %v, its query has %d of %v", view.Name, len(saved.Rows), saved.Columns,
			len(asked.Rows), asked.Columns)
	}
	if len(saved.Rows) == 0 && s.options.generated() && !runReport.OfIdle(report.RawOf(set, view.Query)) {
		runReport.Problem("view %s has no rows", view.Name)
	}
	return figures.Query{
		Name: view.Name, As: asker, Rows: len(saved.Rows), Seconds: saved.Seconds, ScannedBytes: saved.ScannedBytes,
	}, nil
}

func sortedRows(rows [][]string) []string {
	lines := make([]string, 0, len(rows))
	for _, row := range rows {
		lines = append(lines, strings.Join(row, "\x1f"))
	}
	slices.Sort(lines)
	return lines
}
