// Package artifacts builds what a deployment ships: the functions' archives,
// for every architecture, the jobs' library with the contracts in it, and the
// scripts that SageMaker runs. The same sources give the same bytes, so that a
// deployment changes only what changed.
package artifacts

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Architectures the functions are built for, by Go's names.
var Architectures = []string{"arm64", "amd64"}

// Folder of the artifacts, relative to the repository's root.
const Folder = "build"

// Build brings every artifact of the repository at root up to date and reports
// to log what it had to make.
func Build(ctx context.Context, root string, log io.Writer) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	if err := buildLibrary(root, log); err != nil {
		return fmt.Errorf("jobs' library: %w", err)
	}
	if err := buildModelSource(root, log); err != nil {
		return fmt.Errorf("models' scripts: %w", err)
	}
	if err := buildFunctions(ctx, root, log); err != nil {
		return fmt.Errorf("functions: %w", err)
	}
	return nil
}

// entry is one file of an archive.
type entry struct {
	name    string
	mode    os.FileMode
	content []byte
}

// archive makes a zip whose bytes depend on the entries only: sorted, and
// dated at the format's epoch.
func archive(entries []entry) ([]byte, error) {
	entries = slices.Clone(entries)
	slices.SortFunc(entries, func(a, b entry) int { return bytes.Compare([]byte(a.name), []byte(b.name)) })
	var out bytes.Buffer
	writer := zip.NewWriter(&out)
	for _, e := range entries {
		header := &zip.FileHeader{
			Name: e.name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC),
		}
		header.SetMode(e.mode)
		file, err := writer.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := file.Write(e.content); err != nil {
			return nil, err
		}
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// replace writes the file unless it holds the content already. Readers never
// see half a file.
func replace(path string, content []byte) (changed bool, err error) {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return false, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return false, err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return false, err
	}
	_, err = temp.Write(content)
	err = errors.Join(err, temp.Chmod(0o644), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return false, errors.Join(err, os.Remove(temp.Name()))
	}
	return true, nil
}
