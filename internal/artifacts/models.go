package artifacts

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	modelSource  = "sagemaker-scripts"
	modelArchive = "sagemaker/source.tar.gz"
)

// notShipped are the folders that only development needs.
var notShipped = []string{"tests", "bench"}

// buildModelSource packs the scripts that SageMaker's container runs, and what it installs for them.
func buildModelSource(root string, log io.Writer) error {
	source := filepath.Join(root, modelSource)
	var entries []entry
	err := filepath.WalkDir(source, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains(notShipped, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".py") && d.Name() != "requirements.txt" {
			return nil
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(source, file)
		entries = append(entries, entry{filepath.ToSlash(name), 0o644, content})
		return err
	})
	if err != nil {
		return err
	}
	packed, err := tarred(entries)
	if err != nil {
		return err
	}
	changed, err := replace(filepath.Join(root, Folder, modelArchive), packed)
	if changed {
		fmt.Fprintf(log, "built %s/%s (%d KB)\n", Folder, modelArchive, len(packed)/1000)
	}
	return err
}

// tarred is archive for those who unpack tar: its bytes, too, depend on the entries only. Their dates are the epoch.
func tarred(entries []entry) ([]byte, error) {
	entries = slices.Clone(entries)
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	writer := tar.NewWriter(zipped)
	for _, e := range entries {
		if err := writer.WriteHeader(&tar.Header{Name: e.name, Mode: int64(e.mode), Size: int64(len(e.content)), Format: tar.FormatUSTAR}); err != nil {
			return nil, err
		}
		if _, err := writer.Write(e.content); err != nil {
			return nil, err
		}
	}
	for _, finish := range []func() error{writer.Close, zipped.Close} {
		if err := finish(); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}
