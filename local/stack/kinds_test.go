package stack

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"

	"dataplatform/platform/preview"
	"dataplatform/platform/settings"
)

const sdkPath = "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"

// TestTheBuiltProviderServesWhatTheProgramUses compares the constructors and
// functions of the AWS SDK that the program calls, and what stands in for the
// plugin of its network, with the kinds that the provider built from source
// knows.
func TestTheBuiltProviderServesWhatTheProgramUses(t *testing.T) {
	served := servedKinds(t)
	unused := maps.Clone(served) // resources only: a function has two names in the SDK
	for _, folder := range []string{
		"../../components", "../../components/featurestore", "../../components/models", "../../components/network",
		"../../components/warehouse", "../../platform", "../../e2e/life/awsx",
	} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, call := range sdkCalls(t, file) {
				delete(unused, call)
				require.True(t, served[call],
					"%s uses %s: add it to local/provider/kinds.txt and run `go run ./local/setup mapping`", file, call)
			}
		}
	}
	// in states that an earlier version left, which is tried here
	delete(unused, sdkPath+"/lakeformation.NewDataLakeSettings")
	maps.DeleteFunc(unused, func(call string, _ bool) bool { return !strings.Contains(call, ".New") })
	require.Empty(t, unused, "no longer used: take them out of local/provider/kinds.txt")
}

// TestNoStackSetsWhatTheBuiltProviderDoesNotServe: the property would reach AWS and was never tried.
func TestNoStackSetsWhatTheBuiltProviderDoesNotServe(t *testing.T) {
	text, err := os.ReadFile("../provider/mapping.json")
	require.NoError(t, err)
	var mapping struct {
		Resources map[string]struct{ Token string }
		Unserved  []string
	}
	require.NoError(t, json.Unmarshal(text, &mapping))
	require.NotEmpty(t, mapping.Unserved)
	names, err := settings.Names("../..")
	require.NoError(t, err)
	for _, name := range names {
		rec, err := preview.Record("../..", name)
		require.NoError(t, err)
		for _, unserved := range mapping.Unserved {
			path, property, _ := strings.Cut(unserved, " ")
			kind, _, _ := strings.Cut(path, ".")
			token := mapping.Resources[kind].Token
			if kind == "provider" {
				token = "pulumi:providers:aws"
			}
			require.NotEmpty(t, token, kind)
			for _, r := range rec.OfType(token) {
				require.False(t, sets(resource.NewObjectProperty(r.Inputs), property), "%s %s of %s sets %s", r.Type,
					r.Name, name, property)
			}
		}
	}
}

// sets says whether a value or what is in it has the property.
func sets(value resource.PropertyValue, property string) bool {
	switch {
	case value.IsSecret():
		return sets(value.SecretValue().Element, property)
	case value.IsArray():
		return slices.ContainsFunc(value.ArrayValue(), func(v resource.PropertyValue) bool { return sets(v, property) })
	case value.IsObject():
		for key, v := range value.ObjectValue() {
			if string(key) == property || sets(v, property) {
				return true
			}
		}
	}
	return false
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
