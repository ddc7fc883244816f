// Command prune copies those parts of the Terraform AWS provider that the
// kinds of kinds.txt need into a folder and writes module files beside it that
// make a build take the copy. The provider registers some 250 services, each
// with a client library that takes seconds to minutes to compile; the platform
// uses a tenth of them.
//
//	go run ./prune <folder>
//
// is run in the plugin's module. It writes <folder>/terraform, <folder>/go.mod
// and <folder>/go.sum; the build is then `go build -modfile <folder>/go.mod`.
// The copy comes from the module cache, whose content the go command verified;
// two generated files of it are shortened, nothing else differs. Beside it lie
// copies of two libraries with a few lines changed, see transport and waits.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

const upstream = "github.com/hashicorp/terraform-provider-aws"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: prune <folder>")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "prune:", err)
		os.Exit(1)
	}
}

func run(folder string) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	module, err := fetched(upstream)
	if err != nil {
		return err
	}
	kinds, err := os.ReadFile("kinds.txt")
	if err != nil {
		return err
	}
	p := pruner{module: module, files: map[string][]byte{}}
	if err := p.prune(string(kinds)); err != nil {
		return err
	}
	copied := filepath.Join(folder, "terraform")
	for name, content := range p.files {
		target := filepath.Join(copied, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, content, 0o644); err != nil {
			return err
		}
	}
	replacements := []string{upstream + "=" + copied}
	for _, c := range []cure{transport, waits} {
		mended := filepath.Join(folder, path.Base(path.Dir(c.file)))
		if err := c.mend(mended); err != nil {
			return err
		}
		replacements = append(replacements, c.module+"="+mended)
	}
	return moduleFiles(folder, replacements...)
}

// moduleFiles copies the plugin's go.mod and go.sum with modules replaced by
// copies.
func moduleFiles(folder string, replacements ...string) error {
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return err
		}
	}
	for _, replacement := range replacements {
		if _, err := goTool("mod", "edit", "-replace", replacement, filepath.Join(folder, "go.mod")); err != nil {
			return err
		}
	}
	return nil
}

// fetched is the folder of a module's source, or of what replaces it; it is downloaded when it is not there.
func fetched(module string) (string, error) {
	text, err := goTool("mod", "download", "-json", module)
	if err != nil {
		return "", err
	}
	var answer struct{ Dir string }
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return "", fmt.Errorf("go mod download %s: %w", module, err)
	}
	if answer.Dir == "" {
		return "", fmt.Errorf("go mod download %s says no folder: %s", module, text)
	}
	return answer.Dir, nil
}

func goTool(args ...string) (string, error) {
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return "", fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}
