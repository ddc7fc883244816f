package contracts

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ChangeKind classifies one difference between two versions of a contract.
type ChangeKind string

// The kinds of change. Which of them break readers depends on the layer; see breaks.
const (
	ColumnRemoved         ChangeKind = "column removed"
	ColumnAdded           ChangeKind = "optional column added"
	RequiredColumnAdded   ChangeKind = "required column added"
	TypeNarrowed          ChangeKind = "type narrowed"
	TypeWidened           ChangeKind = "type widened"
	TypeChanged           ChangeKind = "type changed"
	MadeRequired          ChangeKind = "made required"
	MadeOptional          ChangeKind = "made optional"
	EnumValueRemoved      ChangeKind = "enum value removed"
	EnumValueAdded        ChangeKind = "enum value added"
	ConstraintTightened   ChangeKind = "constraint tightened"
	ConstraintLoosened    ChangeKind = "constraint loosened"
	ClassificationRaised  ChangeKind = "classification raised"
	ClassificationLowered ChangeKind = "classification lowered"
	PrimaryKeyChanged     ChangeKind = "primary key changed"
	PartitionsChanged     ChangeKind = "partitions changed"
	PathChanged           ChangeKind = "path changed"
	FormatChanged         ChangeKind = "format changed"
	HeaderChanged         ChangeKind = "CSV header changed"
	OperationsChanged     ChangeKind = "operations changed"
)

// harmless lists the kinds that break no reader, by compatibility mode. Under BACKWARD the new contract accepts all
// data of the old one; under FULL the old one accepts the data of the new one as well, but for columns it does not
// know, which readers of columnar tables do not see. Lines of CSV are read by the names in the header that they came
// with, so the order of columns breaks none either. A raised classification takes the column away from readers, so it
// breaks them.
var harmless = map[string][]ChangeKind{
	"BACKWARD": {
		ColumnAdded, TypeWidened, MadeOptional, EnumValueAdded, ConstraintLoosened, ClassificationLowered,
		OperationsChanged, HeaderChanged,
	},
	"FULL": {ColumnAdded, ClassificationLowered, OperationsChanged},
}

// Change is one difference between two versions of a contract.
type Change struct {
	Path     string // the column, dotted inside objects; empty for the table
	Kind     ChangeKind
	Detail   string // from what to what
	Breaking bool   // breaks readers, so it needs a new major version
}

func (c Change) String() string {
	text := string(c.Kind)
	if c.Path != "" {
		text = c.Path + ": " + text
	}
	if c.Detail != "" {
		text += " (" + c.Detail + ")"
	}
	return text
}

// Compare lists what changed from old to new, in a fixed order: the table, then the columns as the old contract has
// them, then new ones. Which changes are breaking follows from the old contract's Compatibility, which is what its
// readers were promised. Descriptions and owners are not changes: nothing reads them by machine.
func Compare(old, new *Contract) []Change {
	d := &differ{harmless: harmless[old.Compatibility()]}
	if old.Format != new.Format {
		d.add("", FormatChanged, string(old.Format), string(new.Format))
	}
	// The folder of a header follows from the columns, and is no change beside theirs.
	if old.template("") != new.template("") && slices.Equal(old.Partitions, new.Partitions) {
		d.add("", PathChanged, old.template(""), new.template(""))
	}
	if !slices.Equal(old.primaryKey, new.primaryKey) {
		d.add("", PrimaryKeyChanged, strings.Join(old.primaryKey, ","), strings.Join(new.primaryKey, ","))
	}
	if !slices.Equal(old.Partitions, new.Partitions) {
		d.add("", PartitionsChanged, fmt.Sprint(old.Partitions), fmt.Sprint(new.Partitions))
	}
	if oldHeader, newHeader := names(old.Columns),
		names(new.Columns); new.Format == FormatCSV && !slices.Equal(oldHeader, newHeader) {
		d.add("", HeaderChanged, strings.Join(oldHeader, ","), strings.Join(newHeader, ","))
	}
	if changed := changedOperations(old, new); len(changed) > 0 {
		d.say("", OperationsChanged, strings.Join(changed, ", "))
	}
	d.columns("", old.allColumns(), new.allColumns())
	return d.changes
}

// operation is something that the platform does, and what the contract says of it.
type operation struct {
	name string
	says any
}

// operations is what the platform does with a table beyond its shape. Rules that follow from columns are compared with
// them.
func operations(c *Contract) []operation {
	var rules []string
	for _, rule := range c.Quality {
		if !rule.implied && rule.Kind != RuleEnum {
			rules = append(rules, fmt.Sprint(rule.Name, rule.Kind, rule.Columns, rule.Severity, rule.Values,
				rule.Pattern, rule.Expression, rule.Bounds.String(), rule.Dataset, rule.To))
		}
	}
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(c.Properties)),
		func(key string) bool { return strings.HasPrefix(key, boundsOf) })
	for i, key := range keys {
		keys[i] = key + "=" + c.Properties[key]
	}
	former, parameters := map[string][]string{}, map[string][]string{}
	for _, column := range c.Columns {
		if len(column.Formerly) > 0 {
			former[column.Name] = column.Formerly
		}
		if len(column.QueryParameters) > 0 {
			parameters[column.Name] = column.QueryParameters
		}
	}
	return []operation{
		{"SLA", c.SLA}, {"quality", rules}, {"source", c.Source}, {"upstream", c.Upstream}, {"sort order", c.SortBy},
		{"table properties", keys}, {"query parameters", parameters}, {"former names", former},
		{"earlier headers", c.headersUntil}, {"ended columns", c.Ended},
	}
}

// changedOperations are the names of those that differ.
func changedOperations(old, new *Contract) (changed []string) {
	before := operations(old)
	for i, after := range operations(new) {
		if fmt.Sprint(before[i].says) != fmt.Sprint(after.says) {
			changed = append(changed, after.name)
		}
	}
	return changed
}

type differ struct {
	harmless []ChangeKind
	changes  []Change
}

func (d *differ) add(path string, kind ChangeKind, from, to string) {
	detail := ""
	if from != "" || to != "" {
		detail = fmt.Sprintf("%s -> %s", orNone(from), orNone(to))
	}
	d.say(path, kind, detail)
}

func (d *differ) say(path string, kind ChangeKind, detail string) {
	d.changes = append(d.changes,
		Change{Path: path, Kind: kind, Detail: detail, Breaking: !slices.Contains(d.harmless, kind)})
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func names(columns []Column) []string {
	out := make([]string, 0, len(columns))
	for _, c := range columns {
		out = append(out, c.Name)
	}
	return out
}

func (d *differ) columns(prefix string, old, new []Column) {
	for _, before := range old {
		i := slices.IndexFunc(new, func(c Column) bool { return c.Name == before.Name })
		if i < 0 {
			detail := ""
			if at := slices.IndexFunc(new, before.isFormerly); at >= 0 {
				detail = "it is " + new[at].Name + " now"
			}
			d.say(join(prefix, before.Name), ColumnRemoved, detail)
			continue
		}
		d.column(join(prefix, before.Name), before, new[i])
	}
	for _, after := range new {
		if slices.ContainsFunc(old, func(c Column) bool { return c.Name == after.Name }) {
			continue
		}
		kind := ColumnAdded
		if after.Required {
			kind = RequiredColumnAdded
		}
		detail := ""
		if len(after.Formerly) > 0 {
			detail = "read from " + strings.Join(after.Formerly, ", ") + " where a file has that"
		}
		d.say(join(prefix, after.Name), kind, detail)
	}
}

func (d *differ) column(path string, old, new Column) {
	if old.Logical != new.Logical || old.Physical != new.Physical {
		d.add(path, typeChange(old, new), old.Logical+" "+old.Physical, new.Logical+" "+new.Physical)
	}
	switch {
	case !old.Required && new.Required:
		d.add(path, MadeRequired, "", "")
	case old.Required && !new.Required:
		d.add(path, MadeOptional, "", "")
	}
	before, after := slices.Index(classifications, old.Classification),
		slices.Index(classifications, new.Classification)
	switch {
	case after > before:
		d.add(path, ClassificationRaised, old.Classification, new.Classification)
	case after < before:
		d.add(path, ClassificationLowered, old.Classification, new.Classification)
	}
	d.enum(path, old, new)
	d.constraints(path, old, new)
	d.columns(path, old.Properties, new.Properties)
}

// enum compares listed values. Values the platform itself lists grow with it and are no change of the contract.
func (d *differ) enum(path string, old, new Column) {
	switch {
	case old.valuesFrom != "" && old.valuesFrom == new.valuesFrom:
		return
	case len(old.Enum) == 0 && len(new.Enum) > 0:
		d.add(path, ConstraintTightened, "any value", strings.Join(new.Enum, ","))
		return
	case len(old.Enum) > 0 && len(new.Enum) == 0:
		d.add(path, ConstraintLoosened, strings.Join(old.Enum, ","), "any value")
		return
	}
	for _, value := range old.Enum {
		if !slices.Contains(new.Enum, value) {
			d.add(path, EnumValueRemoved, value, "")
		}
	}
	for _, value := range new.Enum {
		if !slices.Contains(old.Enum, value) {
			d.add(path, EnumValueAdded, "", value)
		}
	}
}
