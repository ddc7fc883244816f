package artifacts

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"dataplatform/contracts"
)

const (
	libraryPackage = "dataplatform"
	librarySource  = "glue-scripts"
	libraryArchive = "glue/dataplatform.zip"
	contractsFile  = "contracts.json"
)

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
	source := filepath.Join(root, librarySource)
	entries := []entry{{path.Join(libraryPackage, contractsFile), 0o644, bundle}}
	err = filepath.WalkDir(filepath.Join(source, libraryPackage), func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".py") {
			return err
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
	packed, err := archive(entries)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{libraryArchive: packed, "glue/" + contractsFile: bundle} {
		changed, err := replace(filepath.Join(root, Folder, name), content)
		if err != nil {
			return err
		}
		if changed {
			fmt.Fprintf(log, "built %s/%s (%d KB)\n", Folder, name, len(content)/1000)
		}
	}
	return nil
}
