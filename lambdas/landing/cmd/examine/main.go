// Command examine says of files, uncompressed, what the landing function would make of them: a line of JSON each. The
// tests of the jobs take in their files by it, some with the contracts of a folder. With an arrival a header that has
// had its time by then is refused.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"dataplatform/contracts"
	"dataplatform/lambdas/landing/internal/inspect"
)

func main() {
	flags := flag.NewFlagSet("examine", flag.ExitOnError)
	folder := flags.String("contracts", "", "folder of contracts")
	arrival := flags.String("arrival", "", "when the files arrive, as RFC 3339 says")
	_ = flags.Parse(os.Args[1:]) // it exits
	if err := run(*folder, *arrival, flags.Args(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(folder, arrival string, args []string, out io.Writer) error {
	if len(args) < 2 {
		return fmt.Errorf("usage: examine [--contracts FOLDER] [--arrival TIME] DATASET FILE…")
	}
	load := contracts.Load
	if folder != "" {
		load = func() (*contracts.Set, error) { return contracts.LoadFS(os.DirFS(folder)) }
	}
	var at time.Time
	if arrival != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, arrival); err != nil {
			return err
		}
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
		if ended := found.Ended(at); arrival != "" && ended.Bad() && !found.Fault.Bad() {
			found.Fault = ended
		}
		if err := lines.Encode(map[string]any{
			"format": found.Format, "records": found.Records, "reason": found.Fault.Reason,
			"detail": found.Fault.Detail, "mapping": found.Mapping, "columns": found.Columns,
		}); err != nil {
			return err
		}
	}
	return nil
}
