package platform

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/contracts/released"
	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
	"dataplatform/platform/settings/settingstest"
)

const analystARN = "arn:aws:iam::123456789012:role/people/analyst"

func TestEveryProblemIsReportedBeforeAnythingIsRegistered(t *testing.T) {
	for name, tt := range map[string]struct {
		give map[string]any
		want []string
	}{
		"values": {
			give: map[string]any{"region": "x", "clickstream.retentionHours": 9999, "jobs.workers": 0},
			want: []string{"3 problem(s)", "region:", "clickstream.retentionHours:", "jobs.workers:"},
		},
		"keys and types": {
			give: map[string]any{"regoin": "x", "jobs.worker": 1, "landing": 7},
			want: []string{"3 problem(s)", "regoin: unknown key", "jobs.worker: unknown key",
				"landing: 7 is not allowed: want an object"},
		},
		"files": {
			give: map[string]any{"buildDirectory": "nowhere"},
			want: []string{"clicks.zip; make build", "landing.zip; make build", "tables.zip; make build",
				"dataplatform.zip; make build"},
		},
		"what the contracts say": {
			give: map[string]any{"storage.curated.expireAfterDays": 30, "storage.processed.archiveAccessAfterDays": 90},
			want: []string{"storage.curated.expireAfterDays: 30", "sales_hourly",
				"storage.processed.archiveAccessAfterDays: 90"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			settings := settingstest.With(settingstest.Valid(), map[string]any{
				"buildDirectory": buildDirectory(t), "scriptsDirectory": filepath.Join("..", "glue-scripts", "jobs"),
			})
			rec, err := deployed(t, "test", settingstest.With(settings, tt.give))
			for _, want := range tt.want {
				assert.ErrorContains(t, err, want)
			}
			assert.Empty(t, rec.All())
		})
	}
}

// TestAContractIsDeployedAsItWasReleased: what is edited under its released version, or was never released, is refused
// beside everything else, before anything is registered.
func TestAContractIsDeployedAsItWasReleased(t *testing.T) {
	set, err := contracts.Load()
	require.NoError(t, err)
	sales, ok := set.Get("processed.sales")
	require.True(t, ok)
	file := "processed.sales/" + sales.Version + ".odcs.yaml"
	for name, tt := range map[string]struct {
		change func(fstest.MapFS)
		want   []string
	}{
		"edited": {
			change: func(releases fstest.MapFS) {
				text := releases[file].Data
				require.Contains(t, string(text), "name: quantity\n")
				releases[file].Data = bytes.Replace(text, []byte("name: quantity\n"), []byte("name: pieces\n"), 1)
			},
			want: []string{
				"version " + sales.Version + " is released and differs from contracts/released/" + file + "; needs version",
				"pieces: column removed, breaks readers", "go run ./cmd/release-contracts releases what may follow",
			},
		},
		"not released": {
			change: func(releases fstest.MapFS) { delete(releases, file) },
			want:   []string{"contracts/released/" + file + " is missing; go run ./cmd/release-contracts writes it"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			releases := fstest.MapFS{}
			paths, err := fs.Glob(released.Files, "*/*")
			require.NoError(t, err)
			for _, path := range paths {
				content, err := fs.ReadFile(released.Files, path)
				require.NoError(t, err)
				releases[path] = &fstest.MapFile{Data: content}
			}
			tt.change(releases)
			rec, err := pulumitest.RunErr(func(ctx *pulumi.Context) error {
				_, err := compose(ctx, releases)
				return err
			}, graph.WithStack("test"), settingsOption(t, settingstest.With(settingstest.Valid(), map[string]any{
				"buildDirectory": "nowhere", "scriptsDirectory": filepath.Join("..", "glue-scripts", "jobs"),
			})))
			for _, want := range append(tt.want, "clicks.zip; make build") {
				assert.ErrorContains(t, err, want)
			}
			assert.Empty(t, rec.All())
		})
	}
}

func TestMissingAndBrokenSettings(t *testing.T) {
	_, err := pulumitest.RunErr(Deploy)
	assert.ErrorContains(t, err, "dataplatform:settings is not set")
	for _, text := range []string{"", "[]", "{", "{}{}", "text"} {
		_, err := pulumitest.RunErr(Deploy, graph.WithConfig(map[string]string{"dataplatform:settings": text}))
		assert.Error(t, err, text)
	}
}

func TestProjectFile(t *testing.T) {
	directory, err := filepath.Abs("..")
	require.NoError(t, err)
	project, err := workspace.LoadProject(filepath.Join(directory, "Pulumi.yaml"))
	require.NoError(t, err)
	assert.Equal(t, graph.Project, project.Name.String())
	assert.Equal(t, []any{"*"}, project.Config["pulumi:disable-default-providers"].Value)
	assert.Equal(t, map[string]any{"pattern": namePattern}, project.Config["pulumi:autonaming"].Value)
	_, err = os.Stat(filepath.Join(directory, "main.go"))
	assert.NoError(t, err)
}

// TestADeploymentReadsTheStacksFile: nothing is registered of settings that are not what was written.
func TestADeploymentReadsTheStacksFile(t *testing.T) {
	settings := stackSettings(t, "dev")
	t.Chdir(t.TempDir())
	require.NoError(t,
		os.WriteFile("Pulumi.test.yaml", []byte("config: {dataplatform:settings: {owner: 2026-01-01}}\n"), 0o644))
	rec, err := pulumitest.RunErr(Deploy, graph.WithStack("test"), settingsOption(t, settings))
	require.ErrorContains(t, err, `owner: 2026-01-01 is a time to YAML`)
	assert.Empty(t, rec.All())
}

// namePattern is Pulumi.yaml's; TestPhysicalNamesFit counts with it.
const namePattern = "${project}-${stack}-${name}-${hex(6)}"
