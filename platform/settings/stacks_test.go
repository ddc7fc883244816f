package settings

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/governance"
)

func TestDisposalOfTheStacks(t *testing.T) {
	for stack, want := range map[string]bool{"dev": true, "prod": false} {
		region, disposable, err := DisposalOf(filepath.Join("..", "..", "Pulumi."+stack+".yaml"))
		require.NoError(t, err)
		require.Equal(t, "eu-west-1", region)
		require.Equal(t, want, disposable, stack)
	}
	_, _, err := DisposalOf(filepath.Join("..", "..", "Pulumi.local.yaml"))
	require.ErrorContains(t, err, "go run ./cmd/devstack down removes it")
}

func TestSettingsOfAStacksFile(t *testing.T) {
	settings, err := read(filepath.Join("..", "..", "Pulumi.prod.yaml"))
	require.NoError(t, err)
	assert.Equal(t, "eu-west-1", settings.Region)
	assert.Equal(t, governance.Wanted{}, settings.Governance.Wanted(), "nobody is named yet")

	_, err = read(filepath.Join("..", "..", "Pulumi.none.yaml"))
	require.ErrorContains(t, err, "no such file")

	file := filepath.Join(t.TempDir(), "Pulumi.test.yaml")
	for text, problem := range map[string]string{
		"config: {}": "dataplatform:settings is not set to an object",
		"config: {dataplatform:settings: {prefix: shop, region: eu-west-1, owner: o, costCentre: c, governance: {analysts: [anna]}}}": `governance.analysts[0]: "anna"`,
		": [": "yaml",
	} {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		_, err = read(file)
		require.ErrorContains(t, err, problem)
	}
	require.NoError(t, os.WriteFile(file,
		[]byte("config: {dataplatform:settings: {prefix: shop, region: eu-west-2, owner: o, costCentre: c, governance: {admins: ["+analystARN+"], "+
			"countryAnalysts: [{role: "+analystARN+", countries: [GB]}]}}}"), 0o600))
	settings, err = read(file)
	require.NoError(t, err)
	assert.Equal(t, "eu-west-2", settings.Region)
	assert.Equal(t, governance.Wanted{Admins: []string{analystARN}, Analysts: 1}, settings.Governance.Wanted())
}

func TestSettingsNameRolesOnce(t *testing.T) {
	role := func(name string) string { return "arn:aws:iam::123456789012:role/" + name }
	settings := Settings{
		Landing:    Landing{Producers: []string{role("shop"), role("partner")}},
		Assets:     Assets{Sources: []string{role("shop")}},
		Governance: Governance{Analysts: []string{role("analyst")}, Engineers: []string{role("engineer")}},
	}
	assert.Equal(t, []string{role("analyst"), role("engineer"), role("partner"), role("shop")}, settings.Roles())
}
