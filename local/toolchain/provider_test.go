package toolchain

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTheOfficialProviderIsTakenWhereItCanBeHad and the compiled one nowhere else: what AWS gets is what was planned
// and tried with.
func TestTheOfficialProviderIsTakenWhereItCanBeHad(t *testing.T) {
	s, _ := newSetup(t)
	write(t, filepath.Join(s.Root, "go.mod"),
		"module x\n\nrequire (\n\tgithub.com/pulumi/pulumi-aws/sdk/v6 v6.83.2\n)\n")
	write(t, filepath.Join(s.Root, providerModule, "main.go"), "package main")
	compiled, err := s.folder(s.builtProvider("6.83.2"))
	require.NoError(t, err)
	write(t, filepath.Join(compiled, marker), "")
	asked := filepath.Join(t.TempDir(), "asked")
	pulumi := t.TempDir()
	answers := func(succeeds bool) { // a command line that writes down that it was asked
		status := 1
		if succeeds {
			status = 0
		}
		write(t, filepath.Join(pulumi, "bin", "pulumi"),
			fmt.Sprintf("#!/bin/sh\necho $* >>%s\nmkdir -p $PULUMI_HOME/plugins\nexit %d\n", asked, status))
		require.NoError(t, os.Chmod(filepath.Join(pulumi, "bin", "pulumi"), 0o755))
	}
	chosen := func() string {
		dir, err := s.provider(t.Context(), pulumi)
		require.NoError(t, err)
		return dir
	}
	times := func() int {
		text, err := os.ReadFile(asked)
		require.NoError(t, err)
		return len(text) / len("plugin install resource aws v6.83.2\n")
	}

	answers(false)
	require.Equal(t, filepath.Join(compiled, "plugins"), chosen())
	require.Equal(t, filepath.Join(compiled, "plugins"), chosen())
	require.Equal(t, 1, times(), "not at every command")

	answers(true)
	require.Equal(t, filepath.Join(compiled, "plugins"), chosen(), "not yet")
	long := time.Now().Add(-askAgainAfter - time.Minute)
	require.NoError(t, os.Chtimes(filepath.Join(s.Cache, "no-official-provider"), long, long))
	official := chosen()
	require.NotEqual(t, filepath.Join(compiled, "plugins"), official)
	require.Equal(t, official, chosen())
	require.Equal(t, 2, times(), "it is kept")
}
