package commands

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestValidSettingsThatCannotBePlannedHereSaySo(t *testing.T) {
	root := t.TempDir()
	own, err := os.ReadFile("../../../Pulumi.dev.yaml")
	require.NoError(t, err)
	with := strings.Replace(string(own), "    prefix: shop_dev\n",
		"    prefix: shop_dev\n    analytics: {redshift: {enabled: true}}\n", 1)
	require.NoError(t, os.WriteFile(filepath.Join(root, "Pulumi.dev.yaml"), own, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(root, "Pulumi.big.yaml"), []byte(with), 0o644))
	t.Setenv("PATH", root)
	require.NoError(t, plannable(root, "dev"))
	err = plannable(root, "dev", "big")
	require.ErrorContains(t, err, "Pulumi.big.yaml: analytics.redshift.enabled is valid, and cannot be planned here")
	assert.Contains(t, err.Error(), "pulumi-resource-awsx on the PATH")

	require.NoError(t, os.WriteFile(filepath.Join(root, networkPlugin), []byte("#!/bin/sh\n"), 0o755))
	require.NoError(t, plannable(root, "big"))
}
