package commands

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"dataplatform/operations/query"
)

// terminal is the descriptor of a stream that is one.
func terminal(stream any) (int, bool) {
	file, ok := stream.(*os.File)
	if !ok {
		return 0, false
	}
	descriptor := int(file.Fd())
	return descriptor, term.IsTerminal(descriptor)
}

// prompted runs what is typed at the terminal, and keeps what was typed for the next time.
func prompted(c *cobra.Command, run func(sql string) error) (err error) {
	folder, err := os.UserConfigDir()
	if err != nil {
		return err
	}
	history, err := query.OpenHistory(filepath.Join(folder, "dataplatform", "history"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, history.Save()) }()
	descriptor, _ := terminal(c.InOrStdin())
	lines := &lines{descriptor: descriptor, editor: term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{c.InOrStdin(), c.ErrOrStderr()}, "")}
	lines.editor.History = history
	return query.Statements(lines, run, func(err error) { fmt.Fprintln(c.ErrOrStderr(), "error:", err) })
}

// lines are edited with the terminal's own handling of keys off, which is on again while a statement runs: Ctrl-C ends
// it.
type lines struct {
	descriptor int
	editor     *term.Terminal
}

func (l *lines) SetPrompt(prompt string) { l.editor.SetPrompt(prompt) }

func (l *lines) ReadLine() (line string, err error) {
	before, err := term.MakeRaw(l.descriptor)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, term.Restore(l.descriptor, before)) }()
	return l.editor.ReadLine()
}
