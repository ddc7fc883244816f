package contracts

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Bounds are of a number of rows, or of a share of them.
type Bounds struct {
	AtLeast *float64 `json:"atLeast,omitempty"`
	Above   *float64 `json:"above,omitempty"`
	AtMost  *float64 `json:"atMost,omitempty"`
	Below   *float64 `json:"below,omitempty"`
	// Percent says that they are of 100 rows, not of all.
	Percent bool `json:"percent,omitempty"`
}

// Units of bounds, as the standard has them.
const (
	unitRows    = "rows"
	unitPercent = "percent"
)

func (b *Bounds) String() string {
	if b == nil {
		return ""
	}
	var said []string
	for _, end := range []struct {
		sign  string
		value *float64
	}{{">=", b.AtLeast}, {">", b.Above}, {"<=", b.AtMost}, {"<", b.Below}} {
		if end.value != nil {
			said = append(said, end.sign+" "+strconv.FormatFloat(*end.value, 'g', -1, 64))
		}
	}
	text := strings.Join(said, " and ")
	if b.Percent {
		text += " percent"
	}
	return text
}

// bounded says whether a rule is about the rows of a table together: no single row breaks it.
func (q quality) bounded() bool {
	return q.Metric == "rowCount" || q.Unit == unitPercent || q.AtLeast != nil || q.Above != nil || q.AtMost != nil ||
		q.Below != nil
}

// bounds reads how many rows may break the rule, or how many there have to be.
func (q quality) bounds(p *problems, at string) *Bounds {
	if q.Unit != "" {
		p.oneOf(at+".unit", q.Unit, unitRows, unitPercent)
	}
	b := &Bounds{AtLeast: q.AtLeast, Above: q.Above, AtMost: q.AtMost, Below: q.Below, Percent: q.Unit == unitPercent}
	given := q.AtLeast != nil || q.Above != nil || q.AtMost != nil || q.Below != nil
	switch {
	case q.MustBe != nil && given:
		p.add(at+".mustBe", "stands beside another bound; give one of them, or two that are no equality")
	case q.Metric == "rowCount" && b.Percent:
		p.add(at+".unit", "is percent, and rowCount counts rows")
	case q.Metric == "rowCount" && q.MustBe != nil:
		b.AtLeast, b.AtMost = q.MustBe, q.MustBe
	case !given && (q.MustBe == nil || *q.MustBe != 0):
		p.add(at+".mustBe", "is required and 0, for a rule counts the rows that break it; or give mustBeLessThan, "+
			"mustBeLessOrEqualTo, mustBeGreaterThan or mustBeGreaterOrEqualTo, with unit percent for a share")
	case !q.bounded():
		return nil
	case q.MustBe != nil:
		b.AtMost = q.MustBe
	}
	for _, end := range []*float64{b.AtLeast, b.Above, b.AtMost, b.Below} {
		if end != nil && (*end < 0 || b.Percent && *end > 100) {
			p.add(at, "a bound is %v; allowed: 0 or more, and at most 100 percent", *end)
		}
	}
	return b
}

// target is a column of another contract, by the standard's reference from one file to another.
var target = regexp.MustCompile(`^([a-z0-9_./]+)\.odcs\.yaml#/schema/([a-z0-9_]+)/properties/([A-Za-z0-9_]+)$`)

// reference makes a rule of a column's relationship to one of another dataset.
func (r relationship) reference(p *problems, at string, c *Contract, column string) []QualityRule {
	before := len(p.errs)
	if r.Type != "" {
		p.oneOf(at+".type", r.Type, "foreignKey")
	}
	var severity string
	decodeCustom(p, at+".customProperties", r.CustomProperties, map[string]any{"severity": &severity})
	p.oneOf(at+".customProperties.severity", severity, SeverityError, SeverityWarning)
	match := target.FindStringSubmatch(r.To)
	if match == nil {
		p.add(at+".to", "%q is not allowed; allowed: such as ../processed/products.odcs.yaml#/schema/products/properties/product_id",
			r.To)
		return nil
	}
	file := path.Join(c.Layer, match[1])
	if match[2] != path.Base(file) {
		p.add(at+".to", "the schema of %s is called %s", file, path.Base(file))
	}
	if len(p.errs) > before {
		return nil
	}
	dataset := strings.ReplaceAll(file, "/", ".")
	return []QualityRule{{
		Name: glueName(column) + "_in_" + path.Base(file), Kind: RuleReference, Columns: []string{column},
		Severity: severity, Dataset: dataset, To: match[3],
		Description: fmt.Sprintf("%s is a %s of %s.", column, match[3], dataset),
	}}
}

// validateReferences checks that what a rule refers to is there, and is what the dataset's job can read.
func (s *Set) validateReferences(p *problems, c *Contract) {
	for _, rule := range c.Quality {
		if rule.Kind != RuleReference {
			continue
		}
		at := "schema[0].properties." + rule.Columns[0] + ".relationships"
		other, known := s.Get(rule.Dataset)
		if !known {
			p.add(at, "there is no %s; there are: %s", rule.Dataset, strings.Join(s.ids(), ", "))
			continue
		}
		if reason := s.unread(c, other); reason != "" {
			p.add(at, "%s", reason)
			continue
		}
		own, _ := c.Column(rule.Columns[0])
		if column, has := other.Column(rule.To); !has {
			p.add(at, "%s has no column %s", rule.Dataset, rule.To)
		} else if column.Physical != own.Physical {
			p.add(at, "%s.%s is %s, and %s is %s", rule.Dataset, rule.To, column.Physical, own.Name, own.Physical)
		}
		if rule.Severity == SeverityError && other != c && s.waits(other, c, map[string]bool{}) {
			p.add(at, "%s refers to this dataset, too, and an empty table has no partner: neither could be the first; "+
				"one of the two has to be a warning", rule.Dataset)
		}
	}
}

// unread says why the job that makes a dataset reads no rows of another one; empty when it can.
func (s *Set) unread(c, other *Contract) string {
	switch {
	case c.Layer == LayerRaw:
		return "raw has files as they came, and no job holds their rows against others'; it is for the processed dataset"
	case c.Layer == LayerFeatures || s.learnt(c):
		return "what models learn and say is made of the features alone, and its jobs read no other tables"
	case c.Format != FormatIceberg:
		return "a function makes the rows of " + c.ID + ", record by record, and reads no tables"
	case other == c:
		return ""
	case other.Layer != LayerProcessed:
		return fmt.Sprintf("%s is %s; jobs read other datasets' rows in processed, where they are first", other.ID, other.Layer)
	case other.Format != FormatIceberg:
		return fmt.Sprintf("%s is %s, and not a table that a job can read; Iceberg tables are", other.ID, other.Format)
	}
	return ""
}

// waits says whether no row of a dataset is published before the other has some: it refers to it, or to one that does.
func (s *Set) waits(c, on *Contract, seen map[string]bool) bool {
	if seen[c.ID] {
		return false
	}
	seen[c.ID] = true
	return slices.ContainsFunc(c.Quality, func(rule QualityRule) bool {
		if rule.Kind != RuleReference || rule.Severity != SeverityError {
			return false
		}
		other, known := s.Get(rule.Dataset)
		return known && (other == on || s.waits(other, on, seen))
	})
}

// referred are the other datasets that the rules of some refer to.
func (s *Set) referred(of ...*Contract) []*Contract {
	var found []*Contract
	for _, c := range of {
		for _, rule := range c.Quality {
			if other, known := s.Get(rule.Dataset); known && other != c {
				found = append(found, other)
			}
		}
	}
	return found
}
