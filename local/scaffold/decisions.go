package scaffold

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// decisions are what a file cannot say, and what was guessed from most of its lines.
func (d *Dataset) decisions() []string {
	said := headers(slices.DeleteFunc(slices.Clone(d.Columns), func(c Column) bool { return !c.Personal }))
	if said == "" {
		said = "none so far"
	} else {
		said += ", the values of which are invented in the samples and in KNOWN_GOOD"
	}
	found := []string{
		"the owner, the descriptions and the domain: everything that says \"to be described\"",
		"personal data, classification: pii (" + said + "): nobody but engineers sees it. With any of it line_key and " +
			"file_digest are pii, too. The samples have other columns as they are in the file: look whether they name anybody",
		"the time of the event: " + d.Time.Header + " partitions the table",
		"SAID in the transform: lines that say the same in these columns are one row",
		"what a value may be: ranges and lengths in the processed contract",
		"what analysts ask: the query and the view are a first one each; they count lines and add up " +
			cmp.Or(headers(d.Sums()), "nothing"),
	}
	if d.mapped() {
		found = append(found, "the header has names that no contract may have: files are read by a mapping, and the table "+
			"raw."+d.Name+", which has the contract's columns, shows none of them")
	}
	for _, column := range d.Columns {
		for _, guess := range column.guesses() {
			found = append(found, column.Header+" "+guess)
		}
	}
	return found
}

// headers are the columns as the file has them.
func headers(columns []Column) string {
	var found []string
	for _, column := range columns {
		found = append(found, column.Header)
	}
	return strings.Join(found, ", ")
}

// flags are pairs of words that say that something is so, or is not.
var flags = []*regexp.Regexp{
	regexp.MustCompile(`(?i)^(ja|nein|j|n)$`), regexp.MustCompile(`(?i)^(yes|no|y|n)$`),
	regexp.MustCompile(`(?i)^(true|false|t|f)$`), regexp.MustCompile(`(?i)^(oui|non|o|n)$`),
	regexp.MustCompile(`(?i)^(s[iíì]|no|s|n)$`),
}

// guesses are what was made of the column that its values do not all say.
func (c *Column) guesses() (found []string) {
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	lines := len(c.given)
	if c.Header != c.Source {
		say("is %s in the contracts, which cannot have its name: the mapping says which is which", c.Source)
	}
	switch {
	case lines == 0:
		say("has a value in no line: it is text")
		return found
	case c.pattern != nil:
		if others := c.others(c.takes); others > 0 {
			say("is taken as %s: %d of %d values are none, and such lines are quarantined as wrong_type; make it a string "+
				"if they are right", c.Kind, others, lines)
		}
	default:
		for _, one := range kinds {
			if others := c.others(one.pattern.MatchString); 2*others < lines {
				say("stays text: %d of %d values are no %s", others, lines, one.kind)
				break
			}
		}
		for _, pair := range flags {
			if c.mostly(pair) {
				say("says so or not (such as %s) in %d of %d values: it is text; boolean in the contract and a comparison in the "+
					"transform make a flag of it", c.given[0], lines-c.others(pair.MatchString), lines)
				break
			}
		}
	}
	if c.blank > 0 && 10*c.blank <= lines+c.blank {
		say("is optional, for %d of %d lines have no value: with required in both contracts and its name in verdict.missing "+
			"such lines are quarantined, and expected.yaml of the samples has to say so", c.blank, lines+c.blank)
	}
	if c.IsNumber() && c.Names() {
		say("is a number that names something: the query and the view do not add it up; one in which zeros may lead is a string")
	}
	switch c.Kind {
	case localTime, day:
		say("is of a clock without a zone: the transform says UTC")
	case written:
		say("is a time written as %s, of a clock that the transform says is UTC: both stand in its times.written. For files of "+
			"more than one source a mapping (contracts/mappings/README.md) has a `format` and a `zone` each", c.Format)
		if strings.Contains(c.Format, "/") {
			say("has the day and the month in an order that the file may not tell: see that %s is right", c.Format)
		}
	}
	return found
}
