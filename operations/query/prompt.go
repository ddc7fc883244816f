package query

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Lines are read one at a time, as golang.org/x/term's Terminal does, each after a prompt.
type Lines interface {
	SetPrompt(prompt string)
	ReadLine() (string, error)
}

// Statements gives each statement that is typed to run, until the lines end or one says exit or quit. A statement may
// take several lines; a semicolon behind it ends it. What run returns is given to failed, and the next is asked for.
func Statements(lines Lines, run func(sql string) error, failed func(error)) error {
	var typed []string
	for {
		lines.SetPrompt("sql> ")
		if len(typed) > 0 {
			lines.SetPrompt("  -> ")
		}
		line, err := lines.ReadLine()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if word := strings.TrimSpace(line); len(typed) == 0 {
			if word == "" {
				continue
			}
			if word = strings.ToLower(strings.TrimSuffix(word, ";")); word == "exit" || word == "quit" {
				return nil
			}
		}
		typed = append(typed, line)
		sql, ended := statement(strings.Join(typed, "\n"))
		if !ended {
			continue
		}
		typed = nil
		if sql == "" {
			continue
		}
		if err := run(sql); err != nil {
			failed(err)
		}
	}
}

// statement is what stands before a semicolon at the end, which no quotes and no comment hold.
func statement(text string) (sql string, ended bool) {
	last, rest := -1, text
	at := func() int { return len(text) - len(rest) }
	for rest != "" {
		size := 1
		switch begin := rest; {
		case strings.HasPrefix(begin, "--"):
			size = through(begin, "\n")
		case strings.HasPrefix(begin, "/*"):
			size = through(begin, "*/")
		case begin[0] == '\'' || begin[0] == '"':
			size = through(begin, begin[:1])
			last = -1
		case begin[0] == ';':
			if last < 0 {
				last = at()
			}
		case strings.TrimSpace(begin[:1]) != "":
			last = -1
		}
		if size < 0 {
			return "", false
		}
		rest = rest[size:]
	}
	if last < 0 {
		return "", false
	}
	return strings.TrimSpace(text[:last]), true
}

// through is how long what begins here is, its end with it; negative when the end is not there yet. A comment of a line
// ends with the text, too.
func through(begin, end string) int {
	from := min(len(end), len(begin))
	if end == "*/" {
		from = 2
	}
	if found := strings.Index(begin[from:], end); found >= 0 {
		return from + found + len(end)
	}
	if end == "\n" {
		return len(begin)
	}
	return -1
}

// historyLines is how many lines a history keeps.
const historyLines = 1000

// History are the lines that were typed, the newest last, kept in a file that nobody else reads: what is asked for may
// name somebody.
type History struct {
	path  string
	lines []string
}

// OpenHistory reads the history of a file, which need not be there.
func OpenHistory(path string) (*History, error) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	h := &History{path: path}
	for line := range strings.Lines(string(text)) {
		h.lines = append(h.lines, strings.TrimSuffix(line, "\n"))
	}
	return h, nil
}

// Add appends a line, unless it says nothing or repeats the one before.
func (h *History) Add(line string) {
	if strings.TrimSpace(line) == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	h.lines = append(h.lines, line)
	h.lines = h.lines[max(0, len(h.lines)-historyLines):]
}

// Len is how many lines there are.
func (h *History) Len() int { return len(h.lines) }

// At is a line, 0 the newest.
func (h *History) At(i int) string { return h.lines[len(h.lines)-1-i] }

// Save writes the file.
func (h *History) Save() error {
	if err := os.MkdirAll(filepath.Dir(h.path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(h.path, []byte(strings.Join(slices.Concat(h.lines, []string{""}), "\n")), 0o600)
}
