package contracts

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// RuleKind says how a quality rule is evaluated.
type RuleKind string

// The rule kinds; the Glue jobs evaluate these and no others. A null satisfies every kind but not_null.
const (
	RuleNotNull    RuleKind = "not_null"   // the column has no null
	RuleUnique     RuleKind = "unique"     // no two rows agree in all the columns
	RuleMin        RuleKind = "min"        // every value is at least Limit
	RuleMax        RuleKind = "max"        // every value is at most Limit
	RuleEnum       RuleKind = "enum"       // every value is one of Values
	RulePattern    RuleKind = "pattern"    // every value matches Pattern, a whole-value regular expression
	RuleExpression RuleKind = "expression" // Expression, a SQL boolean over one row, is nowhere false
	RuleRowCount   RuleKind = "row_count"  // the table has as many rows as Bounds say
	RuleReference  RuleKind = "reference"  // every value is one that the column To of another dataset has
)

// Severities of a rule: an error stops the publication of the table, a warning is reported.
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
)

// QualityRule is one check of a table.
type QualityRule struct {
	Name        string   `json:"name"`
	Kind        RuleKind `json:"kind"`
	Columns     []string `json:"columns"`
	Severity    string   `json:"severity"`
	Description string   `json:"description,omitempty"`
	Limit       *float64 `json:"limit,omitempty"`
	Values      []string `json:"values,omitempty"`
	Pattern     string   `json:"pattern,omitempty"`
	Expression  string   `json:"expression,omitempty"`
	// Bounds are of how many rows break the rule, or of how many there are; nil where none may break it.
	Bounds *Bounds `json:"bounds,omitempty"`
	// Dataset and To are the contract and the column that a reference is to.
	Dataset string `json:"dataset,omitempty"`
	To      string `json:"to,omitempty"`

	implied bool // follows from the column's declaration
}

var (
	metrics    = []string{"nullValues", "duplicateValues", "invalidValues", "rowCount"}
	dimensions = []string{"accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness",
		"uniqueness"}
	// A query counts the rows that break the rule, so that the rule itself can be taken out of it.
	queryPattern = regexp.MustCompile(`(?s)^SELECT COUNT\(\*\) FROM \{object\} WHERE NOT \((.+)\)$`)
	namePattern  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

func (q quality) isEnum() bool {
	return !q.bounded() && q.Metric == "invalidValues" && len(q.Arguments.ValidValues) > 0
}

func enumOnly(rules []quality) bool {
	return !slices.ContainsFunc(rules, func(q quality) bool { return !q.isEnum() })
}

// fillQuality derives the rules that columns imply and reads the explicit ones.
func fillQuality(p *problems, table object, c *Contract) {
	explicit, related := map[string][]quality{}, map[string][]relationship{}
	for _, prop := range table.Properties {
		explicit[prop.Name], related[prop.Name] = prop.Quality, prop.Relationships
	}
	// Rows of an Iceberg table are merged on the primary key. Objects of the other formats are delivered at least once,
	// so a key may repeat there and readers keep one row an identity.
	if c.Format == FormatIceberg && len(c.primaryKey) > 0 {
		c.Quality = append(c.Quality, QualityRule{
			Name: "primary_key_unique", Kind: RuleUnique, Columns: c.PrimaryKey(), Severity: SeverityError,
			implied: true})
	}
	for _, column := range c.Columns {
		c.Quality = append(c.Quality, column.impliedRules()...)
		for i, rule := range explicit[column.Name] {
			at := fmt.Sprintf("schema[0].properties.%s.quality[%d]", column.Name, i)
			c.Quality = append(c.Quality, rule.derive(p, at, c, column.Name)...)
		}
		for i, to := range related[column.Name] {
			at := fmt.Sprintf("schema[0].properties.%s.relationships[%d]", column.Name, i)
			c.Quality = append(c.Quality, to.reference(p, at, c, column.Name)...)
		}
	}
	for _, column := range c.PathColumns {
		for i, rule := range explicit[column.Name] {
			rule.derive(p, fmt.Sprintf("schema[0].properties.%s.quality[%d]", column.Name, i), c, column.Name)
		}
	}
	for i, rule := range table.Quality {
		c.Quality = append(c.Quality, rule.derive(p, fmt.Sprintf("schema[0].quality[%d]", i), c, "")...)
	}
	seen := map[string]bool{}
	for _, rule := range c.Quality {
		if seen[rule.Name] {
			p.add("quality", "the name %s is given twice, or is that of a rule the column implies", rule.Name)
		}
		seen[rule.Name] = true
	}
}

// impliedRules are the checks that follow from a column's declaration.
func (c Column) impliedRules() []QualityRule {
	var rules []QualityRule
	rule := func(suffix string, r QualityRule) {
		r.implied = true
		r.Name, r.Columns, r.Severity = glueName(c.Name)+"_"+suffix, []string{c.Name}, SeverityError
		rules = append(rules, r)
	}
	if c.Required {
		rule("not_null", QualityRule{Kind: RuleNotNull})
	}
	if c.Unique {
		rule("unique", QualityRule{Kind: RuleUnique})
	}
	if c.Minimum != nil {
		rule("min", QualityRule{Kind: RuleMin, Limit: c.Minimum})
	}
	if c.Maximum != nil {
		rule("max", QualityRule{Kind: RuleMax, Limit: c.Maximum})
	}
	for _, end := range []struct {
		suffix, compare string
		time            *string
	}{{"min", ">=", c.Earliest}, {"max", "<=", c.Latest}} {
		if end.time != nil {
			rule(end.suffix, QualityRule{Kind: RuleExpression, Expression: fmt.Sprintf("%s %s %s '%s'", c.Name,
				end.compare, strings.ToUpper(c.Logical), *end.time)})
		}
	}
	if c.MinLength != nil {
		rule("min_length",
			QualityRule{Kind: RuleExpression, Expression: "length(" + c.Name + ") >= " + strconv.Itoa(*c.MinLength)})
	}
	if c.MaxLength != nil {
		rule("max_length",
			QualityRule{Kind: RuleExpression, Expression: "length(" + c.Name + ") <= " + strconv.Itoa(*c.MaxLength)})
	}
	// Last: a value of any length is matched no more once it is too long.
	if c.Pattern != "" {
		rule("pattern", QualityRule{Kind: RulePattern, Pattern: c.Pattern})
	}
	return rules
}

// derive checks an ODCS rule and turns it into the closed set. column is empty for rules of the table.
func (q quality) derive(p *problems, at string, c *Contract, column string) []QualityRule {
	before := len(p.errs)
	if !namePattern.MatchString(q.Name) {
		p.add(at+".name", "%q is not allowed; allowed: %s", q.Name, namePattern)
	}
	p.oneOf(at+".severity", q.Severity, SeverityError, SeverityWarning)
	if q.Dimension != "" {
		p.oneOf(at+".dimension", q.Dimension, dimensions...)
	}
	bounds := q.bounds(p, at)
	rule := QualityRule{Name: q.Name, Severity: q.Severity, Description: strings.TrimSpace(q.Description),
		Bounds: bounds}
	if column != "" {
		rule.Columns = []string{column}
	}
	switch q.Type {
	case "sql":
		q.sql(p, at, c, column, &rule)
	case "library", "":
		q.library(p, at, c, column, &rule)
	default:
		p.oneOf(at+".type", q.Type, "library", "sql")
	}
	if len(p.errs) > before {
		return nil
	}
	return []QualityRule{rule}
}

func (q quality) sql(p *problems, at string, c *Contract, column string, rule *QualityRule) {
	match := queryPattern.FindStringSubmatch(strings.TrimSpace(q.Query))
	if match == nil {
		p.add(at+".query",
			"is not allowed; allowed: SELECT COUNT(*) FROM {object} WHERE NOT (<SQL boolean over one row>)")
		return
	}
	rule.Kind, rule.Expression = RuleExpression, strings.TrimSpace(match[1])
	if strings.Contains(rule.Expression, "{property}") && column == "" {
		p.add(at+".query", "{property} is only for the rules of a column")
	}
	rule.Expression = strings.ReplaceAll(rule.Expression, "{property}", column)
	if rule.Columns == nil {
		rule.Columns = []string{}
	}
	for _, name := range unknownNames(rule.Expression, c) {
		p.add(at+".query", "%s is neither a column nor a known keyword", name)
	}
	for _, name := range unshared(rule.Expression) {
		p.add(at+".query", "%s is not in Spark, Trino and DuckDB alike; a rule may have AND, OR, NOT, IN, BETWEEN, LIKE, "+
			"CASE and %s", name, strings.Join(sharedFunctions, ", "))
	}
}

func (q quality) library(p *problems, at string, c *Contract, column string, rule *QualityRule) {
	if !p.oneOf(at+".metric", q.Metric, metrics...) {
		return
	}
	args := q.Arguments
	wantColumn := func(yes bool) {
		if yes != (column != "") {
			p.add(at,
				"%s with these arguments is not allowed here; allowed on a column: all but rowCount; on the table: rowCount, and duplicateValues with properties", q.Metric)
		}
	}
	switch {
	case q.Metric == "rowCount":
		wantColumn(false)
		rule.Kind, rule.Columns = RuleRowCount, []string{}
	case q.Metric == "nullValues":
		wantColumn(true)
		rule.Kind = RuleNotNull
	case q.Metric == "duplicateValues":
		wantColumn(len(args.Properties) == 0)
		rule.Kind = RuleUnique
		if len(args.Properties) > 0 {
			rule.Columns = slices.Clone(args.Properties)
		}
		for _, name := range args.Properties {
			if _, ok := c.Column(name); !ok {
				p.add(at+".arguments.properties", "%q is not a column", name)
			}
		}
	case len(args.ValidValues) > 0:
		wantColumn(true)
		rule.Kind, rule.Values = RuleEnum, slices.Clone(args.ValidValues)
		for i, value := range args.ValidValues {
			if slices.Contains(args.ValidValues[:i], value) || value == "" {
				p.add(at+".arguments.validValues", "%q is empty or given twice", value)
			}
		}
	case args.Pattern != "":
		wantColumn(true)
		rule.Kind, rule.Pattern = RulePattern, args.Pattern
		checkPattern(p, at+".arguments.pattern", args.Pattern)
	default:
		p.add(at+".arguments", "invalidValues needs validValues or pattern")
	}
}
