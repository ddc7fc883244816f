package toolchain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// What must be installed before: the versions that Glue 5.0 runs, and the Go
// that go.mod names (an older go command fetches that one by itself).
const (
	minPythonMinor = 11
	javaMajor      = 17
)

// Host is what the machine must have already.
type Host struct {
	Python   string // an interpreter of at least the wanted version, with venv
	JavaHome string
}

// FindHost looks for the prerequisites and reports all that are missing
// together.
func FindHost(ctx context.Context) (Host, error) {
	var host Host
	var problems []error
	if _, err := exec.LookPath("go"); err != nil {
		problems = append(problems, errors.New("Go is missing: install the version that go.mod names"))
	}
	var err error
	if host.Python, err = findPython(ctx); err != nil {
		problems = append(problems, err)
	}
	if host.JavaHome, err = findJava(ctx); err != nil {
		problems = append(problems, err)
	}
	if len(problems) > 0 {
		return Host{}, fmt.Errorf("prerequisites:\n%w", errors.Join(problems...))
	}
	return host, nil
}

// findPython takes Glue's own version if there is one, else any newer.
func findPython(ctx context.Context) (string, error) {
	var seen []string
	for _, name := range []string{"python3.11", "python3.12", "python3"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		out, err := output(ctx, "", path, "-c",
			"import sys, venv, ensurepip; print('.'.join(map(str, sys.version_info[:2])), sys.executable)")
		if err != nil {
			seen = append(seen, name+" without the venv module")
			continue
		}
		version, executable, _ := strings.Cut(out, " ")
		minor, err := strconv.Atoi(strings.TrimPrefix(version, "3."))
		if err != nil || minor < minPythonMinor {
			seen = append(seen, name+" "+version)
			continue
		}
		return executable, nil
	}
	return "", fmt.Errorf("Python 3.%d or newer with its venv module is missing (%s)", minPythonMinor, found(seen))
}

var javaVersion = regexp.MustCompile(`version "(\d+)`)

// findJava looks at JAVA_HOME, at the java on PATH and where distributions
// install several side by side.
func findJava(ctx context.Context) (string, error) {
	var candidates, seen []string
	if home := os.Getenv("JAVA_HOME"); home != "" {
		candidates = append(candidates, home)
	}
	if path, err := exec.LookPath("java"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			candidates = append(candidates, filepath.Dir(filepath.Dir(real)))
		}
	}
	for _, pattern := range []string{"/usr/lib/jvm/*17*", "/Library/Java/JavaVirtualMachines/*17*/Contents/Home"} {
		if homes, err := filepath.Glob(pattern); err == nil {
			candidates = append(candidates, homes...)
		}
	}
	for _, home := range candidates {
		// -version prints on standard error.
		out, err := exec.CommandContext(ctx, filepath.Join(home, "bin", "java"), "-version").CombinedOutput()
		match := javaVersion.FindSubmatch(out)
		if err != nil || match == nil {
			continue
		}
		if string(match[1]) == strconv.Itoa(javaMajor) {
			return home, nil
		}
		seen = append(seen, "Java "+string(match[1]))
	}
	return "", fmt.Errorf("Java %d is missing (%s): Spark 3.5 runs on it; set JAVA_HOME if it is installed elsewhere",
		javaMajor, found(seen))
}

func found(seen []string) string {
	if len(seen) == 0 {
		return "none found"
	}
	return "found " + strings.Join(seen, ", ")
}
