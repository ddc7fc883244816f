// Package scaffold writes the files of a new dataset from one of the files that its source will drop: contracts, a
// transform, a test, samples, a query and a view, which work as they are and are there to be edited.
package scaffold

import (
	"bytes"
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"dataplatform/contracts"
)

//go:embed templates
var templates embed.FS

// outputs are the files to write, by their templates. All are new.
var outputs = map[string]string{
	"raw.odcs.yaml.tmpl":       "contracts/raw/%s.odcs.yaml",
	"processed.odcs.yaml.tmpl": "contracts/processed/%s.odcs.yaml",
	"transform.py.tmpl":        "glue-scripts/dataplatform/transforms/processed/%s.py",
	"test.py.tmpl":             "glue-scripts/tests/test_%s.py",
	"expected.yaml.tmpl":       "contracts/samples/%s/expected.yaml",
	"query.sql.tmpl":           "analytics/sql/%s_by_day.sql",
	"view.sql.tmpl":            "analytics/sql/views/%s_daily.sql",
	mappingTemplate:            "contracts/mappings/%s.source.yaml",
}

// mappingTemplate is of the file that is there where a header has other names than the contract may have.
const mappingTemplate = "mapping.yaml.tmpl"

const (
	// A run refuses a file of which more than a tenth is bad, and one bad line is added.
	fewestLines = 10
	mostSamples = 50
)

// Dataset is what the templates are filled with.
type Dataset struct {
	Name       string
	Columns    []Column
	Time       Column // of the event
	Processed  int    // of the samples
	Duplicates int
	Wrong      int    // of the samples: values of another kind
	Missing    Column // the field that the bad sample lacks
	sample     [][]string
}

// Write writes the files of a dataset below root, from a CSV file, and returns their paths and what is to be decided.
func Write(root, name string, content []byte) (paths, decisions []string, err error) {
	dataset, err := read(name, content)
	if err != nil {
		return nil, nil, err
	}
	made := map[string][]byte{}
	all, err := template.New("").Funcs(template.FuncMap{"quote": quote, "python": python}).ParseFS(templates,
		"templates/*.tmpl")
	if err != nil {
		return nil, nil, err
	}
	for from, to := range outputs {
		if from == mappingTemplate && !dataset.mapped() {
			continue
		}
		var text bytes.Buffer
		if err := all.ExecuteTemplate(&text, from, dataset); err != nil {
			return nil, nil, err
		}
		made[fmt.Sprintf(to, name)] = text.Bytes()
	}
	made["contracts/samples/"+name+"/sample.csv"] = dataset.samples()
	paths, err = write(root, made)
	return paths, dataset.decisions(), err
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

func read(name string, content []byte) (*Dataset, error) {
	if !namePattern.MatchString(name) {
		return nil, fmt.Errorf("%q is no name of a dataset; allowed: small letters, digits and _", name)
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	header, _, _ := bytes.Cut(content, []byte("\n"))
	if separator := contracts.Separator(string(header)); separator != ',' {
		return nil, fmt.Errorf("the file is separated by %q; landing takes ','", separator)
	}
	reader := csv.NewReader(bytes.NewReader(content))
	rows, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("the file is no CSV as landing takes it: %w", err)
	}
	if len(rows) <= fewestLines {
		return nil, fmt.Errorf("the file has %d lines below its header; types are detected from %d or more",
			max(0, len(rows)-1), fewestLines)
	}
	dataset := &Dataset{Name: name, sample: rows[:min(len(rows), mostSamples+1)]}
	for at, header := range rows[0] {
		var values []string
		for _, row := range rows[1:] {
			values = append(values, strings.TrimSpace(row[at]))
		}
		column, err := columnOf(name, header, values)
		if err != nil {
			return nil, err
		}
		if other, ok := dataset.column(column.Name); ok {
			return nil, fmt.Errorf("the header has %q and %q, of which one name would be made, %s", other.Header, header,
				column.Name)
		}
		dataset.Columns = append(dataset.Columns, column)
	}
	for _, column := range dataset.Columns {
		if column.Kind.isTime() && column.Required && !column.Personal && dataset.Time.Name == "" {
			dataset.Time = column
		}
		if !column.Kind.isTime() && column.Required && dataset.Missing.Name == "" {
			dataset.Missing = column
		}
	}
	if dataset.Time.Name == "" {
		return nil, errors.New(
			"no column has a time in every line (2026-01-31T10:00:00Z, 31.01.2026 10:00 or such): a table is partitioned by when things happened",
		)
	}
	if dataset.Missing.Name == "" {
		dataset.Missing = dataset.Time
	}
	dataset.invent()
	dataset.count()
	return dataset, nil
}

func (d *Dataset) column(name string) (Column, bool) {
	at := slices.IndexFunc(d.Columns, func(c Column) bool { return c.Name == name })
	if at < 0 {
		return Column{}, false
	}
	return d.Columns[at], true
}

// mapped says whether the header has other names than the contract.
func (d *Dataset) mapped() bool {
	return slices.ContainsFunc(d.Columns, func(c Column) bool { return c.Header != c.Source })
}

// count says what has to come of the samples: equal lines are one row.
func (d *Dataset) count() {
	seen := map[string]bool{}
	kept := d.sample[:1]
	for _, row := range d.sample[1:] {
		for at := range row {
			row[at] = strings.TrimSpace(row[at])
		}
		if !d.fits(row) {
			// With the line that lacks a field at most a tenth.
			if 10*(d.Wrong+2) <= len(d.sample) {
				d.Wrong++
				kept = append(kept, row)
			}
			continue
		}
		kept = append(kept, row)
		key := strings.Join(row, "\x1f")
		if seen[key] {
			d.Duplicates++
		} else {
			d.Processed++
		}
		seen[key] = true
	}
	d.sample = kept
}

func (d *Dataset) fits(row []string) bool {
	for at, value := range row {
		if !d.Columns[at].takes(value) {
			return false
		}
	}
	return true
}

// samples are the first lines of the file, and one that lacks a field.
func (d *Dataset) samples() []byte {
	bad := slices.Clone(d.sample[1+slices.IndexFunc(d.sample[1:], d.fits)])
	bad[slices.Index(d.sample[0], d.Missing.Header)] = ""
	var out bytes.Buffer
	writer := csv.NewWriter(&out)
	_ = writer.WriteAll(append(slices.Clone(d.sample), bad)) // to memory
	return out.Bytes()
}

// HasNumbers says whether the transform reads any.
func (d *Dataset) HasNumbers() bool {
	return slices.ContainsFunc(d.Columns, Column.IsNumber)
}

// Sums are the columns that a query adds up: numbers that are nobody's, and no names.
func (d *Dataset) Sums() []Column {
	return slices.DeleteFunc(slices.Clone(d.Columns), func(c Column) bool {
		return c.Personal || c.Names() || !c.IsNumber()
	})
}

// Hashes is the classification of what is made of whole lines: of numbers that are few a hash hides none.
func (d *Dataset) Hashes() string {
	return Column{Personal: slices.ContainsFunc(d.Columns, func(c Column) bool { return c.Personal })}.Classification()
}
