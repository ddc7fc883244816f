//go:build lint

package nevers

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// red is a file that a rule refuses: at its path it imports or calls what it must not.
type red struct{ rule, path, imports, calls string }

var imported = []red{
	{"operations", "operations/replay", "dataplatform/local/stack", ""},
	{"operations", "operations/replay", "dataplatform/e2e/load", ""},
	{"operations", "operations/target", "dataplatform/platform", ""},
	{"operations", "operations/target", "dataplatform/platform/preview", ""},
	{"operations", "operations/status", "dataplatform/components", ""},
	{"operations", "operations/status", "dataplatform/internal/graph", ""},
	{"operations", "operations/erasure", "github.com/pulumi/pulumi/sdk/v3/go/pulumi", ""},
	{"doctor", "operations/doctor", "dataplatform/local/stack", ""},
	{"doctor", "operations/doctor", "dataplatform/e2e/load", ""},
	{"doctor", "operations/doctor", "dataplatform/platform/preview", ""},
	{"doctor", "operations/doctor", "dataplatform/components", ""},
	{"doctor", "operations/doctor", "dataplatform/internal/graph", ""},
	{"doctor", "operations/doctor", "github.com/pulumi/pulumi/sdk/v3/go/pulumi", ""},
	{"operator", "cmd/dataplatform/commands", "dataplatform/platform/preview", ""},
	{"operator", "cmd/dataplatform/commands", "dataplatform/components", ""},
	{"operator", "cmd/dataplatform/commands", "dataplatform/local/stack", ""},
	{"operator", "cmd/dataplatform", "dataplatform/e2e/load", ""},
	{"operator", "cost", "dataplatform/internal/graph", ""},
	{"operator", "cost", "github.com/pulumi/pulumi/sdk/v3/go/pulumi", ""},
	{"local", "local/stack", "dataplatform/operations/target", ""},
	{"local", "local/toolchain", "dataplatform/e2e/load", ""},
	{"parts", "components", "dataplatform/platform", ""},
	{"parts", "components/warehouse", "dataplatform/operations/query", ""},
	{"parts", "governance", "dataplatform/local/stack", ""},
	{"parts", "policies", "dataplatform/emulator", ""},
	{"parts", "policies", "dataplatform/e2e/load", ""},
	{"parts", "components", "dataplatform/catalog", ""},
	{"parts", "components", "dataplatform/cost", ""},
	{"program", "platform", "dataplatform/operations/target", ""},
	{"program", "platform/settings", "dataplatform/local/stack", ""},
	{"program", "platform/preview", "dataplatform/emulator", ""},
	{"program", "platform/guardrails", "dataplatform/e2e/load", ""},
	{"program", "platform/preview", "dataplatform/catalog", ""},
	{"program", "platform", "dataplatform/cost", ""},
	{"load", "e2e/load", "dataplatform/operations/query", ""},
	{"commands", "operations/target", "dataplatform/cmd/devstack", ""},
	{"commands", "e2e/demo", "dataplatform/cmd/build", ""},
	{"tests", "cost", "dataplatform/internal/pulumitest", ""},
	{"tests", "platform/guardrails", "dataplatform/internal/pulumitest", ""},
	{"graph", "internal/graph", "testing", ""},
	{"graph", "internal/graph", "dataplatform/platform/preview", ""},
	{"contracts", "contracts", "dataplatform/governance", ""},
	{"contracts", "contracts", "github.com/pulumi/pulumi/sdk/v3/go/pulumi", ""},
	{"plain", "policies", "github.com/pulumi/pulumi/sdk/v3/go/pulumi", ""},
	{"plain", "governance", "dataplatform/components", ""},
	{"plain", "internal/running", "dataplatform/platform", ""},
	{"plain", "internal/registered", "dataplatform/internal/graph", ""},
	{"plain", "platform/outputs", "dataplatform/internal/graph", ""},
	{"plain", "platform/settings", "github.com/pulumi/pulumi/sdk/v3/go/pulumi", ""},
	{"plain", "platform/settings", "dataplatform/components/warehouse", ""},
	{"plain", "components/limits", "dataplatform/components", ""},
	{"lambdas", "lambdas/clicks", "github.com/pulumi/pulumi/sdk/v3/go/pulumi", ""},
	{"lambdas", "lambdas/clicks", "dataplatform/components", ""},
	{"lambdas", "lambdas/assets", "dataplatform/policies", ""},
	{"lambdas", "lambdas/assets", "dataplatform/platform", ""},
	{"lambdas", "lambdas/internal/store", "dataplatform/governance", ""},
	{"lambdas", "lambdas/internal/store", "dataplatform/operations/target", ""},
	{"lambdas", "lambdas/landing", "dataplatform/local/stack", ""},
	{"lambdas", "lambdas/landing", "dataplatform/emulator", ""},
	{"lambdas", "lambdas/landing", "dataplatform/e2e/load", ""},
	{"deployed", "lambdas/clicks", "dataplatform/lambdas/clicks/internal/plain", ""},
	{"deployed", "lambdas/clicks/internal/batch", "dataplatform/lambdas/clicks/internal/sample", ""},
	{"deployed", "lambdas/internal/store", "testing", ""},
	{"deterministic", "components", "math/rand", ""},
	{"deterministic", "lambdas/clicks/internal/batch", "crypto/rand", ""},
	{"flags", "operations/replay", "flag", ""},
	{"flags", "platform", "github.com/spf13/cobra", ""},
	{"flags", "e2e/demo", "github.com/spf13/pflag", ""},
}

var called = []red{
	{"commands alone end the process", "operations/replay", "os", "os.Exit(1)"},
	{"a command line is read in cmd", "e2e/load", "os", "_ = os.Args"},
	{"output goes to a given io.Writer", "operations/status", "fmt", `fmt.Println("all is well")`},
	{"output goes to a given io.Writer", "local/stack", "fmt", `fmt.Printf("all is well")`},
	{"deterministic: the time is given", "components", "time", "_ = time.Now()"},
	{"deterministic: the time is given", "lambdas/clicks/internal/batch", "time", "_ = time.Since(time.Time{})"},
	{"deterministic: settings are given", "policies", "os", `_ = os.Getenv("STAGE")`},
	{"rendering.Refs", "components", "fmt",
		`var refs struct{ ToStringMapOutput func() }; _ = fmt.Sprint(); refs.ToStringMapOutput()`},
	{"rendering.Refs", "platform", "fmt",
		`var refs struct{ ToStringMapOutput func() }; _ = fmt.Sprint(); refs.ToStringMapOutput()`},
}

// green are files like those that no rule minds.
var green = []red{
	{"", "operations/target", "dataplatform/platform/outputs", ""},
	{"", "operations/doctor", "dataplatform/local/toolchain", ""},
	{"", "contracts", "dataplatform/contracts/released", ""},
	{"", "platform/settings", "dataplatform/components/limits", ""},
	{"", "cmd/devstack", "flag", ""},
	{"", "cmd/dataplatform/commands", "dataplatform/components/limits", ""},
	{"", "operations/doctor", "dataplatform/platform/settings", ""},
	{"", "cmd/dataplatform/commands", "github.com/spf13/cobra", ""},
	{"", "cmd/devstack", "os", "os.Exit(1)"},
	{"", "e2e/load", "time", "_ = time.Now()"},
	{"", "e2e/scenarios", "dataplatform/operations/replay", ""},
	{"", "platform/preview", "dataplatform/internal/graph", ""},
	{"", "lambdas/clicks/bench", "dataplatform/lambdas/clicks/internal/plain", ""},
}

const root = "../.."

func TestEveryNeverRefuses(t *testing.T) {
	scratch, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	write := func(name, text string) {
		path := filepath.Join(scratch, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	text, err := os.ReadFile(filepath.Join(root, ".golangci.yaml"))
	require.NoError(t, err)
	write(".golangci.yaml", string(text))
	// What is imported has to be there, or the linter says nothing of the file.
	modules := "module dataplatform\n\ngo 1.26\n"
	for _, foreign := range []string{"github.com/pulumi/pulumi/sdk/v3/go/pulumi", "github.com/spf13/cobra",
		"github.com/spf13/pflag"} {
		module, _, _ := strings.Cut(foreign, "/go/")
		version := "v1.0.0"
		if strings.HasSuffix(module, "/v3") {
			version = "v3.0.0"
		}
		stub := filepath.Join("modules", filepath.Base(foreign))
		modules += "\nrequire " + module + " " + version + "\n\nreplace " + module + " => ./" + stub + "\n"
		write(filepath.Join(stub, "go.mod"), "module "+module+"\n\ngo 1.26\n")
		write(filepath.Join(stub, strings.TrimPrefix(foreign, module), "there.go"),
			"package "+filepath.Base(foreign)+"\n")
	}
	write("go.mod", modules)
	files := map[string]red{}
	for i, r := range slices.Concat(imported, called, green) {
		folder := r.path
		if project, ours := strings.CutPrefix(r.imports, "dataplatform/"); ours {
			folder = filepath.Join(folder, "below") // which nobody imports, so that no circle comes about
			write(filepath.Join(project, "there.go"), "package "+filepath.Base(project)+"\n")
		}
		function := fmt.Sprintf("file%d", i)
		name := filepath.Join(folder, function+".go")
		files[name] = r
		use, body := "_ ", ""
		if r.calls != "" {
			use, body = "", "\nfunc "+function+"() { "+r.calls+" }\n"
		}
		write(name, "package "+filepath.Base(folder)+"\n\nimport "+use+`"`+r.imports+"\"\n"+body)
	}
	found := lint(t, scratch)
	for name, r := range files {
		said := strings.Join(found[name], "\n")
		switch {
		case r.rule == "":
			assert.Empty(t, said, "%s imports %s, which is allowed", name, r.imports)
		case r.calls == "":
			assert.Contains(t, said, "'"+r.imports+"' is not allowed from list '"+r.rule+"': ", "%s imports %s", name,
				r.imports)
		default:
			assert.Contains(t, said, r.rule, "%s: %s", name, r.calls)
		}
	}
	assertAllShown(t, text)
}

// lint is what the linter says of a module, by file.
func lint(t *testing.T, folder string) map[string][]string {
	t.Helper()
	tool := exec.CommandContext(t.Context(), "go", "tool", "-n", "-modfile=tools/golangci/go.mod", "golangci-lint")
	tool.Dir = root
	path, err := tool.Output()
	require.NoError(t, err)
	report := filepath.Join(t.TempDir(), "issues.json")
	command := exec.CommandContext(t.Context(), strings.TrimSpace(string(path)), "run",
		"--issues-exit-code=0", "--output.json.path="+report, "./...")
	command.Dir = folder
	said, err := command.CombinedOutput()
	require.NoError(t, err, string(said))
	text, err := os.ReadFile(report)
	require.NoError(t, err)
	var issues struct {
		Issues []struct {
			FromLinter, Text string
			Pos              struct{ Filename string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &issues))
	found := map[string][]string{}
	for _, issue := range issues.Issues {
		if issue.FromLinter != "typecheck" { // modules that are not there
			found[issue.Pos.Filename] = append(found[issue.Pos.Filename], issue.Text)
		}
	}
	return found
}

// assertAllShown fails for what the linter's settings forbid and nothing above shows.
func assertAllShown(t *testing.T, text []byte) {
	t.Helper()
	var config struct {
		Linters struct {
			Settings struct {
				Depguard struct {
					Rules map[string]struct {
						Deny []struct {
							Pkg string `yaml:"pkg"`
						} `yaml:"deny"`
					} `yaml:"rules"`
				} `yaml:"depguard"`
				Forbidigo struct {
					Forbid []struct {
						Pattern string `yaml:"pattern"`
						Msg     string `yaml:"msg"`
					} `yaml:"forbid"`
				} `yaml:"forbidigo"`
			} `yaml:"settings"`
		} `yaml:"linters"`
	}
	require.NoError(t, yaml.Unmarshal(text, &config))
	require.NotEmpty(t, config.Linters.Settings.Depguard.Rules)
	for rule, list := range config.Linters.Settings.Depguard.Rules {
		for _, deny := range list.Deny {
			assert.True(t, slices.ContainsFunc(imported, func(r red) bool {
				return r.rule == rule && strings.HasPrefix(r.imports, strings.TrimSuffix(deny.Pkg, "$"))
			}), "nothing shows that %s refuses %s", rule, deny.Pkg)
		}
	}
	require.NotEmpty(t, config.Linters.Settings.Forbidigo.Forbid)
	for _, forbidden := range config.Linters.Settings.Forbidigo.Forbid {
		assert.True(t,
			slices.ContainsFunc(called, func(r red) bool { return strings.HasPrefix(forbidden.Msg, r.rule) }),
			"nothing shows that %s is refused", forbidden.Pattern)
	}
}
