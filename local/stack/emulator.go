package stack

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	emulatorLog  = "emulator.log"
	readyTimeout = 60 * time.Second
	stopTimeout  = 20 * time.Second
)

// emulator is the emulator's process.
type emulator struct {
	endpoint string
	// pid is 0 for one that somebody else runs: foreign.
	pid     int
	foreign bool
	// lifeline ends the emulator when this process does, however that comes about; nil if another process started it.
	lifeline *os.File
	// ended is closed when the process has; nil if another process started it.
	ended <-chan struct{}
}

// startEmulator starts it in a process group of its own, so that Ctrl-C reaches
// this process only, which then stops everything in order.
func startEmulator(ctx context.Context, options Options) (*emulator, error) {
	logPath := filepath.Join(options.StateDir, emulatorLog)
	said, err := os.Create(filepath.Join(options.StateDir, "emulator.err"))
	if err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	defer said.Close()
	theirs, lifeline, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	defer theirs.Close()
	cmd := exec.Command(options.Tools.Python, "-m", "emulator", "--port", "0",
		"--state-dir", filepath.Join(options.StateDir, "emulator"), "--jars", options.Tools.Jars, "--log", logPath,
		"--trino", options.Tools.Trino, "--authorizer", options.Authorizer, "--lifeline", "3")
	if options.Tools.Training != "" {
		cmd.Args = append(cmd.Args, "--training", options.Tools.Training)
	}
	cmd.Dir = options.Root
	cmd.Env = append(os.Environ(),
		"PYTHONPATH="+options.Root, "JAVA_HOME="+options.Tools.JavaHome, "NO_PROXY=127.0.0.1")
	cmd.Stderr, cmd.ExtraFiles = said, []*os.File{theirs} // the first of which is number 3
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("emulator: %w", err), lifeline.Close())
	}
	ready := make(chan string, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		scan := bufio.NewScanner(stdout)
		for scan.Scan() {
			if url, ok := strings.CutPrefix(scan.Text(), "ready "); ok {
				ready <- url
				break
			}
		}
		// Read on, or the process would block on a full pipe one day. How it
		// ended is reported by whoever misses it.
		_, _ = io.Copy(io.Discard, stdout)
		_ = cmd.Wait()
	}()
	e := &emulator{pid: cmd.Process.Pid, lifeline: lifeline, ended: ended}
	select {
	case e.endpoint = <-ready:
		return e, nil
	case <-ended:
		err = errors.New("ended before it was ready")
	case <-time.After(readyTimeout):
		err = fmt.Errorf("not ready after %s", readyTimeout)
	case <-ctx.Done():
		err = ctx.Err()
	}
	err = errors.Join(fmt.Errorf("emulator: %w", err), e.stop())
	if text, readErr := os.ReadFile(said.Name()); readErr == nil && len(text) > 0 {
		err = fmt.Errorf("%w\n%s", err, bytes.TrimSpace(text[max(0, len(text)-4000):]))
	}
	return nil, err
}

// stay makes the process outlive this one.
func (e *emulator) stay() error {
	if e.lifeline == nil {
		return nil
	}
	_, err := e.lifeline.Write([]byte{1})
	err = errors.Join(err, e.lifeline.Close())
	e.lifeline = nil
	return err
}

// stop asks the process to end, which ends its children too; what does not
// heed is killed.
func (e *emulator) stop() error {
	if e.lifeline != nil {
		defer e.lifeline.Close()
	}
	if e.foreign || e.gone() {
		return nil
	}
	family := descendants(e.pid)
	if err := syscall.Kill(e.pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop the emulator: %w", err)
	}
	deadline := time.Now().Add(stopTimeout)
	for !e.gone() && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
	if e.gone() {
		return nil
	}
	for _, pid := range append(family, e.pid) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("kill process %d of the emulator: %w", pid, err)
		}
	}
	return fmt.Errorf("the emulator did not end within %s and was killed", stopTimeout)
}

func (e *emulator) gone() bool {
	if e.ended != nil {
		select {
		case <-e.ended:
			return true
		default:
			return false
		}
	}
	return errors.Is(syscall.Kill(e.pid, 0), syscall.ESRCH)
}

// QueryEngine is where the engine behind Athena is reached directly.
type QueryEngine struct {
	URL  string `json:"url"`
	JDBC string `json:"jdbc"`
	User string `json:"user"`
}

// WarmQueryEngine starts the engine beside what goes on, so that the first query need not wait for it.
func (p *Platform) WarmQueryEngine(ctx context.Context) error {
	return p.Call(ctx, "POST", "trino", nil, nil)
}

// QueryEngine waits until the engine answers.
func (p *Platform) QueryEngine(ctx context.Context) (found QueryEngine, err error) {
	err = p.Call(ctx, "GET", "trino", nil, &found)
	return found, err
}

// Call makes a request to the emulator's own interface below /_local, for
// example Call(ctx, "GET", "inventory", nil, &out). in and out are JSON; either
// may be nil.
func (p *Platform) Call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("emulator %s: %w", path, err)
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, p.Endpoint+"/_local/"+path, body)
	if err != nil {
		return fmt.Errorf("emulator %s: %w", path, err)
	}
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("emulator %s: %w", path, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("emulator %s: %w", path, err)
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("emulator %s %s: %s: %s", method, path, response.Status, text)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("emulator %s: %w", path, err)
	}
	return nil
}
