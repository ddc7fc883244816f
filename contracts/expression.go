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
