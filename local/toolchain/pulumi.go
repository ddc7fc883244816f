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
	"time"
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

// RunsProgram says whether a Pulumi command line that calls itself version is new enough, and which is.
func RunsProgram(version string) (bool, string) {
	return atLeast(version, minPulumi), fmt.Sprintf("v%d.%d.%d", minPulumi[0], minPulumi[1], minPulumi[2])
}

// pulumi finds the Pulumi command line on PATH, or builds it.
func (s *Setup) pulumi(ctx context.Context) (string, error) {
	if path, err := exec.LookPath("pulumi"); err == nil {
		// The Automation API looks for bin/pulumi under a folder.
		dir := filepath.Dir(path)
		if out, err := output(ctx, "", path, "version"); err == nil && atLeast(out, minPulumi) &&
			filepath.Base(dir) == "bin" {
			return filepath.Dir(dir), nil
		}
	}
	return s.ensure(ctx, s.compiled(program{
		name: "pulumi", module: cliModule, pkg: cliPackage, binary: filepath.Join("bin", "pulumi"),
		// A command line without a version is refused by the Automation API.
		versionOf: "github.com/pulumi/pulumi/pkg/v3",
		versionIn: "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",
	}))
}

// provider returns a plugins folder that holds the AWS provider. The official
// one is what AWS itself is deployed to with, so it is taken wherever it can be
// downloaded; elsewhere the same provider code, somewhat older, is compiled from
// Go modules, which takes some minutes once.
func (s *Setup) provider(ctx context.Context, pulumi string) (string, error) {
	version, err := s.SDKVersion()
	if err != nil {
		return "", err
	}
	built := s.builtProvider(version)
	dir, err := s.folder(built)
	if err != nil {
		return "", err
	}
	official := tool{name: "official-provider", texts: []string{version},
		make: func(ctx context.Context, dir string) error {
			return s.do(ctx, run{
				title: "official AWS provider",
				argv: []string{filepath.Join(pulumi, "bin", "pulumi"), "plugin", "install", "resource",
					"aws", "v" + version},
				env: []string{"PULUMI_HOME=" + dir, "PULUMI_SKIP_UPDATE_CHECK=true"},
			})
		}}
	refused := filepath.Join(s.Cache, "no-official-provider")
	if info, err := os.Stat(refused); err == nil && time.Since(info.ModTime()) < askAgainAfter && used(dir) {
		return filepath.Join(dir, "plugins"), nil
	}
	if dir, err = s.ensure(ctx, official); err == nil {
		return filepath.Join(dir, "plugins"), nil
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	s.logf("the official AWS provider cannot be downloaded here; compiling it instead")
	if err := os.WriteFile(refused, nil, 0o644); err != nil {
		return "", err
	}
	if dir, err = s.ensure(ctx, built); err != nil {
		return "", err
	}
	return filepath.Join(dir, "plugins"), nil
}

// askAgainAfter is how long a provider that was compiled is used without
// another look whether the official one can be had by now.
const askAgainAfter = 24 * time.Hour

// builtProvider is the provider plugin compiled from Go modules, without the
// hundreds of services that the platform does not use.
func (s *Setup) builtProvider(version string) tool {
	binary := filepath.Join("plugins", "resource-aws-v"+version, providerBinary)
	prune := func(ctx context.Context, scratch string) error {
		return s.do(ctx, run{
			title: "provider: choosing its parts",
			dir:   filepath.Join(s.Root, providerModule),
			env:   goEnv,
			argv:  []string{"go", "run", "./prune", scratch},
		})
	}
	return s.compiled(program{name: "provider", module: providerModule, pkg: ".", binary: binary, prepare: prune})
}

// program is a Go program with a module of its own.
type program struct {
	name, module, pkg, binary string
	// prepare, if set, writes the module files of the build to a scratch folder.
	prepare func(ctx context.Context, scratch string) error
	// versionIn, if set, is the variable that gets the version of the module
	// versionOf.
	versionOf, versionIn string
}

// compiled is a program built from source.
func (s *Setup) compiled(p program) tool {
	return tool{name: p.name, texts: []string{p.binary}, paths: []string{p.module}, compiled: true,
		make: func(ctx context.Context, dir string) error {
			source, scratch := filepath.Join(s.Root, p.module), filepath.Join(dir, "scratch")
			var modfile []string
			if p.prepare != nil {
				if err := p.prepare(ctx, scratch); err != nil {
					return err
				}
				modfile = []string{"-modfile", filepath.Join(scratch, "go.mod")}
			}
			// Listing the packages fetches the modules that they are in, and no others.
			packages := 0
			if err := s.do(ctx, run{
				title: p.name + ": fetching modules",
				dir:   source,
				env:   goEnv,
				argv:  slices.Concat([]string{"go", "list", "-deps"}, modfile, []string{p.pkg}),
				count: func(line string) bool {
					if !packageLine.MatchString(line) {
						return false
					}
					packages++
					return true
				},
			}); err != nil {
				return err
			}
			flags := "-s -w" // half the link time and size
			if p.versionIn != "" {
				version, err := output(ctx, source, "go", "list", "-m", "-f", "{{.Version}}", p.versionOf)
				if err != nil {
					return err
				}
				flags += " -X " + p.versionIn + "=" + version
			}
			// -v prints each package once it is compiled.
			if err := s.do(ctx, run{
				title: p.name + ": compiling packages",
				dir:   source,
				env:   goEnv,
				argv: slices.Concat([]string{"go", "build", "-v", "-trimpath", "-ldflags", flags}, modfile,
					[]string{"-o", filepath.Join(dir, p.binary), p.pkg}),
				count: packageLine.MatchString,
				total: packages,
			}); err != nil {
				return err
			}
			return os.RemoveAll(scratch)
		}}
}

// goEnv: no C compiler is needed, and no workspace around the project counts.
var goEnv = []string{"CGO_ENABLED=0", "GOWORK=off"}

var packageLine = regexp.MustCompile(`^[A-Za-z0-9_.~/-]+$`)

var sdkLine = regexp.MustCompile(`(?m)^\s*github\.com/pulumi/pulumi-aws/sdk/v6 v(\S+)`)

// SDKVersion is the version of the AWS SDK that the program is written for;
// the plugin must be of the same.
func (s *Setup) SDKVersion() (string, error) {
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
