package commands

import (
	"testing"

	"dataplatform/internal/cli/clitest"
)

func TestEveryCommandSaysWhatItDoes(t *testing.T) { clitest.Complete(t, New) }
