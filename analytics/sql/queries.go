// Package sql holds the queries that the platform offers its analysts, a file each: the stack registers them with
// Athena, exports them, runs them in the demo and shows them in the catalog.
//
// A file <name>.sql starts with a comment that says what the query answers. Tables are written as {layer}.dataset.
package sql

import (
	"embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"dataplatform/contracts"
	"dataplatform/governance"
)

//go:embed *.sql
var files embed.FS

// Query is one named query.
type Query struct {
	// Name is the file's, in lower case with underscores.
	Name string
	// Description is the comment at the top, in one line.
	Description string
	// Text is the statement, with {layer} in place of databases.
	Text string
}

var table = regexp.MustCompile(`\{([a-z]+)\}\.([a-z][a-z0-9_]*)`)

// All returns the queries by name.
func All() ([]Query, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var queries []Query
	for _, entry := range entries {
		text, err := files.ReadFile(entry.Name())
		if err != nil {
			return nil, err
		}
		query, err := parse(strings.TrimSuffix(entry.Name(), ".sql"), string(text))
		if err != nil {
			return nil, fmt.Errorf("sql/%s: %w", entry.Name(), err)
		}
		queries = append(queries, query)
	}
	return queries, nil
}

func parse(name, text string) (Query, error) {
	query := Query{Name: name}
	var comment []string
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for len(lines) > 0 && strings.HasPrefix(lines[0], "-- ") {
		comment, lines = append(comment, strings.TrimPrefix(lines[0], "-- ")), lines[1:]
	}
	query.Description, query.Text = strings.Join(comment, " "), strings.Join(lines, "\n")
	switch {
	case query.Description == "":
		return Query{}, errors.New("does not start with a comment that says what it answers")
	case len(query.Tables()) == 0:
		return Query{}, errors.New("reads no {layer}.dataset")
	case strings.Contains(query.Text, ";"):
		return Query{}, errors.New("holds a semicolon; a file is one statement")
	}
	return query, nil
}

// Key is the name as outputs write it: product_funnel becomes productFunnel.
func (q Query) Key() string {
	words := strings.Split(q.Name, "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

// Tables are the ids of the contracts that the query reads, in order.
func (q Query) Tables() []string {
	var ids []string
	for _, match := range table.FindAllStringSubmatch(q.Text, -1) {
		ids = append(ids, match[1]+"."+match[2])
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

var (
	word    = regexp.MustCompile(`\b[a-z][a-z0-9_]*\b`)
	literal = regexp.MustCompile(`'[^']*'`)
)

// words are the names in the statement, in order of their places: of columns, functions and what the query calls by
// itself.
func (q Query) words() []string {
	return word.FindAllString(literal.ReplaceAllString(table.ReplaceAllString(q.Text, ""), ""), -1)
}

// Columns are the columns of a table that the query names, in order.
func (q Query) Columns(of *contracts.Contract) []string {
	words := q.words()
	var named []string
	for _, column := range slices.Concat(of.Columns, of.PathColumns) {
		if slices.Contains(words, column.Name) {
			named = append(named, column.Name)
		}
	}
	slices.Sort(named)
	return slices.Compact(named)
}

// RunsFor says whether somebody may read every column that the query names.
func (q Query) RunsFor(who governance.Principal, set *contracts.Set) bool {
	return !slices.ContainsFunc(q.Tables(), func(id string) bool {
		contract, known := set.Get(id)
		if !known {
			return true
		}
		readable := who.ReadableColumns(contract)
		return len(readable) == 0 || slices.ContainsFunc(q.Columns(contract),
			func(column string) bool { return !slices.Contains(readable, column) })
	})
}

// SQL puts databases by layer in place.
func (q Query) SQL(databases map[string]string) string {
	return table.ReplaceAllStringFunc(q.Text, func(match string) string {
		parts := table.FindStringSubmatch(match)
		if database, ok := databases[parts[1]]; ok {
			return database + "." + parts[2]
		}
		return match
	})
}
