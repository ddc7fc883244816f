package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"testing/fstest"
)

// mainBranch reads what the main branch has of a folder, and says which branch that is; none where there is no
// repository, or no such branch in it.
func mainBranch(dir, given string) (fs.FS, string, error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err := git(dir, nil, "rev-parse", "--git-dir"); err != nil && given == "" {
		return nil, "", nil
	}
	branches := []string{"origin/main", "main"}
	if given != "" {
		branches = []string{given}
	}
	for _, branch := range branches {
		if git(dir, nil, "rev-parse", "--verify", "--quiet", branch+"^{commit}") != nil {
			continue
		}
		// Of a folder that the branch does not have, git makes no archive.
		files := fstest.MapFS{}
		if git(dir, nil, "cat-file", "-e", branch+":./") != nil {
			return files, branch, nil
		}
		var archive bytes.Buffer
		if err := git(dir, &archive, "archive", "--format=tar", branch); err != nil {
			return nil, "", err
		}
		return files, branch, unpack(&archive, files)
	}
	if given != "" {
		return nil, "", fmt.Errorf("there is no branch %s here", given)
	}
	return nil, "", nil
}

func unpack(archive io.Reader, files fstest.MapFS) error {
	for reader := tar.NewReader(archive); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			return err
		}
		files[header.Name] = &fstest.MapFile{Data: content}
	}
}

func git(dir string, out io.Writer, args ...string) error {
	command := exec.Command("git", append([]string{"-C", dir}, args...)...)
	var said bytes.Buffer
	command.Stdout, command.Stderr = out, &said
	if err := command.Run(); err != nil {
		return fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(said.Bytes()))
	}
	return nil
}
