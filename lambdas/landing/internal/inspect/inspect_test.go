package inspect

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
)

var orders = &contracts.Contract{
	ID: "raw.orders", Format: contracts.FormatCSV, Columns: []contracts.Column{{Name: "No"}, {Name: "Text"}},
}

var events = &contracts.Contract{ID: "raw.events", Format: contracts.FormatJSONLines}

// check writes the content in chunks of n bytes.
func check(t testing.TB, contract *contracts.Contract, content string, n int) Result {
	t.Helper()
	c := New(contract)
	for rest := []byte(content); len(rest) > 0; {
		size := min(n, len(rest))
		written, err := c.Write(rest[:size])
		require.NoError(t, err)
		require.Equal(t, size, written)
		rest = rest[size:]
	}
	return c.End()
}

func TestContent(t *testing.T) {
	long := strings.Repeat("x", maxRecord)
	for _, test := range []struct {
		name   string
		give   string
		format string
		want   string // reason
	}{
		{"CSV", "No,Text\n1,a\n", CSV, ""},
		{"CSV without a last newline", "No,Text\n1,a", CSV, ""},
		{"CSV with carriage returns", "No,Text\r\n1,a\r\n2,\"b\"\r\n", CSV, ""},
		{"CSV with a byte order mark", "\xef\xbb\xbfNo,Text\n1,a\n", CSV, ""},
		{"CSV with a quoted header", "\"No\",\"Text\"\n1,a\n", CSV, ""},
		{"CSV with quotes, commas and lines in fields", "No,Text\n1,\"a \"\"b\"\", c\nd\"\n", CSV, ""},
		{"CSV with too few fields: a matter of the line", "No,Text\n1\n", CSV, ""},
		{"CSV that is not ASCII", "No,Text\n1,Grüße\n", CSV, ""},
		{"JSON array", `[{"No":1},` + "\n" + ` {"No":2}]` + "\n", JSON, ""},
		{"JSON array with nested values", `[{"a":[1,{"b":"],["}]} , [2,3]]`, JSON, ""},
		{"NDJSON", "{\"No\":1}\n{\"No\":\"{\"}\r\n\n", JSON, ""},
		{"NDJSON with a byte order mark", "\xef\xbb\xbf{\"No\":1}", JSON, ""},
		{"rows without values only", "No,Text\n,\n \n\"\",\"\"\n", CSV, contracts.ReasonEmptyFile},
		{"header without names", ",\n1,a\n", CSV, contracts.ReasonWrongHeader},
		{"endless row without values", "No,Text\n1,a\n" + strings.Repeat(",", maxRecord+1) + "\n", CSV,
			contracts.ReasonEventTooLarge},
		{"nothing", "", "", contracts.ReasonEmptyFile},
		{"white space", " \n\t\n", "", contracts.ReasonEmptyFile},
		{"byte order mark only", "\xef\xbb\xbf", "", contracts.ReasonEmptyFile},
		{"header only", "No,Text\n", CSV, contracts.ReasonEmptyFile},
		{"empty array", "[ ]", JSON, contracts.ReasonEmptyFile},
		{"wrong header", "No,Name\n1,a\n", CSV, contracts.ReasonWrongHeader},
		{"header in another order", "Text,No\n1,a\n", CSV, contracts.ReasonWrongHeader},
		{"header in another case", "no,text\n1,a\n", CSV, contracts.ReasonWrongHeader},
		{"header with a column more", "No,Text,More\n1,a,b\n", CSV, contracts.ReasonWrongHeader},
		{"header with a column less", "No\n1\n", CSV, contracts.ReasonWrongHeader},
		{"blank line before the header", "\nNo,Text\n1,a\n", CSV, contracts.ReasonWrongHeader},
		{"no header", "1,a\n", CSV, contracts.ReasonWrongHeader},
		{"header with a broken quote", "\"No,Text\n1,a\n", CSV, contracts.ReasonWrongHeader},
		{"endless header", strings.Repeat("x", maxHeader+10) + ",Text\n", CSV, contracts.ReasonWrongHeader},
		{"quote never closed", "No,Text\n1,\"a\n2,b\n", CSV, contracts.ReasonBrokenQuotes},
		{"quote inside a field", "No,Text\n1,a\"b\n", CSV, contracts.ReasonBrokenQuotes},
		{"text after a quote", "No,Text\n1,\"a\"b\n", CSV, contracts.ReasonBrokenQuotes},
		{"text after a quote and a carriage return", "No,Text\n1,\"a\"\r\"\n", CSV, contracts.ReasonBrokenQuotes},
		{"CSV that is not UTF-8", "No,Text\n1,Gr\xfc\xdfe\n", "", contracts.ReasonInvalidUTF8},
		{"rune cut off at the end", "No,Text\n1,a\xc3", "", contracts.ReasonInvalidUTF8},
		{"broken JSON line", "{\"No\":1}\n{\"No\":}\n", JSON, contracts.ReasonUndecodable},
		{"two values on a line", "{\"No\":1}{\"No\":2}\n", JSON, contracts.ReasonUndecodable},
		{"object over several lines", "{\"No\":\n1}\n", JSON, contracts.ReasonUndecodable},
		{"array not closed", `[{"No":1}`, JSON, contracts.ReasonUndecodable},
		{"array with a last comma", `[{"No":1},]`, JSON, contracts.ReasonUndecodable},
		{"array with an empty element", `[{"No":1},,2]`, JSON, contracts.ReasonUndecodable},
		{"array with a first comma", `[,1]`, JSON, contracts.ReasonUndecodable},
		{"something after the array", `[1]x`, JSON, contracts.ReasonUndecodable},
		{"array closed twice", `[1]]`, JSON, contracts.ReasonUndecodable},
		{"wrong bracket", `[{"No":1]}`, JSON, contracts.ReasonUndecodable},
		{"line end in a string", "[\"a\nb\"]", JSON, contracts.ReasonUndecodable},
		{"endless JSON record", `{"No":"` + long, JSON, contracts.ReasonEventTooLarge},
		{"endless CSV record", "No,Text\n1,a\n1," + long + "\n1,a\n", CSV, contracts.ReasonEventTooLarge},
		{"endless CSV record of many lines", "No,Text\n1,\"" + strings.Repeat("x\n", maxRecord/2) + "\"", CSV,
			contracts.ReasonEventTooLarge},
		{"endless CSV record of many fields", "No,Text\n1" + strings.Repeat(",", maxRecord) + "\n", CSV,
			contracts.ReasonEventTooLarge},
		{"CSV record as long as may be", "No,Text\n1," + long[2:] + "\n", CSV, ""},
		{"endless quote", "No,Text\n1,\"" + long, CSV, contracts.ReasonBrokenQuotes},
		{"JSON that no worker holds", "{}\n" + strings.Repeat("\n", maxDocument), JSON, contracts.ReasonFileTooLarge},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, n := range []int{1, 2, 3, 7, 1 << 20} {
				if n <= 7 && len(test.give) > 1<<16 {
					continue
				}
				got := check(t, orders, test.give, n)
				assert.Equal(t, test.want, got.Fault.Reason, "chunks of %d: %s", n, got.Fault.Detail)
				assert.Equal(t, test.format, got.Format, "chunks of %d", n)
				assert.Equal(t, test.want != "", got.Fault.Detail != "")
				assert.Equal(t, test.want == "", got.Records > 0)
			}
		})
	}
}

func TestContentOfAJSONContract(t *testing.T) {
	assert.Equal(t, contracts.ReasonUndecodable, check(t, events, "a,b\n1,2\n", 3).Fault.Reason)
	assert.Equal(t, Result{Format: JSON, Records: 1}, check(t, events, "{}\n", 3))
}

func TestRecordsAreCounted(t *testing.T) {
	for content, want := range map[string]int{
		"No,Text\n1,a\n\n\r\n2\n\"\n\n\",b\n,\n":                     3,
		"No,Text\n1,a\n ,\t\r\n\"\",\" \n\"\n\u3000,\u00a0\n\u200b,": 2,
		"No,Text\n\"\"\"\"\n\",\",\n,,,,,\n.\n0":                     4,
		"[{}, null, 7, [1, 2], \"a\"]":                               5,
		"{}\n\n null\r\n7":                                           3,
		"{}\n" + deep(1<<15, "[", "", "]") + "\n{}":                  3,
		"[{}," + deep(1<<15, `{"a" : `, "[ ]", " }") + "]":           2,
		"[{}," + deep(1<<15, `[{}, {"a":`, "[[], 7]", "}]") + ",7]":  3,
		"[{}," + deep(1<<15, `[`, "", "],") + "]":                    0,
		"[{}," + deep(1<<15, `{`, "", "}") + "]":                     0,
		"[{}," + deep(1<<15, `{"a"`, "", "}") + "]":                  0,
		"[{}," + deep(1<<15, `{a:`, "1", "}") + "]":                  0,
		"[{}," + deep(1<<15, `[1 2`, "", "]") + "]":                  0,
		"[{}," + deep(1<<15, `[1,`, "", "]") + "]":                   0,
	} {
		assert.Equal(t, want, check(t, orders, content, 1<<10).Records, content[:min(len(content), 50)])
	}
}

func TestTheHeaderOfAnotherSourceIsKnown(t *testing.T) {
	mapped := *orders
	mapped.Mappings = []contracts.Mapping{{
		Source: "shop", Order: "Order", Fields: map[string]contracts.MappedField{"No": {From: []string{"Id", "Order"}}},
	}}
	for header, want := range map[string]string{
		"No,Text": "", "Id,Order": "shop", "\"Order\",More,\"Id\",More": "shop", "\xef\xbb\xbfOrder,Id\r": "shop",
	} {
		got := check(t, &mapped, header+"\n1,a\n", 5)
		assert.Equal(t, Fault{}, got.Fault, header)
		assert.Equal(t, want, got.Mapping, header)
		assert.NotEmpty(t, got.Columns, "whosever they are")
	}
	assert.Equal(t, []string{"Order", "More", "Id", "More"},
		check(t, &mapped, "\"Order\",More,\"Id\",More\n1\n", 5).Columns)
	for _, header := range []string{"Order", "order,id", "Id,Order,Id",
		"No,Text,More", "Order,Id" + strings.Repeat(",x", maxColumns)} {
		assert.Equal(t, contracts.ReasonWrongHeader, check(t, &mapped, header+"\n1,a\n", 5).Fault.Reason, header)
	}
}

func TestWhetherRecordsAreLinesIsDetected(t *testing.T) {
	for content, want := range map[string]bool{
		"No,Text\n1,a\n2,\"b, \"\"c\"\"\"":            false,
		"No,Text\r\n1,a\r\n\r\n2,\"b\"\r\n3,c\n4,d\r": false,
		"\"No\",Text\n1,\"a\nb\"\n":                   true,
		"No,Text\n1,\"a\rb\"\n":                       true,
		"No,Text\n1,a\rb\n":                           true,
		"No,Text\n1,a\r\r\n":                          true,
		"No,Text\n1,\r,\n":                            true,
		"{\"No\":\"a\\nb\"}\r\n{}":                    false,
		"{\"No\":1,\r\"Text\":2}\n":                   true,
		"\ufeff{\"No\":1}\n":                          true,
		"[{}]":                                        true,
	} {
		for _, n := range []int{1, 2, 1 << 10} {
			assert.Equal(t, want, check(t, orders, content, n).Spread, "%q in chunks of %d", content, n)
		}
	}
	assert.False(t, check(t, orders, "No,Text\n1,\"a\n", 3).Spread, "of a file that is refused nothing is told")
}

// The check of quotes agrees with encoding/csv, whatever the chunks.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"1,a\n", "\"a\"\"b\",c\r\n", "\"a\nb\"", "a\"b", "\"a\"b", "\"a\"\r", "\"a\"\r\n",
		"\"a\"\r\"", "a\r\n\r\nb", "a\r\n\r\r\nb", ",,\n", "\"", "\"\"", "\r", " , \"\",\"\u3000\"\n", "\xed"} {
		f.Add(seed, uint8(1))
	}
	f.Fuzz(func(t *testing.T, text string, chunk uint8) {
		if strings.ContainsRune(text, 0) {
			return
		}
		c := newCSV(orders)
		c.write([]byte("No,Text\n"))
		for rest := []byte(text); len(rest) > 0; {
			n := min(int(chunk)+1, len(rest))
			c.write(rest[:n])
			rest = rest[n:]
		}
		records, fault := c.end()
		reader := csv.NewReader(strings.NewReader("No,Text\n" + text))
		reader.FieldsPerRecord = -1
		want := -1 // the header
		var err error
		for {
			var fields []string
			if fields, err = reader.Read(); err != nil {
				break
			}
			if strings.TrimSpace(strings.Join(fields, "")) != "" {
				want++
			}
		}
		if err != io.EOF {
			assert.Equal(t, contracts.ReasonBrokenQuotes, fault.Reason)
			return
		}
		require.Equal(t, Fault{}, fault)
		assert.Equal(t, want, records)
	})
}

// deep is a value within so many others.
func deep(levels int, open, inside, closed string) string {
	return strings.Repeat(open, levels) + inside + strings.Repeat(closed, levels)
}

// The check of JSON agrees with encoding/json.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		"[]", "[1,2]", `[{"a":"b,]"}]`, "{}\n{}", `{"a":"\""}`, "[[]", "[]]", `["`, "{\"a\n\":1}",
		deep(200, `{"a" : [1,`, "{}", "]}"), deep(200, "[", "", "}"), "[" + deep(200, "[", "1", "]") + ",]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		trimmed := strings.TrimLeft(text, " \t\r\n")
		// as deep as encoding/json goes
		if trimmed == "" || (trimmed[0] != '[' && trimmed[0] != '{') ||
			strings.Count(text, "[")+strings.Count(text, "{") > 9000 {
			return
		}
		array := trimmed[0] == '['
		c := newJSON(array, false)
		c.write([]byte(text))
		records, fault := c.end()
		want, ok := 0, true
		if array {
			var elements []json.RawMessage
			ok = json.Unmarshal([]byte(text), &elements) == nil
			want = len(elements)
		} else {
			for _, line := range bytes.Split([]byte(text), []byte("\n")) {
				if len(bytes.Trim(line, " \t\r\n")) > 0 {
					ok = ok && json.Valid(line)
					want++
				}
			}
		}
		require.Equal(t, ok, !fault.Bad(), fault.Detail)
		if ok {
			assert.Equal(t, want, records)
		}
	})
}
