package settings

import (
	"os"
	"path/filepath"
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
		"unknown: 0042":             "", // told when it is decoded
	} {
		t.Run(give, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "Pulumi.dev.yaml")
			require.NoError(t, os.WriteFile(file, []byte("config:\n  dataplatform:settings:\n    "+give+"\n"), 0o644))
			err := CheckReadings(file)
			if want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, want)
			require.ErrorContains(t, err, file)
		})
	}
	require.NoError(t, CheckReadings(filepath.Join(t.TempDir(), "none.yaml")))
	for _, stack := range []string{"dev", "local", "prod"} {
		assert.NoError(t, CheckReadings(filepath.Join("..", "..", "Pulumi."+stack+".yaml")))
	}
}
