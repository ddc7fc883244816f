package governance

import (
	"maps"
	"slices"
)

// Grant is one grant as Lake Formation lists it. Either Expression is set, for a grant by tags, or Database and Table
// are.
type Grant struct {
	Principal   string // ARN, or AnyIAM
	Permissions []string
	// Expression are the values that each tag may have; all tags have to match.
	Expression map[string][]string
	Database   string
	Table      string // AllTables for every table of the database
	// Columns are those named, Excluded those left out of all. With neither the grant is for all columns.
	Columns  []string
	Excluded []string
	// Filter names the data cells filter that the grant is for.
	Filter string
}

// AllTables is the wildcard of a table.
const AllTables = "*"

// Filter is a data cells filter of a table.
type Filter struct {
	Columns  []string // nil for all but Excluded
	Excluded []string
	Rows     string // empty for all rows
}

// Table is what Lake Formation knows of one table.
type Table struct {
	Database string
	Name     string
	Tags     map[string]string            // with what it inherits
	Columns  map[string]map[string]string // tags of its columns, with what they inherit
	Filters  map[string]Filter
}

// The permissions that read and write rows.
const (
	permissionAll    = "ALL"
	permissionSelect = "SELECT"
	permissionInsert = "INSERT"
)

// Access is what a principal has on one table.
type Access struct {
	Columns []string // readable ones
	// Rows are the conditions under which each column is readable; one of them is "" when some grant has no condition.
	Rows  map[string][]string
	Write bool
}

// Effective adds the grants of a principal on a table up, as Lake Formation does: every grant gives, none takes away.
func Effective(table Table, arn string, grants []Grant) Access {
	rows := map[string][]string{}
	access := Access{Rows: rows}
	give := func(column, condition string) {
		if !slices.Contains(rows[column], condition) {
			rows[column] = append(rows[column], condition)
		}
	}
	for _, grant := range grants {
		if grant.Principal != arn || !grant.about(table) {
			continue
		}
		columns, condition := grant.columns(table)
		if slices.Contains(grant.Permissions, permissionAll) || slices.Contains(grant.Permissions, permissionSelect) {
			for _, column := range columns {
				give(column, condition)
			}
		}
		// Writing needs every column: a grant that matches only some gives SELECT on those and no more (TBAC notes and
		// restrictions).
		if len(columns) == len(table.Columns) && grant.Filter == "" &&
			(slices.Contains(grant.Permissions, permissionAll) ||
				slices.Contains(grant.Permissions, permissionInsert)) {
			access.Write = true
		}
	}
	access.Columns = slices.Sorted(maps.Keys(rows))
	return access
}

func (g Grant) about(table Table) bool {
	if g.Expression != nil {
		return true // columns decides
	}
	return g.Database == table.Database && (g.Table == table.Name || g.Table == AllTables)
}

// columns are those the grant is for, and the condition on their rows.
func (g Grant) columns(table Table) ([]string, string) {
	named, excluded, condition := g.Columns, g.Excluded, ""
	if g.Filter != "" {
		filter, ok := table.Filters[g.Filter]
		if !ok {
			return nil, ""
		}
		named, excluded, condition = filter.Columns, filter.Excluded, filter.Rows
	}
	var columns []string
	for column, tags := range table.Columns {
		switch {
		case g.Expression != nil && !matches(g.Expression, tags):
		case named != nil && !slices.Contains(named, column):
		case slices.Contains(excluded, column):
		default:
			columns = append(columns, column)
		}
	}
	return columns, condition
}

// matches says whether tags have one of the wanted values for every key.
func matches(expression map[string][]string, tags map[string]string) bool {
	for key, values := range expression {
		value, tagged := tags[key]
		if !tagged || !slices.Contains(values, value) {
			return false
		}
	}
	return true
}

// Cell is the line of the expectations' table that an access stands for.
func (a Access) Cell(want Cell) Cell {
	cell := Cell{Principal: want.Principal, Table: want.Table, Column: want.Column}
	if want.Column == Writing {
		cell.Allowed = a.Write
		return cell
	}
	conditions, readable := a.Rows[want.Column]
	cell.Allowed = readable
	if !slices.Contains(conditions, "") && len(conditions) > 0 {
		cell.Rows = or(conditions)
	}
	return cell
}

func or(conditions []string) string {
	if len(conditions) == 1 {
		return conditions[0]
	}
	sorted := slices.Sorted(slices.Values(conditions))
	text := "(" + sorted[0] + ")"
	for _, condition := range sorted[1:] {
		text += " OR (" + condition + ")"
	}
	return text
}
