// Package identifiers brings the numbers and codes that name customers, products and invoices to the one form that
// every table has them in. The jobs do the same, see glue-scripts/dataplatform/transforms/processed/identifiers.py,
// which says why; one table of cases holds both to it.
package identifiers

import (
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Guest stands for the number where no customer is named.
const Guest = "guest"

var (
	// guarded is what keeps a spreadsheet from reading a formula or a number, what guards that, and quotes of text.
	guarded = regexp.MustCompile(`^'?="'?([^"]*)"$|^["']{1,3}([^"']*)["']{1,3}$|^'([^'].*)$`)
	odd     = regexp.MustCompile(`[^0-9A-Za-z]`)
	spaces  = regexp.MustCompile(` {2,}`)
	// A number with a point or a comma before decimals of zero, and marks that group its digits. What has both readings
	// is left out.
	pointed = regexp.MustCompile(
		`^[+]?([0-9]{1,64}|[1-9][0-9]{0,2}(?:(?:,[0-9]{3}){1,20}|(?: [0-9]{3}){1,20}|(?:'[0-9]{3}){1,20}))(?:[.]0*)?$`,
	)
	comma = regexp.MustCompile(
		`^[+]?([0-9]{1,64}|[1-9][0-9]{0,2}(?:(?:[.][0-9]{3}){1,20}|(?: [0-9]{3}){1,20}|(?:'[0-9]{3}){1,20})),0+$`,
	)
	points = regexp.MustCompile(`^[+]?[1-9][0-9]{0,2}(?:[.][0-9]{3}){1,20}$`)
	either = regexp.MustCompile(`^[+]?[1-9][0-9]{0,2}[.,]000$`)
	marks  = strings.NewReplacer("+", "", ",", "", ".", "", " ", "", "'", "")

	byExponent = regexp.MustCompile(`^[+]?([0-9])(?:[.,]([0-9]{0,20})[eE][+]?|[eE][+])([0-9]{1,2})$`)
	nobody     = regexp.MustCompile(`^-?0+(?:[.,]0*)?$`)
	// absent are what programs and people write where there is no value, in lower case.
	absent = []string{
		"", "null", "(null)", "[null]", "<null>", `\n`, "nan", "nat", "none", "(none)", "nil", "na", "n/a", "n.a.",
		"n.a", "#n/a", "<na>", "undefined", "unknown", "(blank)", "?", "??", "-", "--", "---", ".", "..",
	}
	// spreadsheets are the numbers of decimals that spreadsheets round to when they write an exponent.
	spreadsheets = []int{0, 2, 5}
	// largest is what no whole number in an exponent's form reaches.
	largest = new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(28), nil))
)

// Normal is the normal form of a text that names something.
func Normal(text string) string {
	text = Trim(norm.NFC.String(text))
	if !odd.MatchString(text) {
		return text
	}
	text = tidy(strings.Map(plain, text))
	if found := guarded.FindStringSubmatch(text); found != nil {
		text = tidy(found[1] + found[2] + found[3])
	}
	if either.MatchString(text) {
		return text
	}
	for _, form := range []*regexp.Regexp{pointed, comma} {
		if found := form.FindStringSubmatch(text); found != nil {
			return marks.Replace(found[1])
		}
	}
	return whole(text)
}

// Customer is the normal form of a customer's number, empty where it says that there is none.
func Customer(text string) string {
	number := Normal(text)
	if points.MatchString(number) && !either.MatchString(number) {
		number = marks.Replace(number)
	}
	if slices.Contains(absent, strings.ToLower(number)) || nobody.MatchString(number) {
		return ""
	}
	return number
}

func tidy(text string) string { return strings.Trim(spaces.ReplaceAllString(text, " "), " ") }

// whole is the number of an exponent's form that has lost no digit.
func whole(text string) string {
	found := byExponent.FindStringSubmatch(text)
	if found == nil {
		return text
	}
	decimals := len(found[2])
	exponent, err := strconv.Atoi(found[3])
	if err != nil || exponent > decimals+1 || exponent == decimals+1 && slices.Contains(spreadsheets, decimals) {
		return text
	}
	value, ok := new(big.Rat).SetString(strings.Replace(text, ",", ".", 1))
	if !ok || !value.IsInt() || value.Cmp(largest) >= 0 {
		return text
	}
	return value.Num().String()
}
