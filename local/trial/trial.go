// Package trial runs this folder's Python: contracts with their transforms and queries tried on this machine, without a
// platform.
package trial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"dataplatform/contracts"
	"dataplatform/local/toolchain"
)

// Trial is a module of this folder, and what it reads and writes.
type Trial struct {
	Module string
	In     io.Reader
	Out    io.Writer
	Log    io.Writer // the set-up's, of the first time
}

// Run runs the module on contracts; they are its first argument, as a file.
func (t Trial) Run(ctx context.Context, set *contracts.Set, args ...string) (err error) {
	bundle, err := set.Bundle()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "trial-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file := filepath.Join(folder, "contracts.json")
	if err := os.WriteFile(file, bundle, 0o600); err != nil {
		return err
	}
	cache, err := toolchain.DefaultCache()
	if err != nil {
		return err
	}
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	setup := toolchain.Setup{Root: root, Cache: cache, Log: t.Log}
	tools, err := setup.Ensure(ctx, toolchain.Python, toolchain.Jars)
	if err != nil {
		return err
	}
	run := exec.CommandContext(ctx, tools.Python, append([]string{"-m", "local.trial." + t.Module, file}, args...)...)
	run.Env = append(os.Environ(), "PYTHONPATH="+root+":"+filepath.Join(root, "glue-scripts"),
		"PYSPARK_PYTHON="+tools.Python, "DATAPLATFORM_JARS="+tools.Jars, "JAVA_HOME="+tools.JavaHome)
	var said bytes.Buffer
	run.Stdin, run.Stdout, run.Stderr = t.In, t.Out, &said
	if err := run.Run(); err != nil {
		return fmt.Errorf("%w\n%s", err, said.Bytes())
	}
	return nil
}
