package artifacts

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"dataplatform/contracts"
)

const (
	librarySource  = "glue-scripts"
	libraryPackage = "dataplatform"
	libraryArchive = "glue/dataplatform.zip"
	contractsFile  = "contracts.json"

	modelSource  = "sagemaker-scripts"
	modelArchive = "sagemaker/source.tar.gz"
)

// notShipped are the folders that only development needs.
var notShipped = []string{"tests", "bench"}

// buildLibrary packs the jobs' package, with the contracts as a file of the
// package: a job reads exactly the contracts that its code was deployed with.
func buildLibrary(root string, log io.Writer) error {
	set, err := contracts.LoadWithFeatures() // a job takes what it works with
	if err != nil {
		return err
	}
	bundle, err := set.Bundle()
	if err != nil {
		return err
	}
	entries, err := pythonFiles(filepath.Join(root, librarySource), libraryPackage)
	if err != nil {
		return err
	}
	packed, err := archive(append(entries, entry{path.Join(libraryPackage, contractsFile), 0o644, bundle}))
	if err != nil {
		return err
	}
	if err := publish(root, "glue/"+contractsFile, bundle, log); err != nil {
		return err
	}
	return publish(root, libraryArchive, packed, log)
}

// buildModelSource packs the scripts that SageMaker's container runs, and what it installs for them.
func buildModelSource(root string, log io.Writer) error {
	entries, err := pythonFiles(filepath.Join(root, modelSource), ".")
	if err != nil {
		return err
	}
	packed, err := tarred(entries)
	if err != nil {
		return err
	}
	return publish(root, modelArchive, packed, log)
}

// pythonFiles are the files below a folder of a source tree, by their names in the tree, that a runtime of Python
// needs.
func pythonFiles(tree, below string) ([]entry, error) {
	var entries []entry
	err := filepath.WalkDir(filepath.Join(tree, below), func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(notShipped, d.Name()):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".py") && d.Name() != "requirements.txt":
			return nil
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(tree, file)
		entries = append(entries, entry{filepath.ToSlash(name), 0o644, content})
		return err
	})
	return entries, err
}

// tarred is archive for those who unpack tar: its bytes, too, depend on the entries only. Their dates are the epoch.
func tarred(entries []entry) ([]byte, error) {
	entries = slices.Clone(entries)
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	writer := tar.NewWriter(zipped)
	for _, e := range entries {
		if err := writer.WriteHeader(&tar.Header{
			Name: e.name, Mode: int64(e.mode), Size: int64(len(e.content)), Format: tar.FormatUSTAR,
		}); err != nil {
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

// publish brings an artifact up to date and reports when that changed it.
func publish(root, name string, content []byte, log io.Writer) error {
	changed, err := replace(filepath.Join(root, Folder, name), content)
	if changed {
		fmt.Fprintf(log, "built %s/%s (%d KB)\n", Folder, name, len(content)/1000)
	}
	return err
}
