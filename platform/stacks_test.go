package platform

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"dataplatform/internal/pulumitest"
)

// stackSettings reads the settings of Pulumi.<stack>.yaml and points them at files that stand in for what make build makes.
func stackSettings(t testing.TB, stack string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "Pulumi."+stack+".yaml"))
	require.NoError(t, err)
	var file struct {
		Config map[string]map[string]any `yaml:"config"`
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	require.Equal(t, []string{"dataplatform:settings"}, slices.Collect(maps.Keys(file.Config)), "a stack has one configuration value")
	settings := file.Config["dataplatform:settings"]
	settings["buildDirectory"] = buildDirectory(t)
	settings["scriptsDirectory"] = filepath.Join("..", "glue-scripts", "jobs")
	return settings
}

func buildDirectory(t testing.TB) string {
	t.Helper()
	directory := t.TempDir()
	files := []string{filepath.Join("glue", "dataplatform.zip")}
	for _, binary := range functionBinaries {
		for _, architecture := range architectures {
			files = append(files, filepath.Join("lambda", architecture, binary+".zip"))
		}
	}
	for _, file := range files {
		path := filepath.Join(directory, file)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(file), 0o644))
	}
	return directory
}

func deployed(t testing.TB, stack string, settings map[string]any) (*pulumitest.Recorder, error) {
	t.Helper()
	text, err := json.Marshal(settings)
	require.NoError(t, err)
	return pulumitest.RunErr(Deploy, pulumitest.WithStack(stack), pulumitest.WithConfig(map[string]string{"dataplatform:settings": string(text)}))
}

// forEachStack runs a check on every stack the project has.
func forEachStack(t *testing.T, check func(t *testing.T, stack string, rec *pulumitest.Recorder)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "Pulumi.*.yaml"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 3)
	for _, file := range files {
		stack := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "Pulumi."), ".yaml")
		t.Run(stack, func(t *testing.T) {
			rec, err := deployed(t, stack, stackSettings(t, stack))
			require.NoError(t, err)
			check(t, stack, rec)
		})
	}
}

func TestStacks(t *testing.T) {
	forEachStack(t, func(t *testing.T, stack string, rec *pulumitest.Recorder) {
		custom := 0
		byType := map[string]int{}
		for _, r := range rec.All() {
			if r.Custom {
				custom++
				byType[r.Type]++
			}
		}
		t.Logf("%s: %d resources, %d of them components", stack, len(rec.All()), len(rec.All())-custom)
		for _, k := range slices.Sorted(maps.Keys(byType)) {
			t.Logf("%4d %s", byType[k], k)
		}
		rec.AssertUniqueNames(t)
		rec.AssertNoOrphans(t)
		rec.AssertOneProvider(t, "aws")
		assert.NotZero(t, custom)
	})
}
