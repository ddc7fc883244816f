// Package toolchain makes what the local platform needs beside Go modules: a
// Python environment, Spark's jars, Trino, the Pulumi command line and the AWS
// provider plugin. It uses the standard library only, so that the command
// around it compiles in a moment on a fresh machine.
//
// Everything lives outside the work tree in one cache folder, each thing under
// a name that holds the hash of what it was made from. A thing counts as made
// once its marker file exists; whatever an interrupted setup left behind has
// none and is made again from the start.
package toolchain

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// The tools that Ensure can make. Jars and Trino need the resolver that comes
// with Python's Spark, and the provider may be downloaded by the Pulumi command line.
const (
	Python   = "python"
	Jars     = "jars"
	Trino    = "trino"
	Pulumi   = "pulumi"
	Provider = "provider"
	Training = "ml"
)

// All lists every tool but Learning, which only recommendations need.
var All = []string{Python, Jars, Trino, Pulumi, Provider}

// Tools says where the tools are. A tool that was not asked for is empty.
type Tools struct {
	// Python is the interpreter of the virtual environment.
	Python string
	// Learning is the interpreter of the training scripts' virtual environment.
	Training string
	// Jars is the folder of Spark's additional jars.
	Jars string
	// Trino is the folder of the engine behind Athena.
	Trino string
	// Pulumi is the folder whose bin/pulumi is the command line.
	Pulumi string
	// Plugins is laid out as the plugins folder of a PULUMI_HOME.
	Plugins string
	// JavaHome is the folder of the Java that Spark runs on.
	JavaHome string
}

// Setup makes tools for the project whose root folder is Root.
type Setup struct {
	Root  string    // the repository
	Cache string    // DefaultCache() unless a test says otherwise
	Log   io.Writer // progress, one line a message

	logging sync.Mutex
	host    Host
}

// DefaultCache is where tools are kept: $XDG_CACHE_HOME or ~/.cache, as the
// XDG base directory specification has it.
func DefaultCache() (string, error) {
	if dir := os.Getenv("XDG_CACHE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "dataplatform"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder: %w", err)
	}
	return filepath.Join(home, ".cache", "dataplatform"), nil
}

// Ensure checks the prerequisites, makes those of the wanted tools that are
// missing, and says where they are. What is mostly downloaded is made beside
// what is compiled: the one waits for the network, the other for the processor.
func (s *Setup) Ensure(ctx context.Context, wanted ...string) (Tools, error) {
	for _, name := range wanted {
		if known := append(slices.Clone(All), Training); !slices.Contains(known, name) {
			return Tools{}, fmt.Errorf("unknown tool %q: have %s", name, strings.Join(known, ", "))
		}
	}
	host, err := FindHost(ctx)
	if err != nil {
		return Tools{}, err
	}
	s.host = host
	tools := Tools{JavaHome: host.JavaHome}
	want := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(wanted, name) })
	}
	err = together(ctx,
		func(ctx context.Context) error { return s.ensurePython(ctx, want, &tools) },
		func(ctx context.Context) error { return s.ensurePulumi(ctx, want, &tools) })
	return tools, err
}

// together runs tasks side by side. The first that fails ends the others, and its error is the result.
func together(ctx context.Context, tasks ...func(context.Context) error) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var running sync.WaitGroup
	for _, task := range tasks {
		running.Go(func() {
			if err := task(ctx); err != nil {
				fail(err)
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

func (s *Setup) ensurePython(ctx context.Context, want func(...string) bool, tools *Tools) error {
	if want(Python, Jars, Trino) {
		dir, err := s.ensure(ctx, s.venv())
		if err != nil {
			return err
		}
		tools.Python = filepath.Join(dir, "bin", "python")
	}
	if want(Jars) {
		var err error
		if tools.Jars, err = s.ensure(ctx, s.jars(tools.Python)); err != nil {
			return err
		}
		if _, err = s.ensure(ctx, s.archive(tools.Python, tools.Jars)); err != nil {
			return err
		}
	}
	if want(Trino) {
		var err error
		if tools.Trino, err = s.ensure(ctx, s.trino(tools.Python)); err != nil {
			return err
		}
	}
	if want(Training) {
		dir, err := s.ensure(ctx, s.training())
		if err != nil {
			return err
		}
		tools.Training = filepath.Join(dir, "bin", "python")
	}
	return nil
}

func (s *Setup) ensurePulumi(ctx context.Context, want func(...string) bool, tools *Tools) (err error) {
	if want(Pulumi, Provider) {
		if tools.Pulumi, err = s.pulumi(ctx); err != nil {
			return err
		}
	}
	if want(Provider) {
		tools.Plugins, err = s.provider(ctx, tools.Pulumi)
	}
	return err
}

func (s *Setup) logf(format string, args ...any) {
	s.logging.Lock()
	defer s.logging.Unlock()
	fmt.Fprintf(s.Log, format+"\n", args...)
}
