package main

import (
	"context"
	"os"

	"dataplatform/local/toolchain"
)

func setup(ctx context.Context, args []string) error {
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
