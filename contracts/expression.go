package contracts

import (
	"regexp"
	"slices"
	"strings"
)

var (
	literalPattern    = regexp.MustCompile(`'(?:[^'\\]|\\.)*'`)
	identifierPattern = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*\s*\(?`)
)

// keywords are the words of a Spark SQL boolean that are not columns.
var keywords = []string{
	"and", "or", "not", "is", "null", "in", "between", "like", "rlike", "true", "false", "distinct", "from", "div",
	"case", "when", "then", "else", "end", "as", "date", "timestamp", "interval", "day", "hour", "string", "bigint",
	"double", "decimal",
}

// sharedFunctions give the same in Spark, Trino and DuckDB: a consumer's tools find what the jobs find. Not among them
// are those that differ: greatest and concat in what null makes of them, to_date in what it takes, size and regular
// expressions by their names.
var sharedFunctions = []string{
	"abs", "cast", "ceil", "coalesce", "count", "date_trunc", "day", "floor", "hour", "length", "lower", "ltrim",
	"minute", "month", "nullif", "replace", "rtrim", "second", "sign", "substr", "trim", "upper", "year",
}

var (
	callPattern    = regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_]*)\s*\(`)
	otherOperators = regexp.MustCompile(`(?i)\brlike\b|\bdiv\b|::|==|<=>|\[`)
)

// unshared finds functions and operators of an expression that not all of Spark, Trino and DuckDB have.
func unshared(expression string) []string {
	expression = literalPattern.ReplaceAllString(expression, "''")
	found := otherOperators.FindAllString(expression, -1)
	for _, call := range callPattern.FindAllStringSubmatch(expression, -1) {
		name := strings.ToLower(call[1])
		if !slices.Contains(keywords, name) && !slices.Contains(sharedFunctions, name) {
			found = append(found, name)
		}
	}
	return found
}

// unknownNames finds words in an expression that are neither columns, functions nor keywords, so that a misspelt column
// is found when the contract is read and not when the job runs.
func unknownNames(expression string, c *Contract) []string {
	var unknown []string
	for _, word := range identifierPattern.FindAllString(literalPattern.ReplaceAllString(expression, "''"), -1) {
		if strings.HasSuffix(word, "(") || slices.Contains(keywords, strings.ToLower(strings.TrimSpace(word))) {
			continue
		}
		word = strings.TrimSpace(word)
		if _, ok := c.Column(word); !ok {
			unknown = append(unknown, word)
		}
	}
	return unknown
}
