package main

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

// held says what a first run would fail for: in queries and views, and in the transforms of the contracts named.
func held(set *contracts.Set, ids []string, out io.Writer) (err error) {
	bundle, err := set.Bundle()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "release-")
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
	ctx := context.Background()
	setup := toolchain.Setup{Root: root, Cache: cache, Log: out}
	tools, err := setup.Ensure(ctx, toolchain.Python)
	if err != nil {
		return err
	}
	args := append([]string{"-m", "local.trial.check", file, filepath.Join("analytics", "sql")}, ids...)
	run := exec.CommandContext(ctx, tools.Python, args...)
	run.Env = append(os.Environ(), "PYTHONPATH="+root+":"+filepath.Join(root, "glue-scripts"),
		"PYSPARK_PYTHON="+tools.Python)
	var found, said bytes.Buffer
	run.Stdout, run.Stderr = &found, &said
	switch err := run.Run(); {
	case err == nil:
		return nil
	case found.Len() > 0:
		return errors.New(string(bytes.TrimSpace(found.Bytes())))
	default:
		return fmt.Errorf("%w\n%s", err, said.Bytes())
	}
}
