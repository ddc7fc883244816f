package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	dataplatform "dataplatform/cmd/dataplatform/commands"
	"dataplatform/internal/runbooks"
)

// TestTheFirstDaysCommandsAreThere: each command of the page is one of the program, a target, one of Pulumi's that the
// local platform runs as calls of the engine, or asks AWS, which a test of the emulator's does.
func TestTheFirstDaysCommandsAreThere(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, firstDay))
	require.NoError(t, err)
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	require.NoError(t, err)
	engine := regexp.MustCompile(`^pulumi (login|stack (init|rm)|preview --stack|up --stack|destroy --exclude-protected) ?`)
	programs := map[string]int{}
	inside := false // of a file that is written
	for _, line := range runbooks.Commands(string(text)) {
		switch program, rest, _ := strings.Cut(line, " "); {
		case inside:
			inside = line != "EOF"
		case strings.HasSuffix(line, "<<'EOF'"):
			inside = true
		default:
			programs[program]++
			arguments, _, _ := strings.Cut(rest, " > ")
			switch program {
			case "dataplatform":
				command, flags, err := dataplatform.New().Find(strings.Fields(arguments))
				require.NoError(t, err, line)
				require.NoError(t, command.ParseFlags(flags), line)
				assert.NoError(t, command.ValidateArgs(command.Flags().Args()), line)
			case "make":
				assert.Contains(t, string(makefile), "\n"+rest+":", line)
			case "pulumi":
				assert.Regexp(t, engine, line)
			default:
				assert.Equal(t, "aws", program, line)
			}
		}
	}
	for _, program := range []string{"dataplatform", "make", "pulumi", "aws"} {
		assert.Positive(t, programs[program], program)
	}
}
