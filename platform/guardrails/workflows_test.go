package guardrails

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

type step struct {
	Uses, Run string
	With      map[string]any
	Env       map[string]string
}

type job struct {
	Environment string
	Permissions map[string]string
	Steps       []step
}

type workflow struct {
	Permissions map[string]string
	Jobs        map[string]job
}

var pinned = regexp.MustCompile(`@[0-9a-f]{40}$`)

// TestWorkflowsGiveNothingToUnreadCode: what runs before a person has read it has neither a role nor a secret, and a
// job that has them gets them after everything is built.
func TestWorkflowsGiveNothingToUnreadCode(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*.yml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	trusted := 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.NotContains(t, string(content), "pull_request_target", "runs a fork's code with the repository's secrets")
		var w workflow
		require.NoError(t, yaml.Unmarshal(content, &w))
		assert.Equal(t, map[string]string{"contents": "read"}, w.Permissions, file)
		for name, one := range w.Jobs {
			at := filepath.Base(file) + ": " + name
			checkSteps(t, at, one)
			if one.Permissions["id-token"] != "write" {
				continue
			}
			if one.Permissions["attestations"] == "write" {
				assert.NotContains(t, string(content), "pull_request:", "%s: attests unread code", at)
				continue
			}
			trusted++
			assert.Equal(t, "preview-${{ matrix.stack }}", one.Environment, at)
		}
	}
	assert.Equal(t, 1, trusted, "jobs with a role")
}

func checkSteps(t *testing.T, at string, one job) {
	credentials := slices.IndexFunc(one.Steps, func(s step) bool {
		return strings.HasPrefix(s.Uses, "aws-actions/configure-aws-credentials@")
	})
	for i, s := range one.Steps {
		if s.Uses != "" {
			assert.Regexp(t, pinned, s.Uses, at)
		}
		if strings.HasPrefix(s.Uses, "actions/checkout@") {
			assert.Equal(t, false, s.With["persist-credentials"], at)
		}
		text, err := yaml.Marshal(s)
		require.NoError(t, err)
		if i == credentials || strings.Contains(string(text), "secrets.") {
			assert.NotEmpty(t, one.Environment, "%s: a role or a secret without an environment", at)
		}
		assert.False(t, credentials >= 0 && i > credentials && s.Run != "", "%s: %q runs with credentials", at, s.Run)
	}
}

// TestPreviewsRunThePulumiOfTheProgram, and not whatever is the newest of the day: it has the role and the passphrase.
func TestPreviewsRunThePulumiOfTheProgram(t *testing.T) {
	module, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	version := regexp.MustCompile(`github.com/pulumi/pulumi/sdk/v3 v(\S+)`).FindSubmatch(module)
	require.NotNil(t, version)
	content, err := os.ReadFile(filepath.Join(root, ".github", "workflows", "pull-request.yml"))
	require.NoError(t, err)
	assert.Contains(t, string(content), "pulumi-version: "+string(version[1])+"\n")
}
