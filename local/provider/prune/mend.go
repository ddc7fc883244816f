package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A cure is an edit of one file of a module that the plugin is built with.
type cure struct {
	// module is the module's path, or where go.mod replaces it, its path there.
	module string
	// file is the file's path in the module.
	file string
	// edits are pairs of a text that the file holds exactly once and what comes in its place.
	edits [][2]string
}

// transport puts a fault of the AWS SDK's transport right.
//
// After an answer the SDK closes the request's body; net/http may at that
// moment still be asking the body whether there is more of it, through WriteTo,
// and a closed body answers io.EOF, which for a WriterTo is an error and not an
// end. net/http then closes the connection, and reading the answer fails with
// "use of closed network connection". The faster the server, the likelier: AWS
// is too far away for it, an emulator on the same machine is not.
var transport = cure{
	module: "github.com/aws/smithy-go",
	file:   "transport/http/internal/io/safe.go",
	edits: [][2]string{{"if r.safeReadCloser.closed {\n\t\treturn 0, io.EOF",
		"if r.safeReadCloser.closed {\n\t\treturn 0, nil"}},
}

// waits bounds the pauses between the questions whether a change has come
// through.
//
// AWS answers from many machines, so the provider asks six times in 25 seconds
// whether a queue has its policy, and only after ten whether a stream is there.
// The emulator is one machine and answers the truth at once: with these pauses
// a deployment does nothing for two thirds of its time.
var waits = cure{
	module: "github.com/hashicorp/terraform-plugin-sdk/v2",
	file:   "helper/retry/state.go",
	edits: [][2]string{
		{"case <-time.After(conf.Delay):", "case <-time.After(min(conf.Delay, 200*time.Millisecond)):"},
		{"\t\t\tlog.Printf(\"[TRACE] Waiting %s before next try\", wait)",
			"\t\t\twait = min(wait, 200*time.Millisecond)\n"},
	},
}

// mend copies the cure's module into folder, with the edits.
func (c cure) mend(folder string) error {
	module, err := fetched(c.module)
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
	path := filepath.Join(folder, filepath.FromSlash(c.file))
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for _, edit := range c.edits {
		if bytes.Count(text, []byte(edit[0])) != 1 {
			return fmt.Errorf(
				"%s: %q is not there exactly once: the module was changed, look whether it still needs mending", path,
				edit[0],
			)
		}
		text = bytes.Replace(text, []byte(edit[0]), []byte(edit[1]), 1)
	}
	return os.WriteFile(path, text, 0o644)
}
