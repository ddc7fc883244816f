package scaffold

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
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
)

func (k Kind) isTime() bool { return k == offset || k == localTime || k == day }

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
	Source   string // as the header has it
	Name     string // in processed
	Kind     Kind
	Required bool // every line has a value
	Personal bool // by its name
	Example  string
	Longest  int // room for longer values than the file has
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
	}
	return fmt.Sprintf("F.when(F.col(%q) != \"\", F.col(%q))", c.Source, c.Source)
}

var (
	sourcePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,127}$`)
	wordBegins    = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	personal      = regexp.MustCompile(
		`(?i)mail|phone|customer|user|first_?name|last_?name|surname|birth|address|^ip$|iban`,
	)
)

func columnOf(header string, values []string) (Column, error) {
	if !sourcePattern.MatchString(header) {
		return Column{}, fmt.Errorf(
			"the header has %q; allowed are letters, digits and _. A mapping (contracts/mappings) gives a source's column another name",
			header,
		)
	}
	column := Column{
		Source: header, Name: strings.ToLower(wordBegins.ReplaceAllString(header, "${1}_$2")), Kind: text,
		Required: true, Personal: personal.MatchString(header), Longest: 64,
	}
	var given []string
	for _, value := range values {
		if value == "" {
			column.Required = false
			continue
		}
		given = append(given, value)
		for column.Longest < 2*len(value) {
			column.Longest *= 4
		}
	}
	if len(given) == 0 {
		return column, nil
	}
	column.Example = given[0]
	for _, one := range kinds {
		fitting := slices.DeleteFunc(slices.Clone(given),
			func(value string) bool { return !one.pattern.MatchString(value) })
		if 10*len(fitting) >= 9*len(given) {
			column.Kind, column.Example = one.kind, fitting[0]
			break
		}
	}
	return column, nil
}

// takes says whether a value is of the column's kind, or absent.
func (c Column) takes(value string) bool {
	for _, one := range kinds {
		if one.kind == c.Kind {
			return value == "" || one.pattern.MatchString(value)
		}
	}
	return true
}

// quote is a text in YAML and python one in Python, between double quotes.
func quote(text string) string { return fmt.Sprintf("%q", text) }

func python(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`).Replace(text) + `"`
}
