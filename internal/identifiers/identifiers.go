// Package identifiers brings the numbers and codes that name customers, products and invoices to the one form that every table has them
// in. The jobs do the same, see glue-scripts/dataplatform/transforms/processed/identifiers.py, which says why; one table of cases holds
// both to it.
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
	withZeros  = regexp.MustCompile(`^([0-9]{1,64})[.]0*$`)
	byExponent = regexp.MustCompile(`^([0-9])(?:[.]([0-9]{0,20}))?[eE][+]?([0-9]{1,2})$`)
	// Numbers of a spreadsheet whose decimal mark is the comma, and of one that groups digits by it.
	decimalComma = regexp.MustCompile(`^((?:'?="|')?[0-9]{1,64}),((?:0{1,2}|[0-9]{0,20}[eE][+]?[0-9]{1,3})"?)$`)
	grouped      = regexp.MustCompile(`^(?:'?="|')?[1-9][0-9]{0,2}(?:,[0-9]{3}){1,20}(?:[.]0*)?"?$`)
	nobody       = regexp.MustCompile(`^0(?:[.]0*)?$`)
	// absent are what programs write where there is no value, in lower case.
	absent = []string{"", "null", "(null)", `\n`, "nan", "nat", "none", "nil", "na", "n/a", "#n/a", "<na>"}
	// spreadsheets are the numbers of decimals that spreadsheets round to when they write an exponent.
	spreadsheets = []int{0, 2, 5}
	// largest is what no whole number in an exponent's form reaches.
	largest = new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(28), nil))
)

// Normal is the normal form of a text that names something.
func Normal(text string) string {
	text = pointed(Trim(norm.NFC.String(text)))
	if strings.HasPrefix(text, "'") || strings.HasPrefix(text, "=") || strings.ContainsFunc(text, func(r rune) bool { return r > 0x7f }) {
		text = Trim(unguarded(strings.Map(func(r rune) rune {
			if strings.ContainsRune(unseen, r) {
				return -1
			}
			return r
		}, text)))
	}
	if found := withZeros.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	if !strings.ContainsAny(text, ".+") {
		return text
	}
	return whole(text)
}

// Customer is the normal form of a customer's number, empty where it says that there is none.
func Customer(text string) string {
	number := Normal(text)
	if slices.Contains(absent, strings.ToLower(number)) || nobody.MatchString(number) {
		return ""
	}
	return number
}

// pointed is the number with a point for a decimal comma and without commas that group its digits.
func pointed(text string) string {
	if grouped.MatchString(text) {
		return strings.ReplaceAll(text, ",", "")
	}
	return decimalComma.ReplaceAllString(text, "$1.$2")
}

// unguarded takes off what keeps a spreadsheet from reading a formula or a number, and what guards that.
func unguarded(text string) string {
	if inside, ok := strings.CutPrefix(strings.TrimPrefix(text, "'"), `="`); ok {
		if inside, ok = strings.CutSuffix(inside, `"`); ok && !strings.Contains(inside, `"`) {
			return strings.TrimPrefix(inside, "'")
		}
	}
	if inside, ok := strings.CutPrefix(text, "'"); ok && inside != "" && !strings.HasPrefix(inside, "'") {
		return inside
	}
	return text
}

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
	value, ok := new(big.Rat).SetString(text)
	if !ok || !value.IsInt() || value.Cmp(largest) >= 0 {
		return text
	}
	return value.Num().String()
}
