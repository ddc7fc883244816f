package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"dataplatform/internal/cli"
	"dataplatform/local/toolchain"
)

func setup(ctx context.Context, args []string) error {
	for _, name := range args {
		if !slices.Contains(toolchain.All, name) {
			return cli.UsageError{Err: fmt.Errorf("there is no tool %q; there are %s", name, strings.Join(toolchain.All, ", "))}
		}
	}
	cache, err := toolchain.DefaultCache()
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = toolchain.All
	}
	s := toolchain.Setup{Root: ".", Cache: cache, Log: os.Stderr}
	_, err = s.Ensure(ctx, args...)
	return err
}
