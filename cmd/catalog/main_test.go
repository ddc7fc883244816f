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
	require.Zero(t, cli.Run(t.Context(), command("../.."),
		[]string{"--out", relative, "--report", "no/such/report.json"}, nil, &out, &out), out.String())
	assert.FileExists(t, filepath.Join(folder, "index.html"))
	assert.FileExists(t, filepath.Join(folder, "dataset", "curated.sales_hourly.html"))
	assert.Contains(t, out.String(), "index.html in a browser")
}

func TestWrongArguments(t *testing.T) {
	for name, tt := range map[string]struct {
		give []string
		want string
	}{
		"flag":  {[]string{"--outt", "x"}, "unknown flag: --outt"},
		"extra": {[]string{"x"}, `unexpected argument "x"`},
		"stack": {[]string{"--stack", "nope"}, `there is no stack "nope"`},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			require.Equal(t, 2, cli.Run(t.Context(), command("../.."), tt.give, nil, &out, &out))
			assert.Contains(t, out.String(), tt.want)
			assert.Equal(t, 1, strings.Count(out.String(), "\n"))
		})
	}
}
