package cli

import (
	"fmt"
	"io"
	"os"
	"time"
)

// Progress says how far something long is: on a terminal in one line that changes, elsewhere in a line a step and one a
// minute.
type Progress struct {
	out      io.Writer
	terminal bool
	now      func() time.Time
	started  time.Time
	said     time.Time
	step     string
}

// often is how long nothing is said of a step that goes on, where lines stay.
const often = time.Minute

// NewProgress begins now.
func NewProgress(out io.Writer) *Progress {
	p := &Progress{out: out, now: time.Now}
	if file, ok := out.(*os.File); ok {
		info, err := file.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	p.started = p.now()
	return p
}

// Step says what is being done; call it as often as you like.
func (p *Progress) Step(step string) {
	now := p.now()
	line := fmt.Sprintf("%s, %s", step, now.Sub(p.started).Truncate(time.Second))
	switch {
	case p.terminal:
		fmt.Fprint(p.out, "\r\x1b[K"+line)
	case step != p.step || now.Sub(p.said) >= often:
		fmt.Fprintln(p.out, line)
		p.said = now
	}
	p.step = step
}

// End leaves the last step on the screen.
func (p *Progress) End() {
	if p.terminal && p.step != "" {
		fmt.Fprintln(p.out)
	}
	p.step = ""
}
