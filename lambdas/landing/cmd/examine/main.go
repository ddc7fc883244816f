// Command examine says of files, uncompressed, what the landing function would make of them: a line of JSON each. The
// tests of the jobs take in their files by it, some with the contracts of a folder.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"dataplatform/contracts"
	"dataplatform/lambdas/landing/internal/inspect"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	load := contracts.Load
	if len(args) > 2 && args[0] == "--contracts" {
		folder := os.DirFS(args[1])
		load, args = func() (*contracts.Set, error) { return contracts.LoadFS(folder) }, args[2:]
	}
	if len(args) < 2 {
		return fmt.Errorf("usage: examine [--contracts FOLDER] DATASET FILE…")
	}
	set, err := load()
	if err != nil {
		return err
	}
	contract, ok := set.Get(contracts.LayerRaw + "." + args[0])
	if !ok {
		return fmt.Errorf("no contract describes the dataset %s", args[0])
	}
	lines := json.NewEncoder(out)
	for _, path := range args[1:] {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		check := inspect.New(contract)
		if _, err := check.Write(content); err != nil {
			return err
		}
		found := check.End()
		if err := lines.Encode(map[string]any{
			"format": found.Format, "records": found.Records, "reason": found.Fault.Reason, "mapping": found.Mapping,
			"columns": found.Columns,
		}); err != nil {
			return err
		}
	}
	return nil
}
