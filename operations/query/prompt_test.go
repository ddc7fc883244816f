package query

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// typed are lines somebody types, and the prompts that were shown before them.
type typed struct {
	lines   []string
	prompts string
}

func (t *typed) SetPrompt(prompt string) { t.prompts = prompt }

func (t *typed) ReadLine() (string, error) {
	if len(t.lines) == 0 {
		return "", io.EOF
	}
	line := t.lines[0]
	t.lines = t.lines[1:]
	return line, nil
}

func TestStatements(t *testing.T) {
	for name, tt := range map[string]struct{ give, want []string }{
		"one a line":             {[]string{"SELECT 1;", "", "SELECT 2 ; "}, []string{"SELECT 1", "SELECT 2"}},
		"one in lines":           {[]string{"SELECT", "", "1", ";"}, []string{"SELECT\n\n1"}},
		"one that does not end":  {[]string{"SELECT 1"}, nil},
		"a semicolon in a text":  {[]string{"SELECT 'a;", "b''; '", ";"}, []string{"SELECT 'a;\nb''; '"}},
		"a semicolon in a name":  {[]string{"SELECT \"c;", "\";"}, []string{"SELECT \"c;\n\""}},
		"a semicolon in between": {[]string{"SELECT 1; SELECT 2;"}, []string{"SELECT 1; SELECT 2"}},
		"in a comment":           {[]string{"SELECT 1 -- 2;", "/* ; ", "*/ ;"}, []string{"SELECT 1 -- 2;\n/* ; \n*/"}},
		"a comment behind it":    {[]string{"SELECT 1; -- done"}, []string{"SELECT 1"}},
		"a minus and a slash":    {[]string{"SELECT 6/-1;"}, []string{"SELECT 6/-1"}},
		"nothing":                {[]string{";", " ;;"}, nil},
		"exit":                   {[]string{"SELECT 1;", "EXIT;", "SELECT 2;"}, []string{"SELECT 1"}},
		"quit":                   {[]string{"quit", "SELECT 2;"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var ran []string
			require.NoError(t, Statements(&typed{lines: tt.give}, func(sql string) error {
				ran = append(ran, sql)
				return nil
			}, nil))
			assert.Equal(t, tt.want, ran)
		})
	}
}

func TestStatementsGoOnAfterAMistake(t *testing.T) {
	lines := &typed{lines: []string{"SELEC 1;", "SELECT", "2;"}}
	var reported, prompts []string
	require.NoError(t, Statements(lines, func(sql string) error {
		prompts = append(prompts, lines.prompts)
		return errors.New(sql)
	}, func(err error) { reported = append(reported, err.Error()) }))
	assert.Equal(t, []string{"SELEC 1", "SELECT\n2"}, reported)
	assert.Equal(t, []string{"sql> ", "  -> "}, prompts)
}

func TestHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "not", "there", "history")
	h, err := OpenHistory(path)
	require.NoError(t, err)
	for _, line := range []string{"SELECT 1;", "SELECT 1;", " ", "SELECT 2;"} {
		h.Add(line)
	}
	require.NoError(t, h.Save())
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	h, err = OpenHistory(path)
	require.NoError(t, err)
	assert.Equal(t, 2, h.Len())
	assert.Equal(t, "SELECT 2;", h.At(0))
	assert.Equal(t, "SELECT 1;", h.At(1))
	for i := range historyLines {
		h.Add(strconv.Itoa(i))
	}
	assert.Equal(t, historyLines, h.Len())
	assert.Equal(t, "0", h.At(historyLines-1))
}
