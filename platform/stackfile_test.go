package platform

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDisposalOfTheStacks(t *testing.T) {
	for stack, want := range map[string]bool{"dev": true, "prod": false} {
		region, disposable, err := DisposalOf(filepath.Join("..", "Pulumi."+stack+".yaml"))
		require.NoError(t, err)
		require.Equal(t, "eu-west-1", region)
		require.Equal(t, want, disposable, stack)
	}
	_, _, err := DisposalOf(filepath.Join("..", "Pulumi.local.yaml"))
	require.ErrorContains(t, err, "go run ./cmd/devstack down removes it")
}
