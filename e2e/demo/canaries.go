package demo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"dataplatform/contracts"
	"dataplatform/e2e/load"
	"dataplatform/e2e/report"
)

// canaries looks for the address that generated events have in their texts, in every text column that people read who
// may not see personal data. Raw has it.
func (s *Session) canaries(ctx context.Context, runReport *report.Report, set *contracts.Set) error {
	if !s.options.generated() {
		return nil
	}
	planted, err := s.count(ctx, set, "raw.clicks", []string{"payload"})
	if err != nil {
		return err
	}
	if planted == "0" {
		runReport.Problem("no event with %s is in raw", load.Canary)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Platform.Outputs.Principals)) {
		person := s.Platform.Outputs.Principals[name]
		if person.Workgroup == "" || len(person.Countries) > 0 || seesPersonalData(person, set) {
			continue
		}
		as, err := s.As(ctx, name)
		if err != nil {
			return err
		}
		for _, contract := range set.All() {
			columns := texts(person, contract)
			if len(columns) == 0 {
				continue
			}
			found, err := as.count(ctx, set, contract.ID, columns)
			if err != nil {
				return fmt.Errorf("canaries in %s as %s: %w", contract.ID, name, err)
			}
			if found != "0" {
				runReport.Problem("%s finds %s in %s rows of %s", name, load.Canary, found, contract.ID)
			}
		}
	}
	return nil
}

// reader is one of the people, with the columns that they are granted.
type reader interface {
	ReadableColumns(of *contracts.Contract) []string
}

// count is how many rows have the canary in one of the columns.
func (s *Session) count(ctx context.Context, set *contracts.Set, id string, columns []string) (string, error) {
	contract, known := set.Get(id)
	if !known {
		return "", fmt.Errorf("there is no %s", id)
	}
	has := make([]string, len(columns))
	for i, column := range columns {
		has[i] = fmt.Sprintf(`"%s" LIKE '%%canary%%'`, column)
	}
	result, err := s.Query(ctx, fmt.Sprintf(`SELECT count(*) FROM "%s"."%s" WHERE %s`,
		s.Platform.Outputs.Databases[contract.Layer], contract.Dataset, strings.Join(has, " OR ")))
	if err != nil {
		return "", err
	}
	return result.Rows[0][0], nil
}

func seesPersonalData(person reader, set *contracts.Set) bool {
	return slices.ContainsFunc(set.All(), func(contract *contracts.Contract) bool {
		return slices.ContainsFunc(person.ReadableColumns(contract),
			func(column string) bool { return contract.ColumnTags()[column] == contracts.PersonalData })
	})
}

// texts are the columns with text that somebody reads.
func texts(person reader, contract *contracts.Contract) []string {
	readable := person.ReadableColumns(contract)
	var columns []string
	for _, column := range contract.Columns {
		if name := strings.ToLower(column.Name); column.Logical == "string" && slices.Contains(readable, name) {
			columns = append(columns, name)
		}
	}
	return columns
}
