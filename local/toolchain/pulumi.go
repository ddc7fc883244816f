package toolchain

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	cliModule      = "local/cli"
	cliPackage     = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
	providerModule = "local/provider"
	providerBinary = "pulumi-resource-aws"
)

// minPulumi is the oldest command line that runs the program: the one whose
// autonaming settings Pulumi.yaml uses and that its tests were last run with.
var minPulumi = [3]int{3, 220, 0}

// pulumi finds the Pulumi command line on PATH, or builds it.
func (s *Setup) pulumi(ctx context.Context) (string, error) {
	if path, err := exec.LookPath("pulumi"); err == nil {
		// The Automation API looks for bin/pulumi under a folder.
		dir := filepath.Dir(path)
		if out, err := output(ctx, "", path, "version"); err == nil && atLeast(out, minPulumi) && filepath.Base(dir) == "bin" {
			return filepath.Dir(dir), nil
		}
	}
	return s.ensure(ctx, s.goThing("pulumi", cliModule, cliPackage, filepath.Join("bin", "pulumi")))
}

// provider returns a plugins folder that holds the AWS provider. The official
// one is downloaded where that is possible; elsewhere the same provider code
// is compiled from Go modules, which takes a quarter of an hour once.
func (s *Setup) provider(ctx context.Context, pulumi string) (string, error) {
	version, err := s.sdkVersion()
	if err != nil {
		return "", err
	}
	built := s.goThing("provider", providerModule, ".", filepath.Join("plugins", "resource-aws-v"+version, providerBinary))
	dir, err := s.folder(built)
	if err != nil {
		return "", err
	}
	if used(dir) { // where it was compiled before, no download is tried
		return filepath.Join(dir, "plugins"), nil
	}
	official := thing{name: "official-provider", texts: []string{version}, make: func(ctx context.Context, dir string) error {
		return s.do(ctx, run{
			title: "official AWS provider",
			argv:  []string{filepath.Join(pulumi, "bin", "pulumi"), "plugin", "install", "resource", "aws", "v" + version},
			env:   []string{"PULUMI_HOME=" + dir, "PULUMI_SKIP_UPDATE_CHECK=true"},
		})
	}}
	if dir, err = s.ensure(ctx, official); err == nil {
		return filepath.Join(dir, "plugins"), nil
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	s.logf("the official AWS provider cannot be downloaded here; compiling it instead")
	if dir, err = s.ensure(ctx, built); err != nil {
		return "", err
	}
	return filepath.Join(dir, "plugins"), nil
}

// goThing is a program built from a Go module of its own.
func (s *Setup) goThing(name, module, pkg, binary string) thing {
	return thing{name: name, texts: []string{binary}, paths: []string{module}, make: func(ctx context.Context, dir string) error {
		source := filepath.Join(s.Root, module)
		if err := s.do(ctx, run{title: name + ": fetching modules", dir: source, argv: []string{"go", "mod", "download"}}); err != nil {
			return err
		}
		packages, err := output(ctx, source, "go", "list", "-deps", pkg)
		if err != nil {
			return err
		}
		// CGO off and -s -w: no C compiler needed, and half the link time and
		// size. -v prints each package once it is compiled.
		return s.do(ctx, run{
			title: name + ": compiling packages",
			dir:   source,
			env:   []string{"CGO_ENABLED=0", "GOWORK=off"},
			argv:  []string{"go", "build", "-v", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(dir, binary), pkg},
			count: func(line string) bool { return packageLine.MatchString(line) },
			total: strings.Count(packages, "\n") + 1,
		})
	}}
}

var packageLine = regexp.MustCompile(`^[A-Za-z0-9_.~/-]+$`)

var sdkLine = regexp.MustCompile(`(?m)^\s*github\.com/pulumi/pulumi-aws/sdk/v6 v(\S+)`)

// sdkVersion is the version of the AWS SDK that the program is written for;
// the plugin must be of the same.
func (s *Setup) sdkVersion() (string, error) {
	text, err := os.ReadFile(filepath.Join(s.Root, "go.mod"))
	if err != nil {
		return "", err
	}
	match := sdkLine.FindSubmatch(text)
	if match == nil {
		return "", fmt.Errorf("go.mod requires no github.com/pulumi/pulumi-aws/sdk/v6")
	}
	return string(match[1]), nil
}

var versionNumbers = regexp.MustCompile(`^v?(\d+)\.(\d+)\.(\d+)`)

// atLeast compares a version like v3.220.0 with a minimum.
func atLeast(version string, minimum [3]int) bool {
	match := versionNumbers.FindStringSubmatch(version)
	if match == nil {
		return false
	}
	var got [3]int
	for i, digits := range match[1:] {
		n, err := strconv.Atoi(digits)
		if err != nil {
			return false
		}
		got[i] = n
	}
	return slices.Compare(got[:], minimum[:]) >= 0
}
