// Command release keeps a copy of every contract whose version is not released yet, and refuses versions that do not
// say how much changed. Run it from the repository's root after raising a contract's version: go run
// ./cmd/release-contracts
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"dataplatform/contracts"
)

func main() {
	dir := flag.String("dir", filepath.Join("contracts", "released"), "folder of the released versions")
	flag.Parse()
	if err := run(*dir, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir string, out io.Writer) error {
	set, err := contracts.LoadWithFeatures()
	if err != nil {
		return err
	}
	plan, err := contracts.PlanReleases(set, os.DirFS(dir))
	if err != nil {
		return err
	}
	for _, snapshot := range plan {
		path := filepath.Join(dir, filepath.FromSlash(snapshot.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, snapshot.Content, 0o644); err != nil {
			return err
		}
		fmt.Fprintln(out, "released", path)
		for _, change := range snapshot.Changes {
			fmt.Fprintln(out, " ", change)
			if does := contracts.OnDeployment(snapshot.Contract, change); does != "" {
				fmt.Fprintln(out, "    in a deployment:", does)
			}
		}
	}
	if len(plan) == 0 {
		fmt.Fprintln(out, "every contract's version is released")
	}
	return nil
}
