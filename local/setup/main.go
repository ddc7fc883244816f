// Command setup makes the tools of the local platform and prints where they
// are, one NAME=path a line, so that a shell or a Makefile can read it. Without
// arguments it makes all of them, else those named: python, jars, pulumi,
// provider. Run it from the repository's root.
package main

import (
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
	tools, err := setup.Ensure(ctx, wanted...)
	if err != nil {
		return err
	}
	for _, line := range []struct{ name, path string }{
		{"PYTHON", tools.Python}, {"JARS", tools.Jars}, {"PULUMI", tools.Pulumi},
		{"PLUGINS", tools.Plugins}, {"JAVA_HOME", tools.JavaHome},
	} {
		if line.path != "" {
			fmt.Printf("%s=%s\n", line.name, line.path)
		}
	}
	return nil
}
