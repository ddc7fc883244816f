package life

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// everything switches on what is off by default and can be had here.
var everything = map[string]string{"recommendations.enabled": "true"}

// lives are what TestLife goes through. Keeps says that the stack's data outlives it.
var lives = []struct {
	name, stack string
	settings    map[string]string
	keeps       bool
}{
	{name: "dev", stack: "dev"},
	{name: "prod", stack: "prod", keeps: true},
	{name: "local", stack: "local"},
	{name: "dev with everything", stack: "dev", settings: everything},
	{name: "prod with everything", stack: "prod", settings: everything, keeps: true},
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
				if target, found := strings.CutPrefix(step.Run, "make "); found {
					assert.Contains(t, string(targets), "\n"+target+":", "%s: %s", file, name)
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
