package settings

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatYAMLReadsOtherwise(t *testing.T) {
	for give, want := range map[string]string{
		"owner: 0042":               `owner: 0042 is a number to YAML: write owner: "0042"`,
		"owner: 4E10":               `owner: 4E10 is a number to YAML: write owner: "4E10"`,
		"owner: 1_000":              `owner: 1_000 is a number to YAML: write owner: "1_000"`,
		"owner: 2026-01-01":         `owner: 2026-01-01 is a time to YAML: write owner: "2026-01-01"`,
		"owner: true":               `owner: true is true or false to YAML: write owner: "true"`,
		"owner: 0x1F":               `owner: 0x1F is a number to YAML`,
		"alarms: {emails: [7]}":     `alarms.emails[0]: 7 is a number to YAML: write emails[0]: "7"`,
		"logRetentionDays: 0014":    `logRetentionDays: 0014 is not allowed: want a decimal number`,
		"logRetentionDays: 1_4":     `logRetentionDays: 1_4 is not allowed: want a decimal number`,
		"cost: {monthlyUsd: 4e2}":   `cost.monthlyUsd: 4e2 is not allowed: want a decimal number`,
		"owner: '0042'":             "",
		`owner: "2026-01-01"`:       "",
		"owner: data-team":          "",
		"logRetentionDays: 14":      "",
		"cost: {monthlyUsd: 400.5}": "",
		"unknown: 0042":             "", // reported when it is decoded
	} {
		t.Run(give, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "Pulumi.dev.yaml")
			require.NoError(t, os.WriteFile(file, []byte("config:\n  dataplatform:settings:\n    "+give+"\n"), 0o644))
			err := errors.Join(placed(file, nil)...)
			if want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, want)
			require.ErrorContains(t, err, file+":3: ")
		})
	}
	assert.Empty(t, placed(filepath.Join(t.TempDir(), "none.yaml"), nil))
	for _, stack := range []string{"dev", "local", "prod"} {
		assert.Empty(t, placed(filepath.Join("..", "..", "Pulumi."+stack+".yaml"), nil))
	}
}

// Everything that is wrong with a stack's file is said at once, each with its line: a typo hides no range, and a key
// beside the settings is not passed over.
func TestEveryMistakeIsSaidWithItsLine(t *testing.T) {
	root := t.TempDir()
	file := File(root, "dev")
	require.NoError(t, os.WriteFile(file, []byte(`config:
  aws:region: eu-west-2
  pulumi:tags: {a: b}
  dataplatform:settings:
    prefix: shop_dev
    region: eu-west-1
    owner: 0042
    costCentre: c
    clickstream:
      retentionHour: 24
      shards: many
      batchSize: 99999
    alarms:
      emails:
        - data@example.com
        - 7
    logRetentionDays: 13
  dataplatform:setting: {}
`), 0o644))
	want := []string{
		file + ":2: nothing reads aws:region: what a stack is given stands in dataplatform:settings",
		file + ":18: nothing reads dataplatform:setting: what a stack is given stands in dataplatform:settings",
		file + ":7: owner: 0042 is a number to YAML",
		file + ":16: alarms.emails[1]: 7 is a number to YAML",
		file + ":10: clickstream.retentionHour: unknown key; allowed are ",
		file + `:11: clickstream.shards: "many" is not allowed: want a whole number`,
		file + ":17: logRetentionDays: 13 is not allowed",
		file + ":12: clickstream.batchSize: 99999 is not allowed",
	}
	_, err := read(file)
	require.Error(t, err)
	got := strings.Split(err.Error(), "\n")
	require.Len(t, got, len(want), err)
	for i, text := range want {
		assert.Contains(t, got[i], text)
	}
	_, err = Load(root, []byte(`{"prefix": 7}`), "dataplatform", "dev")
	assert.ErrorContains(t, err, "dataplatform:settings of stack dev has ")
	assert.ErrorContains(t, err, "\n"+file+":5: prefix: 7 is not allowed: want text")
}
