package stack

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const sdkPath = "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"

// TestTheBuiltProviderServesWhatTheProgramUses compares the constructors and
// functions of the AWS SDK that the program calls with the kinds that the
// provider built from source knows. The network, which needs a plugin that is
// not served everywhere, is left out.
func TestTheBuiltProviderServesWhatTheProgramUses(t *testing.T) {
	served := servedKinds(t)
	unused := maps.Clone(served) // resources only: a function has two names in the SDK
	for _, folder := range []string{"../../components", "../../components/models", "../../platform"} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, call := range sdkCalls(t, file) {
				delete(unused, call)
				require.True(t, served[call], "%s uses %s: add it to local/provider/kinds.txt and run `go run ./local/setup mapping`", file, call)
			}
		}
	}
	maps.DeleteFunc(unused, func(call string, _ bool) bool { return !strings.Contains(call, ".New") })
	require.Empty(t, unused, "no longer used: take them out of local/provider/kinds.txt")
}

// servedKinds reads kinds.txt as "package.Constructor": s3.NewBucketV2 for
// aws:s3/bucketV2:BucketV2, aws.GetRegion for aws:index/getRegion:getRegion.
func servedKinds(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../provider/kinds.txt")
	require.NoError(t, err)
	served := map[string]bool{sdkPath + ".NewProvider": true}
	for line := range strings.Lines(string(text)) {
		_, kind, ok := strings.Cut(strings.TrimSpace(line), " aws:")
		if !ok {
			continue
		}
		folder, name, _ := strings.Cut(kind, ":")
		folder, _, _ = strings.Cut(folder, "/")
		path := sdkPath + "/" + folder
		if folder == "index" {
			path = sdkPath
		}
		if function, ok := strings.CutPrefix(name, "get"); ok {
			served[path+".Get"+function] = true
			served[path+".Lookup"+function] = true
		} else {
			served[path+".New"+name] = true
		}
	}
	return served
}

// sdkCalls lists the SDK's constructors and functions that a file calls.
func sdkCalls(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	imports := map[string]string{}
	for _, spec := range parsed.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		if path != sdkPath && !strings.HasPrefix(path, sdkPath+"/") {
			continue
		}
		name := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imports[name] = path
	}
	var calls []string
	ast.Inspect(parsed, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		base, ok := selector.X.(*ast.Ident)
		if !ok || imports[base.Name] == "" {
			return true
		}
		name := strings.TrimSuffix(selector.Sel.Name, "Output")
		for _, prefix := range []string{"New", "Get", "Lookup"} {
			if strings.HasPrefix(name, prefix) {
				calls = append(calls, imports[base.Name]+"."+name)
			}
		}
		return true
	})
	return calls
}
