package contracts

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	columnPattern    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,127}$`)
	pathValuePattern = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	parameterPattern = regexp.MustCompile(`^[A-Za-z0-9_.~-]+$`)
	decimalPattern   = regexp.MustCompile(`^decimal\(([1-9]\d?),(0|[1-9]\d?)\)$`)
)

// physicalTypes are the Glue types that may hold a logical type.
var physicalTypes = map[string][]string{
	"string":    {"string"},
	"integer":   {"int", "bigint"},
	"number":    {"double", "decimal(p,s)"},
	"boolean":   {"boolean"},
	"date":      {"date"},
	"timestamp": {"timestamp"},
	"object":    {"string"}, // JSON text
}

var logicalTypes = []string{"string", "integer", "number", "boolean", "date", "timestamp", "object"}

// classifications from open to closed.
var classifications = []string{Public, Internal, Pseudonymous, PersonalData}

// The classifications, from open to closed.
const (
	Public   = "public"
	Internal = "internal"
	// Pseudonymous is what tells one person, or one browser, from others without naming it: ids, exact times, what
	// somebody looked at and typed.
	Pseudonymous = "pseudonymous"
	// PersonalData is what says something about a person who can be identified.
	PersonalData = "pii"
)

// transforms are the Iceberg partition transforms and the logical types each takes; identity takes any.
var transforms = map[string][]string{
	"identity": logicalTypes,
	"hour":     {"timestamp"},
	"day":      {"timestamp", "date"},
	"month":    {"timestamp", "date"},
}

type positioned struct {
	position int
	name     string
	path     string
}

// fillColumns reads the table's columns, its primary key and its partition spec.
func fillColumns(p *problems, properties []property, c *Contract) {
	var keys, partitions []positioned
	transformOf := map[string]string{}
	for i, prop := range properties {
		at := fmt.Sprintf("schema[0].properties[%d]", i)
		if prop.Name != "" {
			at = "schema[0].properties." + prop.Name
		}
		column, transform := prop.column(p, at, c, true)
		if prop.PrimaryKey {
			keys = append(keys, positioned{prop.PrimaryKeyPosition, prop.Name, at + ".primaryKeyPosition"})
			if !prop.Required {
				p.add(at, "is in the primary key but not required")
			}
		} else if prop.PrimaryKeyPosition != 0 {
			p.add(at, "has a primaryKeyPosition but primaryKey is not true")
		}
		if prop.Partitioned {
			partitions = append(partitions,
				positioned{prop.PartitionKeyPosition, prop.Name, at + ".partitionKeyPosition"})
		} else if prop.PartitionKeyPosition != 0 || transform != "" {
			p.add(at, "has a partitionKeyPosition or transform but partitioned is not true")
		}
		if prop.Partitioned && c.Format.Projected() {
			checkPathColumn(p, at, prop, transform, &column)
			c.PathColumns = append(c.PathColumns, column)
			continue
		}
		if prop.Partitioned {
			allowed, known := transforms[transform]
			if !known {
				p.oneOf(at+".customProperties.transform", transform, "identity", "hour", "day", "month")
			} else if slices.Contains(logicalTypes, column.Logical) && !slices.Contains(allowed, column.Logical) {
				p.add(at+".customProperties.transform", "%s is not for columns of logicalType %s; it is for: %s",
					transform, column.Logical, strings.Join(allowed, ", "))
			}
			transformOf[prop.Name] = transform
		}
		c.Columns = append(c.Columns, column)
	}
	c.primaryKey = inOrder(p, "primaryKeyPosition", keys)
	// A landed file's line is identified by the file's digest and its number, which are not columns.
	if len(keys) == 0 && c.Source != SourceLanding && c.Source != SourceBeside {
		p.add("schema[0].properties", "no column is primaryKey; every row needs an identity")
	}
	for _, name := range inOrder(p, "partitionKeyPosition", partitions) {
		transform := transformOf[name]
		if transform == "" {
			transform = "identity"
		}
		c.Partitions = append(c.Partitions, Partition{Column: name, Transform: transform})
	}
	slices.SortStableFunc(c.PathColumns,
		func(a, b Column) int { return c.partitionIndex(a.Name) - c.partitionIndex(b.Name) })
	// A curated table may have none: it is then recomputed by its key, see validateKeyed. Neither need a few objects of
	// features.
	if len(partitions) == 0 && c.Layer != LayerCurated && (c.Layer != LayerFeatures || c.Format == FormatIceberg) {
		p.add("schema[0].properties", "no column is partitioned")
	}
}

func (c *Contract) partitionIndex(column string) int {
	return slices.IndexFunc(c.Partitions, func(part Partition) bool { return part.Column == column })
}

// inOrder returns the names by position and checks that positions are 1, 2, 3, …
func inOrder(p *problems, key string, items []positioned) []string {
	slices.SortStableFunc(items, func(a, b positioned) int { return a.position - b.position })
	var names []string
	for i, item := range items {
		if item.position != i+1 {
			p.add(item.path, "is %d; allowed: each of 1 to %d once", item.position, len(items))
		}
		names = append(names, item.name)
	}
	return names
}

// column reads one property. Only top-level ones are table columns with keys, partitions and the platform's properties.
func (prop property) column(p *problems, at string, c *Contract, top bool) (Column, string) {
	if !columnPattern.MatchString(prop.Name) {
		p.add(at+".name", "%q is not allowed; allowed: %s", prop.Name, columnPattern)
	}
	p.needed(at+".description", prop.Description)
	p.oneOf(at+".classification", prop.Classification, classifications...)
	column := Column{
		Name: prop.Name, Logical: prop.LogicalType, Physical: prop.PhysicalType,
		Description: strings.TrimSpace(prop.Description), Classification: prop.Classification,
		Required: prop.Required, Unique: prop.Unique,
	}
	if p.oneOf(at+".logicalType", prop.LogicalType, logicalTypes...) {
		inPath := top && prop.Partitioned && c.Format.Projected()
		prop.checkPhysical(p, at, top && c.Format.text() || inPath)
	}
	prop.options(p, at, &column)
	var transform string
	if top {
		decodeCustom(p, at+".customProperties", prop.CustomProperties,
			map[string]any{"transform": &transform, "valuesFrom": &column.valuesFrom, "formerly": &column.Formerly,
				"queryParameters": &column.QueryParameters})
		checkParameters(p, at+".customProperties.queryParameters", c, column)
		if len(column.Formerly) > 0 && (c.Source != SourceLanding || c.Format != FormatCSV || prop.Partitioned) {
			p.add(at+".customProperties.formerly", "is for the columns of CSV files that sources drop")
		}
		if column.valuesFrom != "" {
			p.oneOf(at+".customProperties.valuesFrom", column.valuesFrom, valuesDatasets, valuesReasons)
		}
	} else if len(prop.CustomProperties) > 0 || prop.PrimaryKey || prop.Partitioned ||
		len(prop.Relationships) > 0 || len(prop.Quality) > 0 && !enumOnly(prop.Quality) {
		p.add(at,
			"is inside an object: customProperties, primaryKey, partitioned, relationships and quality other than validValues are for columns")
	}
	prop.nested(p, at, c, &column)
	return column, transform
}

// checkParameters wants names that no encoding writes in another way, where a function reads addresses.
func checkParameters(p *problems, at string, c *Contract, column Column) {
	if len(column.QueryParameters) > 0 && (c.Layer != LayerProcessed || c.Format != FormatParquet ||
		column.Logical != "string") {
		p.add(at, "is for the addresses of events")
	}
	for _, name := range column.QueryParameters {
		if !parameterPattern.MatchString(name) {
			p.add(at, "%q is not allowed; allowed: %s", name, parameterPattern)
		}
	}
}

// nested reads the fields of JSON text.
func (prop property) nested(p *problems, at string, c *Contract, column *Column) {
	if (prop.LogicalType == "object") != (len(prop.Properties) > 0) {
		p.add(at+".properties", "an object has properties, and only an object")
	}
	names := map[string]bool{}
	for _, inner := range prop.Properties {
		path := at + ".properties." + inner.Name
		field, _ := inner.column(p, path, c, false)
		if names[field.Name] {
			p.add(path, "is given twice")
		}
		names[field.Name] = true
		if slices.Index(classifications, field.Classification) > slices.Index(classifications, prop.Classification) {
			p.add(at+".classification", "is %q but its field %s is %q", prop.Classification, field.Name,
				field.Classification)
		}
		column.Properties = append(column.Properties, field)
	}
}

// checkPhysical checks that the physical type can hold the logical one. In text formats and in paths everything may be
// a string.
func (prop property) checkPhysical(p *problems, at string, stringAllowed bool) {
	if stringAllowed && prop.PhysicalType == "string" ||
		slices.Contains(physicalTypes[prop.LogicalType], prop.PhysicalType) {
		return
	}
	if precision, scale, ok := decimal(prop.PhysicalType); ok && prop.LogicalType == "number" {
		if precision > 38 || scale > precision {
			p.add(at+".physicalType",
				"%q is not allowed; allowed: precision up to 38, scale up to the precision", prop.PhysicalType)
		}
		return
	}
	allowed := slices.Clone(physicalTypes[prop.LogicalType])
	if stringAllowed && !slices.Contains(allowed, "string") {
		allowed = append(allowed, "string")
	}
	p.add(at+".physicalType", "%q is not allowed for logicalType %s; allowed: %s", prop.PhysicalType, prop.LogicalType,
		strings.Join(allowed, ", "))
}

// options reads logicalTypeOptions and the enumeration, which ODCS 3.1 writes as a quality rule on validValues.
func (prop property) options(p *problems, at string, column *Column) {
	o := prop.LogicalTypeOptions
	at += ".logicalTypeOptions"
	isString := prop.LogicalType == "string"
	if !isString && (o.MinLength != nil || o.MaxLength != nil || o.Pattern != "") {
		p.add(at, "minLength, maxLength and pattern are for strings")
	}
	for _, limit := range []*int{o.MinLength, o.MaxLength} {
		if limit != nil && *limit < 0 {
			p.add(at, "a length is %d; allowed: 0 or more", *limit)
		}
	}
	if o.MinLength != nil && o.MaxLength != nil && *o.MinLength > *o.MaxLength {
		p.add(at, "minLength %d is above maxLength %d", *o.MinLength, *o.MaxLength)
	}
	column.MinLength, column.MaxLength = o.MinLength, o.MaxLength
	column.Pattern = o.Pattern
	checkPattern(p, at+".pattern", o.Pattern)
	switch minimum, maximum := scalar(o.Minimum), scalar(o.Maximum); {
	case prop.LogicalType == "integer" || prop.LogicalType == "number":
		column.Minimum = number(p, at+".minimum", prop.LogicalType, minimum)
		column.Maximum = number(p, at+".maximum", prop.LogicalType, maximum)
		if column.Minimum != nil && column.Maximum != nil && *column.Minimum > *column.Maximum {
			p.add(at, "minimum %s is above maximum %s", minimum, maximum)
		}
	case prop.LogicalType == "date" && prop.Partitioned:
		column.firstDate = minimum
		if _, err := time.Parse(time.DateOnly, minimum); minimum != "" && err != nil {
			p.add(at+".minimum", "%q is not a date; allowed: such as 2026-01-01", minimum)
		}
		if maximum != "" {
			p.add(at+".maximum", "is not for a partition's date: it ends with tomorrow")
		}
	case prop.LogicalType == "date" || prop.LogicalType == "timestamp":
		column.Earliest = instant(p, at+".minimum", prop.LogicalType, minimum)
		column.Latest = instant(p, at+".maximum", prop.LogicalType, maximum)
		if column.Earliest != nil && column.Latest != nil && *column.Earliest > *column.Latest {
			p.add(at, "minimum %s is after maximum %s", minimum, maximum)
		}
	case minimum != "" || maximum != "":
		p.add(at, "minimum and maximum are for integers, numbers, dates and timestamps")
	}
	for i, rule := range prop.Quality {
		if rule.isEnum() {
			if !isString {
				p.add(fmt.Sprintf("%s.quality[%d]", strings.TrimSuffix(at, ".logicalTypeOptions"), i),
					"validValues are for strings")
			}
			if rule.Severity == SeverityError { // a warning's values are watched, not closed
				column.Enum = slices.Clone(rule.Arguments.ValidValues)
			}
		}
	}
}

// maxNumber is the highest integer up to which every integer is a float64.
const maxNumber = 1 << 53

func number(p *problems, at, logical, value string) *float64 {
	if value == "" {
		return nil
	}
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > maxNumber {
		p.add(at, "%q is not a number; allowed: up to 2^53, which is exact everywhere", value)
		return nil
	}
	if logical == "integer" && f != math.Trunc(f) {
		p.add(at, "%q is not an integer", value)
	}
	return &f
}

// timeForms are how the ends of a range of times are written: of one length, so that they sort as times do.
var timeForms = map[string]string{"date": time.DateOnly, "timestamp": "2006-01-02T15:04:05Z"}

func instant(p *problems, at, logical, value string) *string {
	if value == "" {
		return nil
	}
	if _, err := time.Parse(timeForms[logical], value); err != nil {
		p.add(at, "%q is not allowed; allowed: such as %s", value, timeForms[logical])
		return nil
	}
	return &value
}

// checkPattern wants an anchored expression: JSON Schema searches, others match the whole value, and only anchors make
// them agree.
func checkPattern(p *problems, at, pattern string) {
	if pattern == "" {
		return
	}
	if _, err := regexp.Compile(pattern); err != nil {
		p.add(at, "%q is not a regular expression: %v", pattern, err)
	} else if !strings.HasPrefix(pattern, "^") || !strings.HasSuffix(pattern, "$") {
		p.add(at, "%q is not anchored; allowed: ^…$", pattern)
	} else if why := backtracks(pattern); why != "" {
		p.add(at, "%q takes longer than a value is long: %s", pattern, why)
	}
}

// checkPathColumn checks that a projected table's partition column has values that can be computed.
func checkPathColumn(p *problems, at string, prop property, transform string, column *Column) {
	if transform != "" {
		p.add(at+".customProperties.transform", "is only for format iceberg")
	}
	if column.Physical != "string" {
		p.add(at+".physicalType",
			"%q is not allowed; allowed: string, because the value is part of the path", column.Physical)
	}
	if !column.Required {
		p.add(at, "is part of the path but not required")
	}
	if slices.ContainsFunc(column.Enum, func(value string) bool { return !pathValuePattern.MatchString(value) }) {
		p.add(at+".quality", "validValues are not allowed in a path; allowed: each %s", pathValuePattern)
	}
	switch {
	case column.Logical == "date":
	case column.Logical == "integer" && column.Minimum != nil && column.Maximum != nil && *column.Minimum >= 0:
	case column.Logical == "string" && (len(column.Enum) > 0 || column.valuesFrom != ""):
	default:
		p.add(at,
			"cannot be projected; allowed: a date, an integer with minimum and maximum, or a string with validValues or valuesFrom")
	}
}
