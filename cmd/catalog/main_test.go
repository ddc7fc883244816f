package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/cli"
)

func TestWritesTheSite(t *testing.T) {
	folder, err := filepath.Abs(filepath.Join(t.TempDir(), "site"))
	require.NoError(t, err)
	here, err := os.Getwd()
	require.NoError(t, err)
	relative, err := filepath.Rel(filepath.Join(here, "../.."), folder)
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, run([]string{"--out", relative, "--report", "no/such/report.json"}, "../..", &out))
	assert.FileExists(t, filepath.Join(folder, "index.html"))
	assert.FileExists(t, filepath.Join(folder, "dataset", "curated.sales_hourly.html"))
	assert.Contains(t, out.String(), "index.html in a browser")
}

func TestWrongArguments(t *testing.T) {
	for name, tt := range map[string]struct {
		give []string
		want string
	}{
		"flag":  {[]string{"--outt", "x"}, "flag provided but not defined: -outt; want [--out folder]"},
		"extra": {[]string{"x"}, `"x" is not an argument`},
		"stack": {[]string{"--stack", "nope"}, `there is no stack "nope"`},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			err := run(tt.give, "../..", &out)
			require.ErrorIs(t, err, cli.ErrUsage)
			assert.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}
