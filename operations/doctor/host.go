package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"dataplatform/local/toolchain"
)

// Run runs a program and returns what it prints.
type Run func(ctx context.Context, name string, args ...string) (string, error)

// Command is Run on this machine.
func Command(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	return strings.TrimSpace(string(out)), err
}

// Deployer checks what deploying to AWS from this machine needs.
func Deployer(ctx context.Context, root string, needs Needs, run Run) Report {
	report := Report{goVersion(root), pulumi(ctx, run)}
	sdk := toolchain.Setup{Root: root}
	version, err := sdk.SDKVersion()
	if err != nil {
		return append(report, Check{"AWS provider plugin", Fail, err.Error(), "restore go.mod"})
	}
	installed := plugins(ctx, run)
	report = append(report, plugin(installed, "aws", version))
	if needs.Network {
		report = append(report, plugin(installed, "awsx", required(root, "github.com/pulumi/pulumi-awsx/sdk/v2")))
	}
	return append(report, append(state(ctx, run, needs), archives(root))...)
}

// Host checks what the platform on this machine needs: the rest it makes itself.
func Host(ctx context.Context, root string) Report {
	report := Report{goVersion(root)}
	host, err := toolchain.FindHost(ctx)
	if err != nil {
		return append(report, Check{"Python and Java", Fail, err.Error(),
			"install what is missing, on Debian: apt-get install python3-venv openjdk-17-jre-headless"})
	}
	report = append(report, ok("Python", "%s", host.Python), ok("Java", "%s", host.JavaHome))
	cache, err := toolchain.DefaultCache()
	if err != nil {
		return append(report, Check{"cache folder", Fail, err.Error(), "set HOME or XDG_CACHE_HOME"})
	}
	return append(report, ok("cache folder", "%s, for the tools that the first run makes", cache))
}

var goLine = regexp.MustCompile(`(?m)^go (\S+)$`)

func goVersion(root string) Check {
	const name = "Go"
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return Check{name, Fail, err.Error(), "run this from the repository's root"}
	}
	want := ""
	if match := goLine.FindSubmatch(text); match != nil {
		want = string(match[1])
	}
	// older ones could not have built this
	return ok(name, "%s, go.mod wants %s", strings.TrimPrefix(runtime.Version(), "go"), want)
}

func pulumi(ctx context.Context, run Run) Check {
	const name = "Pulumi command line"
	version, err := run(ctx, "pulumi", "version")
	enough, least := toolchain.RunsProgram(version)
	switch {
	case err != nil:
		return Check{name, Fail, "pulumi cannot be run: " + err.Error(),
			"install " + least + " or later and put it on PATH"}
	case !enough:
		return Check{name, Fail, version + " is too old", "install " + least + " or later"}
	}
	return ok(name, "%s", version)
}

// plugins are the installed resource plugins, as "name version".
func plugins(ctx context.Context, run Run) map[string]bool {
	text, err := run(ctx, "pulumi", "plugin", "ls", "--json")
	if err != nil {
		return nil
	}
	var list []struct{ Name, Kind, Version string }
	if json.Unmarshal([]byte(text), &list) != nil {
		return nil
	}
	installed := map[string]bool{}
	for _, one := range list {
		if one.Kind == "resource" {
			installed[one.Name+" "+strings.TrimPrefix(one.Version, "v")] = true
		}
	}
	return installed
}

func plugin(installed map[string]bool, name, version string) Check {
	check := ok(name+" provider plugin", "%s", version)
	if !installed[name+" "+version] {
		check.State, check.Found = Warn, version+" is not installed"
		check.Remedy = fmt.Sprintf("pulumi plugin install resource %s v%s; `pulumi up` tries to by itself", name,
			version)
	}
	return check
}

// required is the version of a module that go.mod requires, without its v.
func required(root, module string) string {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "unknown"
	}
	match := regexp.MustCompile(regexp.QuoteMeta(module) + ` v(\S+)`).FindSubmatch(text)
	if match == nil {
		return "unknown"
	}
	return string(match[1])
}

// archives says whether what a deployment uploads was built.
func archives(root string) Check {
	const name = "function archives"
	found, err := filepath.Glob(filepath.Join(root, "build", "lambda", "*", "*.zip"))
	if err != nil || len(found) == 0 {
		return Check{name, Fail, "nothing is built", "make build"}
	}
	return ok(name, "%d", len(found))
}
