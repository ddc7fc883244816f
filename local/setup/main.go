// Command setup makes the tools of the local platform and prints where they
// are, one NAME=path a line, so that a shell or a Makefile can read it. Without
// arguments it makes all of them but ml, else those named: python, jars, trino,
// pulumi, provider, ml (what trains recommendations). The argument mapping
// makes local/provider/mapping.json anew instead, and check-mapping only says
// whether it is what the generator makes. Run it from the repository's root.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"dataplatform/local/toolchain"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "setup:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, wanted []string) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	cache, err := toolchain.DefaultCache()
	if err != nil {
		return err
	}
	if len(wanted) == 0 {
		wanted = toolchain.All
	}
	setup := toolchain.Setup{Root: root, Cache: cache, Log: os.Stderr}
	if len(wanted) == 1 && (wanted[0] == "mapping" || wanted[0] == "check-mapping") {
		return mapping(ctx, &setup, wanted[0] == "check-mapping")
	}
	tools, err := setup.Ensure(ctx, wanted...)
	if err != nil {
		return err
	}
	for _, line := range []struct{ name, path string }{
		{"PYTHON", tools.Python}, {"ML_PYTHON", tools.Training}, {"JARS", tools.Jars},
		{"TRINO", tools.Trino}, {"PULUMI", tools.Pulumi}, {"PLUGINS", tools.Plugins},
		{"JAVA_HOME", tools.JavaHome},
	} {
		if line.path != "" {
			fmt.Printf("%s=%s\n", line.name, line.path)
		}
	}
	return nil
}

const mappingFile = "local/provider/mapping.json"

func mapping(ctx context.Context, setup *toolchain.Setup, check bool) error {
	made, err := setup.Mapping(ctx)
	if err != nil {
		return err
	}
	if !check {
		return os.WriteFile(mappingFile, made, 0o644)
	}
	have, err := os.ReadFile(mappingFile)
	if err != nil {
		return err
	}
	if !bytes.Equal(have, made) {
		return fmt.Errorf("%s is not what its generator makes: run `go run ./local/setup mapping`", mappingFile)
	}
	return nil
}
