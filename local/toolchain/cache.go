package toolchain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// marker is the file that a finished thing holds. Its time says when the thing
// was last used.
const marker = ".complete"

// unusedAfter is how long a thing made from other inputs (another branch, an
// older commit) is kept beside the current one.
const unusedAfter = 14 * 24 * time.Hour

// thing is one folder of the cache.
type tool struct {
	name  string
	texts []string // what it is made from: texts such as versions,
	paths []string // and files or folders under the root
	// compiled says that making it compiles a Go program.
	compiled bool
	make     func(ctx context.Context, dir string) error
}

func (s *Setup) folder(t tool) (string, error) {
	key, err := s.hash(t.texts, t.paths...)
	return filepath.Join(s.Cache, t.name+"-"+key), err
}

// ensure returns the thing's folder, made if need be. Two setups never make
// the same thing twice: one lock is for all that is compiled, as a machine may
// have memory for one compile only, the other for the rest.
func (s *Setup) ensure(ctx context.Context, t tool) (string, error) {
	dir, err := s.folder(t)
	if err != nil {
		return "", fmt.Errorf("%s: %w", t.name, err)
	}
	if used(dir) {
		return dir, nil
	}
	unlock, err := s.lock(ctx, t.compiled)
	if err != nil {
		return "", err
	}
	defer unlock()
	if used(dir) { // made while we waited
		return dir, nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", fmt.Errorf("%s: clear an unfinished setup: %w", t.name, err)
	}
	// Made in place, not renamed at the end: the scripts of a Python
	// environment name their own folder. The marker makes it whole.
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("%s: %w", t.name, err)
	}
	start := time.Now()
	s.logf("%s: making it, once (kept in %s)", t.name, dir)
	if err := t.make(ctx, dir); err != nil {
		return "", fmt.Errorf("%s: %w", t.name, errors.Join(err, os.RemoveAll(dir)))
	}
	if err := os.WriteFile(filepath.Join(dir, marker), nil, 0o644); err != nil {
		return "", fmt.Errorf("%s: %w", t.name, err)
	}
	s.logf("%s: made in %s", t.name, time.Since(start).Round(time.Second))
	s.prune(t)
	return dir, nil
}

// used reports whether the folder holds a finished thing, and notes the use.
func used(dir string) bool {
	file := filepath.Join(dir, marker)
	if _, err := os.Stat(file); err != nil {
		return false
	}
	now := time.Now()
	// Only pruning reads the time; a read-only cache is no reason to fail.
	if err := os.Chtimes(file, now, now); err != nil && !errors.Is(err, fs.ErrPermission) {
		return false
	}
	return true
}

// prune removes older makes of the thing that nobody used for long. A folder
// that cannot be removed costs space only, so it is reported, not fatal.
func (s *Setup) prune(t tool) {
	dirs, err := filepath.Glob(filepath.Join(s.Cache, t.name+"-*"))
	if err != nil {
		s.logf("%s: look for old ones: %v", t.name, err)
	}
	for _, dir := range dirs {
		info, err := os.Stat(filepath.Join(dir, marker))
		if err != nil || time.Since(info.ModTime()) < unusedAfter {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			s.logf("%s: remove %s: %v", t.name, dir, err)
		}
	}
}

// lock waits for its part of the cache to be ours. The kernel drops the lock
// when the process ends, however it ends.
func (s *Setup) lock(ctx context.Context, compiled bool) (unlock func(), err error) {
	name := "lock"
	if compiled {
		name = "lock-compiled"
	}
	if err := os.MkdirAll(s.Cache, 0o755); err != nil {
		return nil, fmt.Errorf("cache folder: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(s.Cache, name), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("cache lock: %w", err)
	}
	for reported := false; ; {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { file.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("cache lock: %w", err), file.Close())
		}
		if !reported {
			s.logf("another setup is running; waiting for it")
			reported = true
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), file.Close())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// hash identifies inputs: texts, and the contents of files under the root.
// Folders count with everything in them.
func (s *Setup) hash(texts []string, paths ...string) (string, error) {
	sum := sha256.New()
	for _, text := range texts {
		fmt.Fprintf(sum, "text %d %s\n", len(text), text)
	}
	for _, path := range paths {
		err := filepath.WalkDir(filepath.Join(s.Root, path), func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || strings.HasSuffix(file, "_test.go") {
				return err
			}
			content, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(s.Root, file)
			fmt.Fprintf(sum, "file %s %d %s\n", name, len(content), content)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("hash %s: %w", path, err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}
