package contracts

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	mappingsFolder = "mappings"
	mappingSuffix  = ".yaml"
)

// Mapping says how the columns of another source's files become those of a raw dataset. It is
// mappings/<dataset>.<source>.yaml.
type Mapping struct {
	Source string `yaml:"-" json:"source"`
	// Description says what the files are, and where the source documents their columns.
	Description string `yaml:"description" json:"-"`
	// Fields are the dataset's columns, by name. One that is not required may be left out; it is empty then.
	Fields map[string]MappedField `yaml:"fields" json:"fields"`
	// Order is the column that names the order that a line is of, OfOrder those that stand on the first line of an
	// order only and hold for its other lines, too.
	Order   string   `yaml:"order" json:"order,omitempty"`
	OfOrder []string `yaml:"ofOrder" json:"ofOrder,omitempty"`
	// Only are the values that a column has to have, such as the currency of the dataset: others are quarantined.
	Only map[string][]string `yaml:"only" json:"only,omitempty"`
	// Status is the column that says what became of the order, Sales its values for one that is sold. A line of any
	// other order is kept and counts for no revenue.
	Status string   `yaml:"status" json:"status,omitempty"`
	Sales  []string `yaml:"sales" json:"sales,omitempty"`
}

// MappedField is one column of the dataset.
type MappedField struct {
	// From are the source's columns; the first that is not empty counts.
	From []string `yaml:"from" json:"from"`
	// Format is how a time is written, in Spark's letters. Zone is the clock's that it is of, unless the format has an
	// offset.
	Format string `yaml:"format" json:"format,omitempty"`
	Zone   string `yaml:"zone" json:"zone,omitempty"`
	// Decimal is the decimal mark of a number that is written for people, a comma or a point; the other one groups its
	// digits.
	Decimal string `yaml:"decimal" json:"decimal,omitempty"`
	// As is AsAddress for a customer who is known by an e-mail address: processed has a key of it.
	As string `yaml:"as" json:"as,omitempty"`
}

// AsAddress is the only value of MappedField.As.
const AsAddress = "address"

// Columns are the source's columns that the mapping reads. A file is of the source when its header has all of them;
// others it may have.
func (m Mapping) Columns() []string {
	columns := slices.Clone(m.OfOrder)
	for _, field := range m.Fields {
		columns = append(columns, field.From...)
	}
	for column := range m.Only {
		columns = append(columns, column)
	}
	columns = append(columns, m.Order, m.Status)
	slices.Sort(columns)
	return slices.DeleteFunc(slices.Compact(columns), func(column string) bool { return column == "" })
}

// Matches says whether a file's header is of the source: it has each of its columns, once.
func (m Mapping) Matches(header []string) bool {
	for _, column := range m.Columns() {
		if at := slices.Index(header, column); at < 0 || slices.Contains(header[at+1:], column) {
			return false
		}
	}
	return true
}

// MappingOf is the source that a file with the header is of, if any. Of two sources it is the one of which more columns
// are read: a mapping with a column more stands beside the one without it, and each takes its files.
func (c *Contract) MappingOf(header []string) (found Mapping, ok bool) {
	for _, mapping := range c.Mappings {
		if mapping.Matches(header) && (!ok || len(mapping.Columns()) > len(found.Columns())) {
			found, ok = mapping, true
		}
	}
	return found, ok
}

// loadMappings reads the mappings of all datasets.
func (s *Set) loadMappings(fsys fs.FS) ([]error, error) {
	files, err := fs.Glob(fsys, mappingsFolder+"/*"+mappingSuffix)
	if err != nil {
		return nil, fmt.Errorf("contracts: %w", err)
	}
	slices.Sort(files)
	var errs []error
	for _, file := range files {
		content, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("contracts: %w", err)
		}
		p := &problems{file: "contracts/" + file}
		dataset, mapping := mappingNamed(file)
		if !p.read(content, &mapping, "a mapping starts with a description") {
			errs = append(errs, p.errs...)
			continue
		}
		if contract, ok := s.Get(LayerRaw + "." + dataset); !ok || contract.Source != SourceLanding ||
			contract.Format != FormatCSV {
			p.add("", "%q is no dataset that sources drop CSV files for", dataset)
		} else {
			mapping.validate(p, contract)
			contract.Mappings = append(contract.Mappings, mapping)
		}
		errs = append(errs, p.errs...)
	}
	return errs, nil
}

func mappingNamed(file string) (dataset string, mapping Mapping) {
	dataset, source, _ := strings.Cut(strings.TrimSuffix(path.Base(file), mappingSuffix), ".")
	return dataset, Mapping{Source: source}
}

// CheckMappings refuses mappings that do not read the files that came by them before. The folder of those that the main
// branch has is given.
func CheckMappings(set *Set, merged fs.FS) error {
	files, err := fs.Glob(merged, "*"+mappingSuffix)
	if err != nil {
		return fmt.Errorf("contracts: %w", err)
	}
	slices.Sort(files)
	var errs []error
	for _, file := range files {
		content, err := fs.ReadFile(merged, file)
		if err != nil {
			return fmt.Errorf("contracts: %w", err)
		}
		p := &problems{file: "contracts/" + mappingsFolder + "/" + file}
		dataset, before := mappingNamed(file)
		contract, ok := set.Get(LayerRaw + "." + dataset)
		// What a newer reader would refuse in an old file was right when it was merged.
		if !ok || !(&problems{}).read(content, &before, "") {
			continue
		}
		at := slices.IndexFunc(contract.Mappings, func(m Mapping) bool { return m.Source == before.Source })
		if at < 0 {
			p.add("", "is gone; it stays as long as raw has files that came by it")
		} else if more := slices.DeleteFunc(contract.Mappings[at].Columns(),
			func(column string) bool { return slices.Contains(before.Columns(), column) }); len(more) > 0 {
			p.add("fields", "%q: files that came by it do not have to have that; for another header a copy with another name "+
				"stands beside it (docs/how-to/change-a-contract.md)", more)
		}
		errs = append(errs, p.errs...)
	}
	return errors.Join(errs...)
}

// sourceName is also a folder beside those of the dataset's other files.
var sourceName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// FoldersOfForms are those of a dataset's files by form; no source can have their names.
var FoldersOfForms = []string{"json", "whole"}

func (m Mapping) validate(p *problems, contract *Contract) {
	if !sourceName.MatchString(m.Source) || slices.Contains(FoldersOfForms, m.Source) {
		p.add("", "the source's name is %q; allowed: small letters, digits and _, and not %s", m.Source,
			strings.Join(FoldersOfForms, " or "))
	}
	if m.Description == "" {
		p.add("description", "is missing")
	}
	for _, column := range contract.Columns {
		field, mapped := m.Fields[column.Name]
		if column.Required && !mapped {
			p.add("fields."+column.Name, "is missing; %s requires it", contract.ID)
		}
		if mapped {
			field.validate(p, "fields."+column.Name)
		}
	}
	for name := range m.Fields {
		if _, ok := contract.Column(name); !ok {
			p.add("fields."+name, "is no column of %s", contract.ID)
		}
	}
	if len(m.OfOrder) > 0 && m.Order == "" {
		p.add("order", "is missing; without it no line is of an order")
	}
	if (m.Status == "") != (len(m.Sales) == 0) {
		p.add("sales", "belongs to status: give both or neither")
	}
	if slices.Equal(m.Columns(), nil) || contract.hasHeader(m.Columns()) {
		p.add("fields", "are the columns of %s itself", contract.ID)
	}
}

func (f MappedField) validate(p *problems, at string) {
	if len(f.From) == 0 || slices.Contains(f.From, "") {
		p.add(at+".from", "is missing")
	}
	if f.Zone != "" {
		if _, err := time.LoadLocation(f.Zone); err != nil || f.Format == "" {
			p.add(at+".zone", "%q is no time zone's name, or stands without a format", f.Zone)
		}
	}
	// More or fewer letters read years of other lengths, which no contract has.
	if f.Format != "" &&
		(strings.Count(f.Format, "y") != 4 || !strings.Contains(f.Format, "yyyy") || strings.Contains(f.Format, "u")) {
		p.add(at+".format", "%q needs a year of four digits: yyyy", f.Format)
	}
	if f.Format != "" && (f.Zone == "") != strings.ContainsAny(f.Format, "XxZ") {
		p.add(at+".format", "%q needs an offset (XXX or Z) or a zone, not both", f.Format)
	}
	p.oneOf(at+".decimal", f.Decimal, "", ",", ".")
	p.oneOf(at+".as", f.As, "", AsAddress)
}

// hasHeader says whether the columns are all among the contract's own.
func (c *Contract) hasHeader(columns []string) bool {
	return !slices.ContainsFunc(columns, func(name string) bool { _, ok := c.Column(name); return !ok })
}
