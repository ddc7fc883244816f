// Command release keeps a copy of every contract whose version is not released yet, and refuses versions that do not
// say how much changed. Run it from the repository's root after raising a contract's version: go run
// ./cmd/release-contracts
//
// What the main branch has stays as it is. What only this one has was never deployed from there: it is written anew
// when the contract has changed since, and removed when its version went back. Nothing is kept that a first run would
// fail for: the changed contracts' transforms and rules, and every query and view, are held against the contracts
// first.
package main

import (
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"dataplatform/contracts"
)

func main() {
	r := release{out: os.Stdout, held: held}
	flag.StringVar(&r.dir, "dir", filepath.Join("contracts", "released"), "folder of the released versions")
	branch := flag.String("main", "", "main branch; origin/main, else main, where they are")
	flag.BoolVar(&r.check, "check", false, "write nothing, and fail when there is something to write")
	flag.Parse()
	err := r.fromMain(*branch)
	if err == nil {
		err = r.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type release struct {
	dir    string
	merged fs.FS // of the main branch; nil where there is none
	// mappings are those of the main branch.
	mappings fs.FS
	check    bool
	held     func(set *contracts.Set, ids []string, out io.Writer) error
	out      io.Writer
}

func (r *release) fromMain(branch string) error {
	merged, name, err := mainBranch(r.dir, branch)
	if err != nil {
		return err
	}
	if name == "" {
		_, err = fmt.Fprintln(r.out, "there is no main branch here: every version in", r.dir, "counts as merged")
		return err
	}
	r.merged = merged
	r.mappings, _, err = mainBranch(filepath.Join(filepath.Dir(r.dir), "mappings"), branch)
	return err
}

func (r *release) run() error {
	set, err := contracts.LoadWithFeatures()
	if err != nil {
		return err
	}
	if r.mappings != nil {
		if err := contracts.CheckMappings(set, r.mappings); err != nil {
			return err
		}
	}
	plan, err := contracts.PlanReleases(set, os.DirFS(r.dir), r.merged)
	if err != nil {
		return err
	}
	var ids []string
	for _, snapshot := range plan.Write {
		ids = append(ids, snapshot.Contract.ID)
	}
	if err := r.held(set, ids, r.out); err != nil {
		return err
	}
	if r.check {
		return plan.Missing()
	}
	for _, path := range plan.Remove {
		path = filepath.Join(r.dir, filepath.FromSlash(path))
		if err := os.Remove(path); err != nil {
			return err
		}
		fmt.Fprintln(r.out, "removed", path)
	}
	for _, snapshot := range plan.Write {
		if err := r.write(snapshot); err != nil {
			return err
		}
	}
	if len(plan.Write)+len(plan.Remove) == 0 {
		fmt.Fprintln(r.out, "every contract's version is released")
	}
	return nil
}

func (r *release) write(snapshot contracts.Snapshot) error {
	path := filepath.Join(r.dir, filepath.FromSlash(snapshot.Path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, snapshot.Content, 0o644); err != nil {
		return err
	}
	fmt.Fprintln(r.out, "released", path)
	for _, change := range snapshot.Changes {
		fmt.Fprintln(r.out, " ", change)
		if does := contracts.OnDeployment(snapshot.Contract, change); does != "" {
			fmt.Fprintln(r.out, "    in a deployment:", does)
		}
	}
	for _, warning := range snapshot.Warnings {
		fmt.Fprintln(r.out, "  warning:", warning)
	}
	return nil
}
