package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"

	"dataplatform/contracts"
	"dataplatform/local/trial"
)

// held says what a first run would fail for: in queries and views, and in the transforms of the contracts named.
func held(set *contracts.Set, ids []string, log io.Writer) error {
	var found bytes.Buffer
	err := trial.Trial{Module: "check", Out: &found, Log: log}.Run(context.Background(), set,
		append([]string{filepath.Join("analytics", "sql")}, ids...)...)
	if err != nil && found.Len() > 0 {
		return errors.New(string(bytes.TrimSpace(found.Bytes())))
	}
	return err
}
