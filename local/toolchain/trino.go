package toolchain

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

const (
	trinoFile     = "local/trino.xml"
	trinoSumsFile = "local/trino.sha256"
)

// trino is the engine behind Athena: the server's own jars in lib, those of each plugin in plugin. Its Java is a
// package of the Python environment.
func (s *Setup) trino(python string) tool {
	return tool{name: "trino", paths: []string{trinoFile, trinoSumsFile},
		make: func(ctx context.Context, dir string) error {
			fetched := filepath.Join(dir, "fetched")
			if err := s.fetch(ctx, "Trino", python, fetched, trinoFile, trinoSumsFile, "tar.gz", "zip"); err != nil {
				return err
			}
			if err := unpackTrino(fetched, dir); err != nil {
				return err
			}
			return os.RemoveAll(fetched)
		}}
}

// unpackTrino takes of the server its jars alone, and puts each plugin in a folder of its name.
func unpackTrino(fetched, dir string) error {
	archives, err := os.ReadDir(fetched)
	if err != nil {
		return err
	}
	for _, archive := range archives {
		file := filepath.Join(fetched, archive.Name())
		if strings.HasSuffix(file, ".zip") {
			plugin := strings.Split(archive.Name(), "-")[1]
			err = unpackPlugin(file, filepath.Join(dir, "plugin", plugin))
		} else {
			err = unpackServer(file, filepath.Join(dir, "lib"))
		}
		if err != nil {
			return fmt.Errorf("unpack %s: %w", archive.Name(), err)
		}
	}
	return nil
}

func unpackServer(file, dir string) error {
	packed, err := os.Open(file)
	if err != nil {
		return err
	}
	defer packed.Close()
	unzipped, err := gzip.NewReader(packed)
	if err != nil {
		return err
	}
	for entries := tar.NewReader(unzipped); ; {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if folder, name := path.Split(entry.Name); path.Base(folder) == "lib" && strings.HasSuffix(name, ".jar") {
			if err := save(filepath.Join(dir, name), entries); err != nil {
				return err
			}
		}
	}
}

// unpackPlugin names a jar that another plugin has, too, a second time: names hold the version.
func unpackPlugin(file, dir string) error {
	packed, err := zip.OpenReader(file)
	if err != nil {
		return err
	}
	defer packed.Close()
	for _, entry := range packed.File {
		name := path.Base(entry.Name)
		if !strings.HasSuffix(name, ".jar") {
			continue
		}
		same, err := filepath.Glob(filepath.Join(filepath.Dir(dir), "*", name))
		if err != nil {
			return err
		}
		to := filepath.Join(dir, name)
		if len(same) > 0 {
			err = errors.Join(os.MkdirAll(dir, 0o755), os.Link(same[0], to))
		} else {
			err = saveFrom(entry, to)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func saveFrom(entry *zip.File, to string) error {
	content, err := entry.Open()
	if err != nil {
		return err
	}
	return errors.Join(save(to, content), content.Close())
}

func save(to string, content io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}
