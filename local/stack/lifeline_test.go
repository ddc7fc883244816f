//go:build local

package stack

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// starter says, in the environment of a process of this test, what becomes of the emulator that it starts, state where
// its files are.
const starter, state = "DATAPLATFORM_TEST_STARTER", "DATAPLATFORM_TEST_STATE"

// TestTheEmulatorEndsWithWhoStartedIt, also when that is killed and can stop nothing; what a command leaves running
// stays.
func TestTheEmulatorEndsWithWhoStartedIt(t *testing.T) {
	for _, fate := range []string{"ends", "stays"} {
		t.Run(fate, func(t *testing.T) {
			if os.Getenv(starter) == fate {
				startAndWait(t, fate)
			}
			e := emulatorOfAKilledProcess(t, fate)
			if fate == "stays" {
				time.Sleep(2 * time.Second)
				require.False(t, e.gone())
				require.NoError(t, e.stop())
			}
			require.Eventually(t, e.gone, 10*time.Second, 50*time.Millisecond)
		})
	}
}

// startAndWait is the process that is killed.
func startAndWait(t *testing.T, fate string) {
	options, err := Prepare(t.Context(), "../..", os.Getenv(state), small, os.Stderr)
	require.NoError(t, err)
	p, err := Start(t.Context(), options)
	require.NoError(t, err)
	if fate == "stays" {
		require.NoError(t, p.emulator.stay())
	}
	fmt.Printf("emulator %d\n", p.emulator.pid)
	select {}
}

func emulatorOfAKilledProcess(t *testing.T, fate string) *emulator {
	t.Helper()
	started := exec.CommandContext(t.Context(), os.Args[0],
		"-test.run", "^TestTheEmulatorEndsWithWhoStartedIt$/^"+fate+"$")
	started.Env = append(os.Environ(), starter+"="+fate, state+"="+filepath.Join(t.TempDir(), "state"))
	started.Stderr = os.Stderr
	stdout, err := started.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, started.Start())
	e := &emulator{}
	for scan := bufio.NewScanner(stdout); e.pid == 0 && scan.Scan(); {
		if pid, found := strings.CutPrefix(scan.Text(), "emulator "); found {
			_, err := fmt.Sscan(pid, &e.pid)
			require.NoError(t, err)
		}
	}
	require.NotZero(t, e.pid)
	require.False(t, e.gone())
	require.NoError(t, started.Process.Signal(syscall.SIGKILL))
	require.Error(t, started.Wait())
	return e
}
