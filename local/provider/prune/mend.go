package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const smithy = "github.com/aws/smithy-go"

// mend copies the AWS SDK's transport into folder with one fault put right.
//
// After an answer the SDK closes the request's body; net/http may at that
// moment still be asking the body whether there is more of it, through WriteTo,
// and a closed body answers io.EOF, which for a WriterTo is an error and not an
// end. net/http then closes the connection, and reading the answer fails with
// "use of closed network connection". The faster the server, the likelier: AWS
// is too far away for it, an emulator on the same machine is not.
func mend(folder string) error {
	module, err := goTool("list", "-m", "-f", "{{.Dir}}", smithy)
	if err != nil {
		return err
	}
	if err := os.CopyFS(folder, os.DirFS(module)); err != nil {
		return err
	}
	// The module cache is read-only, and so is what was copied from it.
	if err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.Chmod(path, 0o755)
		}
		return os.Chmod(path, 0o644)
	}); err != nil {
		return err
	}
	path := filepath.Join(folder, "transport", "http", "internal", "io", "safe.go")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	fault := []byte("if r.safeReadCloser.closed {\n\t\treturn 0, io.EOF")
	if bytes.Count(text, fault) != 1 {
		return fmt.Errorf("%s: the fault to mend is not there: the SDK was changed, look whether it still has it", path)
	}
	return os.WriteFile(path, bytes.Replace(text, fault, []byte("if r.safeReadCloser.closed {\n\t\treturn 0, nil"), 1), 0o644)
}
