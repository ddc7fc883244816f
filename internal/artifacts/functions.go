package artifacts

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	functionsSource = "lambdas"
	// noRPC leaves out the classic runtime's server, which provided.al2023
	// does not use (AWS Lambda developer guide, "Building with Go").
	noRPC = "lambda.norpc"
)

// functions lists the commands below lambdas/ by name.
func functions(root string) ([]string, error) {
	mains, err := filepath.Glob(filepath.Join(root, functionsSource, "*", "main.go"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, file := range mains {
		names = append(names, filepath.Base(filepath.Dir(file)))
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no %s/<name>/main.go below %s", functionsSource, root)
	}
	return names, nil
}

// buildFunctions compiles every function for every architecture whose sources
// differ from those of the last build.
func buildFunctions(ctx context.Context, root string, log io.Writer) error {
	names, err := functions(root)
	if err != nil {
		return err
	}
	for _, arch := range Architectures {
		key, err := sourcesKey(ctx, root, arch)
		if err != nil {
			return err
		}
		folder := filepath.Join(root, Folder, "lambda", arch)
		stamp := filepath.Join(folder, "sources.sha256")
		if upToDate(folder, stamp, key, names) {
			continue
		}
		for _, name := range names {
			packed, err := buildFunction(ctx, root, name, arch)
			if err != nil {
				return fmt.Errorf("%s for %s: %w", name, arch, err)
			}
			if err := publish(root, "lambda/"+arch+"/"+name+".zip", packed, log); err != nil {
				return err
			}
		}
		if _, err := replace(stamp, []byte(key)); err != nil {
			return err
		}
	}
	return nil
}

func upToDate(folder, stamp, key string, names []string) bool {
	old, err := os.ReadFile(stamp)
	if err != nil || string(old) != key {
		return false
	}
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(folder, name+".zip")); err != nil {
			return false
		}
	}
	return true
}

// buildFunction returns the archive of one function: the binary under the name
// that the provided runtimes start.
func buildFunction(ctx context.Context, root, name, arch string) (packed []byte, err error) {
	dir, err := os.MkdirTemp("", "bootstrap-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary := filepath.Join(dir, "bootstrap")
	if _, err := goTool(ctx, root, arch, "build", "-buildvcs=false", "-trimpath", "-tags", noRPC, "-ldflags",
		"-s -w -buildid=", "-o", binary, "./"+functionsSource+"/"+name); err != nil {
		return nil, err
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	return archive([]entry{{"bootstrap", 0o755, content}})
}

// sourcesKey is a hash over everything that the functions are compiled from:
// the compiler, the module versions, and the files of this module's packages.
func sourcesKey(ctx context.Context, root, arch string) (string, error) {
	version, err := goTool(ctx, root, arch, "version")
	if err != nil {
		return "", err
	}
	listed, err := goTool(ctx, root, arch, "list", "-deps", "-tags", noRPC,
		"-json=Dir,Standard,Module,GoFiles,SFiles,HFiles,EmbedFiles", "./"+functionsSource+"/...")
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	sum.Write(version)
	for decoder := json.NewDecoder(bytes.NewReader(listed)); ; {
		var pkg struct {
			Dir      string
			Standard bool
			Module   *struct {
				Path, Version string
				Main          bool
			}
			GoFiles, SFiles, HFiles, EmbedFiles []string
		}
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			return hex.EncodeToString(sum.Sum(nil)), nil
		} else if err != nil {
			return "", err
		}
		if pkg.Standard || pkg.Module == nil {
			continue
		}
		if !pkg.Module.Main { // a version's content never changes
			fmt.Fprintln(sum, pkg.Module.Path, pkg.Module.Version)
			continue
		}
		for _, files := range [][]string{pkg.GoFiles, pkg.SFiles, pkg.HFiles, pkg.EmbedFiles} {
			for _, name := range files {
				content, err := os.ReadFile(filepath.Join(pkg.Dir, name))
				if err != nil {
					return "", err
				}
				relative, err := filepath.Rel(root, filepath.Join(pkg.Dir, name))
				if err != nil {
					return "", err
				}
				fmt.Fprintln(sum, relative, len(content))
				sum.Write(content)
			}
		}
	}
}

// goTool runs the go command as the functions are compiled.
func goTool(ctx context.Context, root, arch string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, strings.TrimSpace(said.String()))
	}
	return out, nil
}
