package sql

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"dataplatform/contracts"
)

//go:embed views/*.sql
var viewFiles embed.FS

// View is a query that is saved under a name and read as a table.
//
// A file views/<name>.sql is written as other queries are, with each column on a line of its own as CAST(… AS type) AS
// name: the catalog keeps the types, and a view whose query gives others is refused by Athena as stale.
type View struct {
	Query
	// Shape are its columns in order.
	Shape []ViewColumn
}

// ViewColumn is one column of a view.
type ViewColumn struct {
	Name string
	// Type is Athena's, GlueType the catalog's for the same values.
	Type, GlueType string
}

var (
	castColumn  = regexp.MustCompile(`^  CAST\(.+ AS ([a-z]+(?:\(\d+(?:,\d+)?\))?)\) AS ([a-z][a-z0-9_]*)$`)
	decimalType = regexp.MustCompile(`^decimal\(\d+,\d+\)$`)
	glueTypes   = map[string]string{
		"bigint": "bigint", "integer": "int", "double": "double", "boolean": "boolean", "varchar": "string",
		"date": "date", "timestamp(3)": "timestamp",
	}
)

// Views returns the views by name.
func Views() ([]View, error) {
	entries, err := viewFiles.ReadDir("views")
	if err != nil {
		return nil, err
	}
	var views []View
	for _, entry := range entries {
		text, err := viewFiles.ReadFile("views/" + entry.Name())
		if err != nil {
			return nil, err
		}
		view, err := parseView(strings.TrimSuffix(entry.Name(), ".sql"), string(text))
		if err != nil {
			return nil, fmt.Errorf("sql/views/%s: %w", entry.Name(), err)
		}
		views = append(views, view)
	}
	return views, nil
}

func parseView(name, text string) (View, error) {
	query, err := parse(name, text)
	if err != nil {
		return View{}, err
	}
	view := View{Query: query}
	lines := strings.Split(query.Text, "\n")
	from := 1
	for ; from < len(lines) && !strings.HasPrefix(lines[from], "FROM "); from++ {
		column, err := parseColumn(strings.TrimSuffix(lines[from], ","))
		if err != nil {
			return View{}, err
		}
		view.Shape = append(view.Shape, column)
	}
	switch {
	case lines[0] != "SELECT" || from == len(lines) || len(view.Shape) == 0:
		return View{}, errors.New("want SELECT, a column on each line, and FROM at the start of one")
	case view.Layer() == "":
		return View{}, errors.New("reads tables of several layers; a view is in the layer of what it reads")
	}
	return view, nil
}

func parseColumn(line string) (ViewColumn, error) {
	match := castColumn.FindStringSubmatch(line)
	if match == nil {
		return ViewColumn{}, fmt.Errorf("%q: want CAST(… AS type) AS name, indented by two spaces", line)
	}
	column := ViewColumn{Name: match[2], Type: match[1], GlueType: glueTypes[match[1]]}
	if decimalType.MatchString(column.Type) {
		column.GlueType = column.Type
	}
	if column.GlueType == "" {
		return ViewColumn{}, fmt.Errorf("%s: %s is not a type that views have", column.Name, column.Type)
	}
	return column, nil
}

// Layer of what the view reads, and thus its own; "" when that is of several.
func (v View) Layer() string {
	layer := ""
	for _, id := range v.Tables() {
		of, _, _ := strings.Cut(id, ".")
		if cmp.Or(layer, of) != of {
			return ""
		}
		layer = of
	}
	return layer
}

// Classification is the strictest of the columns that the view reads.
func (v View) Classification(set *contracts.Set) string {
	var read []string
	for _, id := range v.Tables() {
		if contract, known := set.Get(id); known {
			tags := contract.ColumnTags()
			for _, column := range v.Columns(contract) {
				read = append(read, tags[column])
			}
		}
	}
	return contracts.Strictest(read)
}
