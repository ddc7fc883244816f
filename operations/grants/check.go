package grants

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"dataplatform/contracts"
	"dataplatform/governance"
)

// Report is what was expected, what was found, and where the two are not the same.
type Report struct {
	Got         []governance.Cell // in the order of the expectations
	Differences []governance.Difference
	Open        []string // databases open to whoever IAM lets
	// Columns asks for a line a column.
	Columns bool
}

// Check holds what Lake Formation says against what the principals, by name, should see.
func Check(set *contracts.Set, principals map[string]governance.Principal, state State) Report {
	report := Report{Open: state.Open}
	arns := map[string]string{governance.AnyIAM: governance.AnyIAM}
	var ordered []governance.Principal
	for _, name := range slices.Sorted(maps.Keys(principals)) {
		principal := principals[name]
		principal.Name = name
		arns[name] = principal.ARN
		ordered = append(ordered, principal)
	}
	access := map[[2]string]governance.Access{}
	report.Differences = governance.Compare(governance.Expect(set, ordered),
		func(want governance.Cell) governance.Cell {
			key := [2]string{want.Principal, want.Table}
			if _, known := access[key]; !known {
				access[key] = governance.Effective(state.Tables[want.Table], arns[want.Principal], state.Grants)
			}
			got := access[key].Cell(want)
			report.Got = append(report.Got, got)
			return got
		})
	return report
}

// Print writes a line a principal and table, or one a column, and then everything that is not as expected.
func (r Report) Print(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if r.Columns {
		fmt.Fprintln(table, "PRINCIPAL\tTABLE\tCOLUMN\tACCESS")
		for _, cell := range r.Got {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", cell.Principal, cell.Table, cell.Column, cell)
		}
	} else {
		fmt.Fprintln(table, "PRINCIPAL\tTABLE\tREADS\tNOT\tROWS\tWRITES")
		for _, line := range r.summary() {
			fmt.Fprintf(table, "%s\t%s\t%d of %d\t%s\t%s\t%s\n", line.principal, line.table, line.allowed,
				line.allowed+len(line.denied), line.not(), line.rows, line.writes)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	problems := r.Problems()
	for _, problem := range problems {
		fmt.Fprintln(out, "DIFFERENCE", problem)
	}
	_, err := fmt.Fprintf(out, "%d expectations, %d differences\n", len(r.Got), len(problems))
	return err
}

// columnLine is what one principal has on one column, in words.
type columnLine struct {
	Principal string `json:"principal"`
	Table     string `json:"table"`
	Column    string `json:"column"`
	Access    string `json:"access"`
}

// tableLine is what one principal has on one table: how many of its columns it reads, of how many, and which it does
// not.
type tableLine struct {
	Principal string   `json:"principal"`
	Table     string   `json:"table"`
	Reads     int      `json:"reads"`
	Of        int      `json:"of"`
	Not       []string `json:"not"`
	Rows      string   `json:"rows"`
	Writes    bool     `json:"writes"`
}

// MarshalJSON has the lines and differences that Print has.
func (r Report) MarshalJSON() ([]byte, error) {
	lines := []any{}
	if r.Columns {
		for _, cell := range r.Got {
			lines = append(lines, columnLine{cell.Principal, cell.Table, cell.Column, fmt.Sprint(cell)})
		}
	} else {
		for _, l := range r.summary() {
			not := append([]string{}, l.denied...)
			lines = append(lines,
				tableLine{l.principal, l.table, l.allowed, l.allowed + len(l.denied), not, l.rows, l.writes == "yes"})
		}
	}
	return json.Marshal(map[string]any{
		"grants": lines, "expectations": len(r.Got), "differences": append([]string{}, r.Problems()...),
	})
}

// PrincipalReport is what one principal sees and changes in all.
type PrincipalReport struct {
	Principal string `json:"principal"`
	Tables    int    `json:"tables"` // of which it reads a column
	Of        int    `json:"of"`     // tables
	Hidden    int    `json:"hidden"` // columns of the tables it reads
	Rows      string `json:"rows"`   // "all", or the filters of the tables that have one
	Writes    int    `json:"writes"` // tables
}

// Principals are the reports in order of principals, a line each.
func (r Report) Principals() []PrincipalReport {
	var principals []PrincipalReport
	for _, line := range r.summary() {
		if n := len(principals); n == 0 || principals[n-1].Principal != line.principal {
			principals = append(principals, PrincipalReport{Principal: line.principal, Rows: "-"})
		}
		principal := &principals[len(principals)-1]
		principal.Of++
		if line.writes == "yes" {
			principal.Writes++
		}
		if line.allowed == 0 {
			continue
		}
		principal.Tables++
		principal.Hidden += len(line.denied)
		if principal.Rows == "-" || line.rows != "all" {
			principal.Rows = line.rows
		}
	}
	return principals
}

// Problems are what is not as it should be, in words.
func (r Report) Problems() []string {
	var all []string
	for _, difference := range r.Differences {
		all = append(all, fmt.Sprint(difference))
	}
	for _, database := range r.Open {
		all = append(all, fmt.Sprintf("%s: the database %s is open to whoever IAM lets", governance.AnyIAM, database))
	}
	return all
}

// line is what one principal has on one table.
type line struct {
	principal, table string
	allowed          int
	denied           []string
	rows, writes     string
}

// not names the columns that are denied where some are allowed.
func (l line) not() string {
	if l.allowed == 0 {
		return "everything"
	}
	return cmp.Or(strings.Join(l.denied, ", "), "-")
}

func (r Report) summary() []line {
	var lines []line
	for _, cell := range r.Got {
		if n := len(lines); n == 0 || lines[n-1].principal != cell.Principal || lines[n-1].table != cell.Table {
			lines = append(lines, line{principal: cell.Principal, table: cell.Table, rows: "-", writes: "no"})
		}
		last := &lines[len(lines)-1]
		switch {
		case cell.Column == governance.Writing:
			if cell.Allowed {
				last.writes = "yes"
			}
		case cell.Allowed:
			last.allowed++
			last.rows = cmp.Or(cell.Rows, "all")
		default:
			last.denied = append(last.denied, cell.Column)
		}
	}
	return lines
}
