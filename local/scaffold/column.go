package scaffold

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"dataplatform/contracts"
)

// Kind is what a column's values are.
type Kind string

const (
	text      Kind = "string"
	integer   Kind = "integer"
	number    Kind = "number"
	offset    Kind = "time with an offset"
	localTime Kind = "time of a clock"
	day       Kind = "day"
	written   Kind = "time in another form"
)

func (k Kind) isTime() bool { return k == offset || k == localTime || k == day || k == written }

// kinds are detected from the values, the strictest first: a tenth of them may be bad, as of a file that a run takes.
var kinds = []struct {
	kind    Kind
	pattern *regexp.Regexp
}{
	// A number that begins with a zero is a code.
	{integer, regexp.MustCompile(`^[+-]?(0|[1-9][0-9]{0,8})$`)},
	{number, regexp.MustCompile(`^[+-]?(0|[1-9][0-9]{0,13})(\.[0-9]{1,4})?$`)},
	{offset, regexp.MustCompile(
		`^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})? ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$`,
	)},
	{localTime, regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?$`)},
	{day, regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)},
}

// Column is one column of the source, and of the table.
type Column struct {
	Header   string // as the file has it
	Source   string // in raw: the same, where a contract may have it
	Name     string // in processed
	Kind     Kind
	Required bool // every line has a value
	Personal bool // by its name, or an address in it
	Example  string
	Longest  int // room for longer values than the file has
	// Format is how a time in another form is written, in Spark's letters.
	Format  string
	given   []string // the values of the file that there are
	blank   int      // lines without one
	pattern *regexp.Regexp
	// invented are values in the place of the personal ones that samples have, and forms how many are of a form.
	invented map[string]string
	forms    map[string]int
}

// Logical and Physical are its types in the processed contract.
func (c Column) Logical() string {
	switch {
	case c.Kind.isTime():
		return "timestamp"
	default:
		return string(c.Kind)
	}
}

func (c Column) Physical() string {
	return map[string]string{
		"string": "string", "integer": "bigint", "number": "decimal(18,4)", "timestamp": "timestamp",
	}[c.Logical()]
}

// SumType is Athena's type of the column's sum.
func (c Column) SumType() string {
	if c.Kind == integer {
		return "bigint"
	}
	return "decimal(38,4)"
}

// Classification is for an editor to judge: names tell some personal data.
func (c Column) Classification() string {
	if c.Personal {
		return "pii"
	}
	return "internal"
}

// Read is the expression that reads the field, in Python.
func (c Column) Read() string {
	switch c.Kind {
	case integer:
		return fmt.Sprintf(`_typed(%q, WHOLE, "bigint")`, c.Source)
	case number:
		return fmt.Sprintf(`_typed(%q, AMOUNT, "decimal(18,4)")`, c.Source)
	case offset:
		return fmt.Sprintf("times.read(%q)", c.Source)
	case localTime:
		return fmt.Sprintf("times.read_local(%q, \"UTC\")", c.Source)
	case day:
		return fmt.Sprintf("times.read_date(%q).cast(\"timestamp\")", c.Source)
	case written:
		return fmt.Sprintf("times.written(F.col(%q), %s, \"UTC\")", c.Source, python(c.Format))
	}
	return fmt.Sprintf("F.when(F.col(%q) != \"\", F.col(%q))", c.Source, c.Source)
}

var (
	sourcePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,127}$`)
	otherSigns    = regexp.MustCompile(`[^A-Za-z0-9_]+`)
	wordBegins    = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	personal      = regexp.MustCompile(
		`(?i)mail|phone|customer|user|first_?name|last_?name|surname|birth|address|^ip$|iban`,
	)
	address = regexp.MustCompile(`[^@\s]+@[^@\s]+[.][^@\s]+`)
	names   = regexp.MustCompile(`(no|nr|id|number|code|key|invoice|order|receipt|ticket|ean|isbn|year)$`)
)

// Names says whether the values tell things apart, numbers too: nobody adds them up.
func (c Column) Names() bool { return names.MatchString(c.Name) }

// IsNumber says whether the values are numbers.
func (c Column) IsNumber() bool { return c.Kind == integer || c.Kind == number }

// sourceOf is a name for a column of a dataset's files that a contract may have: words with _ between them, and the
// dataset's name before it where the platform has a column of that name.
func sourceOf(dataset, header string) (string, error) {
	source := header
	if !sourcePattern.MatchString(header) {
		source = strings.Trim(otherSigns.ReplaceAllString(header, "_"), "_")
	}
	if contracts.IsPlatformColumn(source) {
		source = dataset + "_" + source
	}
	if !sourcePattern.MatchString(source) {
		return "", fmt.Errorf("the header has %q; a name has letters of A to Z, digits and _, and begins with a letter. "+
			"A mapping (contracts/mappings) gives a source's column another name", header)
	}
	return source, nil
}

func columnOf(dataset, header string, values []string) (Column, error) {
	source, err := sourceOf(dataset, header)
	if err != nil {
		return Column{}, err
	}
	column := Column{
		Header: header, Source: source, Name: strings.ToLower(wordBegins.ReplaceAllString(source, "${1}_$2")),
		Kind: text, Required: true, Personal: personal.MatchString(header), Longest: 64,
	}
	for _, value := range values {
		if value == "" {
			column.Required = false
			column.blank++
			continue
		}
		column.given = append(column.given, value)
		column.Personal = column.Personal || address.MatchString(value)
		for column.Longest < 2*len(value) {
			column.Longest *= 4
		}
	}
	if len(column.given) > 0 {
		column.detect()
	}
	return column, nil
}

// detect finds the kind of the values.
func (c *Column) detect() {
	c.Example = c.given[0]
	for _, one := range kinds {
		if c.mostly(one.pattern) {
			c.Kind, c.pattern = one.kind, one.pattern
			break
		}
	}
	if c.Kind == text {
		for _, one := range forms {
			if c.mostly(one.pattern) {
				c.Kind, c.pattern, c.Format = written, one.pattern, one.format
				break
			}
		}
		if c.Kind == written && monthFirst(c.given) {
			c.Format = strings.Replace(c.Format, "d/M/", "M/d/", 1)
		}
	}
	if at := slices.IndexFunc(c.given, c.takes); at >= 0 {
		c.Example = c.given[at]
	}
}

// mostly says whether all values but a tenth are of a pattern.
func (c *Column) mostly(pattern *regexp.Regexp) bool {
	return 10*(len(c.given)-c.others(pattern.MatchString)) >= 9*len(c.given)
}

// others counts the values that something does not take.
func (c *Column) others(takes func(string) bool) (count int) {
	for _, value := range c.given {
		if !takes(value) {
			count++
		}
	}
	return count
}

// takes says whether a value is of the column's kind, or absent.
func (c Column) takes(value string) bool {
	return value == "" || c.pattern == nil || c.pattern.MatchString(value) && (!c.Kind.isTime() || c.possible(value))
}

// possible says whether a time that is written as the column's are is in a calendar and on a clock.
func (c Column) possible(value string) bool {
	layout := time.DateOnly
	switch {
	case c.Kind == written:
		layout = c.layout()
	case c.Kind != day:
		layout += value[len(time.DateOnly):][:1] + time.TimeOnly
		value = value[:len(layout)]
	}
	_, err := time.Parse(layout, value)
	return err == nil
}

// layout is the format in Go's form.
func (c Column) layout() string {
	return strings.NewReplacer("yyyy", "2006", "MM", "01", "M", "1", "dd", "02", "d", "2", "HH", "15", "H", "15",
		"mm", "04", "ss", "05", "'", "").Replace(c.Format)
}

// quote is a text in YAML and python one in Python, between double quotes.
func quote(text string) string { return fmt.Sprintf("%q", text) }

func python(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`).Replace(text) + `"`
}
