package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestProgressWhereLinesStay(t *testing.T) {
	var out strings.Builder
	p := NewProgress(&out)
	at := p.started
	p.now = func() time.Time { return at }
	for _, step := range []struct {
		after time.Duration
		name  string
	}{{0, "Process"}, {time.Second, "Process"}, {2 * time.Second, "Curate"}, {61 * time.Second, "Curate"},
		{62 * time.Second, "Curate"}, {63 * time.Second, "Curate"}} {
		at = p.started.Add(step.after)
		p.Step(step.name)
	}
	p.End()
	assert.Equal(t, "Process, 0s\nCurate, 2s\nCurate, 1m2s\n", out.String())
}

func TestProgressOnATerminal(t *testing.T) {
	var out strings.Builder
	p := NewProgress(&out)
	p.terminal, p.now = true, func() time.Time { return p.started.Add(90 * time.Second) }
	p.Step("1 of 2")
	p.Step("2 of 2")
	p.End()
	p.End()
	assert.Equal(t, "\r\x1b[K1 of 2, 1m30s\r\x1b[K2 of 2, 1m30s\n", out.String())
}
