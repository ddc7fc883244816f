package commands

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAShellLosesTheProfileThatItHad(t *testing.T) {
	command := exec.CommandContext(t.Context(), "sh", "-ec",
		exports(map[string]string{"AWS_PROFILE": "", "AWS_REGION": "it's"})+`echo "${AWS_PROFILE-none} $AWS_REGION"`)
	command.Env = []string{"AWS_PROFILE=prod"}
	said, err := command.Output()
	require.NoError(t, err)
	assert.Equal(t, "none it's\n", string(said))
}
