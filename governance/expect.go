package governance

import (
	"fmt"
	"slices"
	"strings"

	"dataplatform/contracts"
)

// AnyIAM is the group that stands for "whoever IAM lets". While it has a grant, Lake Formation protects nothing.
const AnyIAM = "IAM_ALLOWED_PRINCIPALS"

// Writing stands in for a column where a line is about changing a table's rows.
const Writing = "(write)"

// Cell is one line of the table of expectations: whether a principal gets at a column, and at which rows.
type Cell struct {
	Principal string
	Table     string // the contract's id
	Column    string // its name in the catalog, or Writing
	Allowed   bool
	Rows      string // the condition on rows; empty for all
}

func (c Cell) String() string {
	switch {
	case !c.Allowed:
		return "denied"
	case c.Rows != "":
		return "allowed where " + c.Rows
	}
	return "allowed"
}

// Expect says for every principal, table and column what the contracts and the rules want. IAMAllowedPrincipals is
// always one of the principals: it may get at nothing.
func Expect(set *contracts.Set, principals []Principal) []Cell {
	var cells []Cell
	all := append(slices.Clone(principals), Principal{Name: AnyIAM, ARN: AnyIAM})
	for _, p := range all {
		for _, table := range set.All() {
			readable := p.ReadableColumns(table)
			var rows string
			if len(p.Countries) > 0 {
				rows = RowFilter(p.Countries)
			}
			for _, column := range columnsOf(table) {
				cell := Cell{
					Principal: p.Name, Table: table.ID, Column: column, Allowed: slices.Contains(readable, column),
				}
				if cell.Allowed {
					cell.Rows = rows
				}
				cells = append(cells, cell)
			}
			cells = append(cells, Cell{Principal: p.Name, Table: table.ID, Column: Writing, Allowed: p.Writes(table)})
		}
	}
	return cells
}

func columnsOf(table *contracts.Contract) []string {
	var columns []string
	for column := range table.ColumnTags() {
		columns = append(columns, column)
	}
	slices.Sort(columns)
	return columns
}

// Difference is a cell about which the contracts and Lake Formation don't agree.
type Difference struct{ Want, Got Cell }

func (d Difference) String() string {
	return fmt.Sprintf("%s: %s.%s is %s, expected %s", d.Want.Principal, d.Want.Table, d.Want.Column, d.Got, d.Want)
}

// Compare holds what is wanted against what Lake Formation answers.
func Compare(want []Cell, got func(Cell) Cell) []Difference {
	var differences []Difference
	for _, cell := range want {
		if found := got(cell); found.Allowed != cell.Allowed || !sameRows(found.Rows, cell.Rows) {
			differences = append(differences, Difference{cell, found})
		}
	}
	return differences
}

// sameRows compares conditions as they are written, but for white space and case of words outside quotes, which Lake
// Formation may change.
func sameRows(a, b string) bool { return plain(a) == plain(b) }

func plain(condition string) string {
	var out strings.Builder
	for i, part := range strings.Split(condition, "'") {
		if i%2 == 0 { // outside quotes
			part = strings.ToLower(strings.Join(strings.Fields(part), ""))
		}
		out.WriteString(part + "'")
	}
	return out.String()
}
