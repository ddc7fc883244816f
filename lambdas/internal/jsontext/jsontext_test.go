package jsontext

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var seeds = []string{
	``, `"`, `""`, `"abc"`, `"a\"b"`, `"\u00e9\ud83c\udf81"`, `"\ud800"`, `"\ud800\ud800x"`, `"\ud800\n"`, `"\x"`,
	`"\u12"`, "\"a\nb\"", "\"\xff\"", `"Grüße"`, `0`, `-0`, `01`, `1.`, `1.5e+3`, `1e`, `-`, `.5`, `1E5`, `true`, `tru`,
	`null`, `nullx`, `[]`, `[1,]`, `[1,2]`, `{`, `{}`, `{"a":1,}`, `{"a" : [ {"b":null} ] }`, `{"a"}`, `{1:2}`,
	`[[[[]]]]`, " 1", "\t{ }\n", `"` + strings.Repeat("0123456789", 5) + `\\` + `"`,
	`"` + strings.Repeat("\x01", 40) + `"`,
}

func FuzzValue(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b := []byte(text)
		start := Space(b, 0)
		got := false
		if end := Value(b, start); end >= 0 {
			got = Space(b, end) == len(b)
		}
		if strings.Count(text, "[")+strings.Count(text, "{") > 9000 {
			return // encoding/json goes deeper
		}
		assert.Equal(t, json.Valid(b), got)
	})
}

func FuzzStrings(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if utf8.ValidString(text) {
			var back string
			require.NoError(t, json.Unmarshal(AppendString(nil, text), &back))
			assert.Equal(t, text, back)
		}
		b := []byte(text)
		if len(b) == 0 || b[0] != '"' {
			return
		}
		end, escaped, high := String(b, 1)
		end2, escaped2, high2, copied := CopyString(b, 1, nil)
		assert.Equal(t, []any{end, escaped, high}, []any{end2, escaped2, high2})
		if end < 0 {
			assert.False(t, json.Valid(b))
			return
		}
		inside := b[1:end]
		assert.Equal(t, string(AppendEscaped(nil, inside)), string(copied))
		if !utf8.Valid(inside) {
			assert.True(t, high)
			return
		}
		var want string
		require.NoError(t, json.Unmarshal(b[:end+1], &want))
		got := string(inside)
		if escaped {
			got = string(AppendUnescaped(nil, inside))
		}
		assert.Equal(t, want, got)
	})
}

func TestValueOfAnyDepth(t *testing.T) {
	const levels = 1 << 20
	deep := func(open, inside, closed string) []byte {
		return []byte(strings.Repeat(open, levels) + inside + strings.Repeat(closed, levels))
	}
	for _, value := range [][]byte{deep("[", "", "]"), deep(`{"a" : `, "[ ]", " }"),
		deep(`[{}, {"a":`, "[[], 7]", "}]")} {
		assert.Equal(t, len(value), Value(append(value, " 7"...), 0))
	}
	for _, broken := range [][]byte{deep("[", "", ""), deep("[", "", "}"), deep("{", "", "}"), deep(`{"a"`, "", "}"),
		deep(`[1,`, "", "]"), deep("[", "", "],")} {
		assert.Equal(t, -1, Value(broken, 0))
	}
}

func TestNumber(t *testing.T) {
	for give, want := range map[string]bool{"12": true, "-3": true, "1.0": false, "1e2": false} {
		end, integer := Number([]byte(give), 0)
		assert.Equal(t, len(give), end)
		assert.Equal(t, want, integer, give)
	}
}
