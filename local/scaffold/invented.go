package scaffold

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// invent puts values of the same form in the place of a personal column's in the samples and the transform: what names
// somebody is in no repository. Equal values stay equal, so that lines which are repeated still are.
func (d *Dataset) invent() {
	for at := range d.Columns {
		column := &d.Columns[at]
		if !column.Personal {
			continue
		}
		column.invented, column.forms = map[string]string{}, map[string]int{}
		for _, row := range d.sample[1:] {
			row[at] = column.inventedFor(strings.TrimSpace(row[at]))
		}
		column.Example = column.inventedFor(column.Example)
	}
}

func (c *Column) inventedFor(value string) string {
	if value == "" {
		return ""
	}
	invented, known := c.invented[value]
	if !known {
		form := strings.Map(class, value)
		invented = c.nth(c.forms[form], value)
		c.forms[form]++
		c.invented[value] = invented
	}
	return invented
}

// nth is the nth value of a value's form: digits and letters count, the last ones first. Addresses are of a domain that
// nobody has, and times are days of the year 2000.
func (c *Column) nth(n int, value string) string {
	switch {
	case strings.Contains(value, "@"):
		return fmt.Sprintf("person%d@example.com", len(c.invented)+1)
	case c.Kind == written && c.takes(value):
		return day2000(n).Format(c.layout())
	case c.Kind.isTime() && c.takes(value):
		return day2000(n).Format(time.DateOnly) + strings.Map(zero, value[len(time.DateOnly):])
	}
	runes := []rune(value)
	for i := len(runes) - 1; i >= 0; i-- {
		switch class(runes[i]) {
		case '1': // no zero, which would make a code of a number
			runes[i], n = rune('1'+n%9), n/9
		case 'a':
			runes[i], n = rune('a'+n%26), n/26
		case 'A':
			runes[i], n = rune('A'+n%26), n/26
		}
	}
	return string(runes)
}

func day2000(n int) time.Time { return time.Date(2000, 1, 1+n, 0, 0, 0, 0, time.UTC) }

// class stands for all signs of a kind.
func class(sign rune) rune {
	switch {
	case unicode.IsDigit(sign):
		return '1'
	case unicode.IsUpper(sign):
		return 'A'
	case unicode.IsLetter(sign):
		return 'a'
	}
	return sign
}

func zero(sign rune) rune {
	if class(sign) == '1' {
		return '0'
	}
	return sign
}
