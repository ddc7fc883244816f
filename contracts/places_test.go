package contracts

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An error is in the line that it names: the n-th, counted from 1, that holds what is wrong.
func TestEveryProblemIsSaidWithItsLine(t *testing.T) {
	const sessions = "curated/sessions.odcs.yaml"
	for name, test := range map[string]struct {
		give edit
		line string // what is there
		want string
	}{
		"a value": {edit{sessions, "physicalType: date\n", "physicalType: varchar(10)\n"}, "physicalType: varchar(10)",
			`"varchar(10)" is not allowed for logicalType date; allowed: date`},
		"a value of a property": {edit{sessions, "value: iceberg", "value: csv"}, "property: format",
			`customProperties.format: "csv" is not allowed`},
		"an unknown key": {edit{sessions, "maximum: 86400", "maxium: 86400"}, "maxium: 86400", "unknown key"},
		"a kind": {edit{sessions, "partitionKeyPosition: 1", "partitionKeyPosition: first"}, "Position: first",
			"not an integer"},
		"a list for a text": {edit{sessions, "status: active", "status: [active]"}, "status: [active]",
			"a list is not a text"},
		"what is missing": {edit{sessions, "        description: Date of the session, UTC.\n", ""}, "name: event_date",
			"schema[0].properties.event_date.description: is required"},
		"a rule": {edit{sessions, "value: [started_at, visitor_id]", "value: [begun_at]"}, "property: sortBy",
			`"begun_at" is not a column`},
		// What the parser says of these is a line before, or the end of the file.
		"a colon in a text": {edit{sessions, "description: Date of", "description: Date: of"}, "description: Date: of",
			"a text with a colon and a space in it is put between quotes"},
		"an indentation": {edit{sessions, "        description: Date of", "       description: Date of"},
			"       description: Date of", "did not find expected"},
		"an open quote": {edit{sessions, "description: Date of", "description: \"Date of"},
			"description: \"Date of", ""},
		"an open list": {edit{sessions, "value: [started_at, visitor_id]", "value: [started_at"},
			"value: [started_at", ""},
		"a tab": {edit{sessions, "        description: Date of", "\tdescription: Date of"},
			"\tdescription: Date of", ""},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := files(t, test.give)
			_, err := LoadFS(fsys)
			require.ErrorContains(t, err, test.want)
			before, _, there := strings.Cut(string(fsys[sessions].Data), test.line)
			require.True(t, there)
			assert.Regexp(t, "^contracts/"+sessions+":"+strconv.Itoa(strings.Count(before, "\n")+1)+": ", err.Error())
		})
	}
}

// Looking for the line takes a reading of the file for each: a long one is refused without it, and at once.
func TestALongBrokenFileIsRefusedAtOnce(t *testing.T) {
	content := []byte(strings.Repeat("a: b: c\n", 100_000))
	p := &problems{file: "contracts/raw/long.odcs.yaml"}
	assert.False(t, p.read(content, &document{}, ""))
	require.Len(t, p.errs, 1)
	assert.ErrorContains(t, p.errs[0], "contracts/raw/long.odcs.yaml: mapping values are not allowed in this context")
}
