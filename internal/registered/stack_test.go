package registered

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAsksTheProgramThatIsThere has a program in the place of cmd/registered, and changes it.
func TestAsksTheProgramThatIsThere(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	write("go.mod", "module shop\n\ngo 1.26\n")
	program := func(body string) {
		write("cmd/registered/main.go",
			"package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc main() { "+body+" }\n")
	}
	var progress strings.Builder

	program(
		`fmt.Fprintf(os.Stdout, "[{\"type\": \"aws:sqs/queue:Queue\", \"name\": %q, \"inputs\": {\"policy\": {\"size\": 3}}}]", os.Args[1])`,
	)
	found, err := Stack(t.Context(), root, "dev", &progress)
	require.NoError(t, err)
	require.Len(t, found, 1)
	queue := found[0]
	assert.Equal(t, []any{"aws:sqs/queue:Queue", "dev"}, []any{queue.Type, queue.Name})
	assert.Equal(t, []any{3.0, nil, nil},
		[]any{queue.Value("policy.size"), queue.Value("policy.size.of"), queue.Value("none")})

	program(`fmt.Fprintln(os.Stderr, "registered: the prefix is too long"); os.Exit(1)`)
	_, err = Stack(t.Context(), root, "dev", &progress)
	require.EqualError(t, err, "registered: the prefix is too long", "made again, as its source has changed")

	program(`fmt.Println("os is not used")`)
	_, err = Stack(t.Context(), root, "dev", &progress)
	require.ErrorContains(t, err, "compile what reads the stack's program")
}
