package life

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"dataplatform/platform/preview"
	"dataplatform/platform/settings"
)

// lives are what TestLife goes through. Keeps says that the stack's data outlives it.
var lives = []struct {
	name, stack       string
	keeps, everything bool
}{
	{name: "dev", stack: "dev"},
	{name: "prod", stack: "prod", keeps: true},
	{name: "local", stack: "local"},
	{name: "dev with everything", stack: "dev", everything: true},
	{name: "prod with everything", stack: "prod", keeps: true, everything: true},
}

// apart are the settings of a stack with everything on that no life has, with why.
var apart = map[string]string{
	"catalog":           "it stays when a stack goes: prod has it, and dev's second life would be refused as another's",
	"governance.admins": "nobody is named, so that who deploys is read of the role",
	"prefix":            "the stack's own",
}

// everything are the settings that switch on what is off by default, by their paths.
func everything(root string) (map[string]string, error) {
	object, err := preview.EverythingOn(root)
	if err != nil {
		return nil, err
	}
	file, err := settings.Object(root, "dev")
	if err != nil {
		return nil, err
	}
	all := flat("", object)
	for path, value := range flat("", file) {
		if all[path] == value {
			delete(all, path)
		}
	}
	for path := range all {
		for name := range apart {
			if path == name || strings.HasPrefix(path, name+".") || strings.HasPrefix(path, name+"[") {
				delete(all, path)
			}
		}
	}
	return all, nil
}

// flat names every value by its path.
func flat(path string, value any) map[string]string {
	all := map[string]string{}
	switch value := value.(type) {
	case map[string]any:
		for key, v := range value {
			maps.Copy(all, flat(strings.TrimPrefix(path+"."+key, "."), v))
		}
	case []any:
		for i, v := range value {
			maps.Copy(all, flat(fmt.Sprintf("%s[%d]", path, i), v))
		}
	default:
		all[path] = fmt.Sprint(value)
	}
	return all
}

func TestEverythingIsWhatIsOffByDefault(t *testing.T) {
	all, err := everything("../..")
	require.NoError(t, err)
	for path, want := range map[string]string{
		"recommendations.enabled": "true", "recommendations.featureGroup": "true", "analytics.redshift.enabled": "true",
		"analytics.quickSight.enabled": "true", "cost.anomalyUsd": "100",
		"governance.countryAnalysts[0].countries[1]": "DE",
		"landing.producers[0]":                       "arn:aws:iam::123456789012:role/shop",
	} {
		assert.Equal(t, want, all[path], path)
	}
	for _, path := range []string{"prefix", "catalog.encrypted", "governance.admins[0]", "governance.enabled",
		"owner"} {
		assert.NotContains(t, all, path)
	}
}

// TestTheWorkflowsRunWhatExists: each life, by its name, and no program, test or target that is not there.
func TestTheWorkflowsRunWhatExists(t *testing.T) {
	root := filepath.Join("..", "..")
	files, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*.yml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	targets, err := os.ReadFile(filepath.Join(root, "Makefile"))
	require.NoError(t, err)
	run := map[string][]string{} // lives by workflow
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var workflow struct {
			Jobs map[string]struct {
				Strategy struct{ Matrix struct{ Life []string } }
				Steps    []struct {
					Run string
					Env map[string]string
				}
			}
		}
		require.NoError(t, yaml.Unmarshal(text, &workflow), file)
		for name, job := range workflow.Jobs {
			for _, step := range job.Steps {
				for word := range strings.FieldsSeq(step.Run) {
					if strings.HasPrefix(word, "./") {
						assert.DirExists(t, filepath.Join(root, word), "%s: %s: %s", file, name, step.Run)
					}
				}
				if made, found := strings.CutPrefix(step.Run, "make "); found {
					for target := range strings.FieldsSeq(made) {
						assert.Contains(t, string(targets), "\n"+target+":", "%s: %s", file, name)
					}
				}
				if !strings.Contains(step.Run, "./e2e/life") {
					continue
				}
				assert.Contains(t, step.Run, ` -tags local -run "TestLife/$LIFE\$" `)
				if life := step.Env["LIFE"]; life != "${{ matrix.life }}" {
					run[filepath.Base(file)] = append(run[filepath.Base(file)], life)
				} else {
					run[filepath.Base(file)] = append(run[filepath.Base(file)], job.Strategy.Matrix.Life...)
				}
			}
		}
	}
	var all []string
	for _, life := range lives {
		all = append(all, strings.ReplaceAll(life.name, " ", "_")) // as the test's part is called
	}
	assert.Equal(t, map[string][]string{"pull-request.yml": {"dev"}, "scheduled.yml": all}, run)
}
