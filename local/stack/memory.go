package stack

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const sampleEvery = 500 * time.Millisecond

// memory samples what this process and its descendants hold. Pages that
// processes share are counted in each, so the number is an upper bound.
type memory struct {
	peak atomic.Int64
	done chan struct{}
	once sync.Once
}

func watchMemory() *memory {
	m := &memory{done: make(chan struct{})}
	go func() {
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		for {
			m.sample()
			select {
			case <-m.done:
				return
			case <-tick.C:
			}
		}
	}()
	return m
}

func (m *memory) sample() {
	total := residentBytes(os.Getpid())
	for _, pid := range descendants(os.Getpid()) {
		total += residentBytes(pid)
	}
	if total > m.peak.Load() {
		m.peak.Store(total)
	}
}

func (m *memory) peakBytes() int64 { return m.peak.Load() }

func (m *memory) stop() { m.once.Do(func() { close(m.done) }) }

// descendants lists the processes below pid, from /proc; none where there is
// no /proc. Processes may end while it looks; those are left out.
func descendants(pid int) []int {
	children := map[int][]int{}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil
	}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// "pid (name) state parent …"; the name may hold spaces and brackets.
		var state string
		var parent int
		if _, err := fmt.Sscan(string(text[strings.LastIndexByte(string(text), ')')+1:]), &state, &parent); err != nil {
			continue
		}
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil {
			children[parent] = append(children[parent], child)
		}
	}
	var all []int
	for open := children[pid]; len(open) > 0; open = open[1:] {
		all = append(all, open[0])
		open = append(open, children[open[0]]...)
	}
	return all
}

func residentBytes(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0 // it ended
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		return 0
	}
	return resident * int64(os.Getpagesize())
}
