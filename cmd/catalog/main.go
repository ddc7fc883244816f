// Command catalog writes the data catalog into a folder. Run it from the repository's root:
//
//	go run ./cmd/catalog [--out build/catalog] [--report build/report.json] [--stack dev]
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"dataplatform/analytics/sql"
	"dataplatform/catalog"
	"dataplatform/contracts"
	"dataplatform/internal/cli"
	"dataplatform/platform/settings"
)

const usage = "want [--out folder] [--report file] [--stack name]"

func main() { cli.Main("catalog", run) }

func run(args []string, root string, out io.Writer) error {
	flags := flag.NewFlagSet("catalog", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	folder := flags.String("out", filepath.Join("build", "catalog"), "")
	report := flags.String("report", filepath.Join("build", "report.json"), "")
	stack := flags.String("stack", "dev", "")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		_, err = fmt.Fprintln(out, "catalog writes the data catalog into a folder; "+usage)
		return err
	} else if err != nil {
		return fmt.Errorf("%w: %w; %s", cli.ErrUsage, err, usage)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%w: %q is not an argument; %s", cli.ErrUsage, flags.Arg(0), usage)
	}
	in, err := input(root, *stack)
	if err != nil {
		return err
	}
	if in.Run, err = catalog.ReadRun(filepath.Join(root, *report)); err != nil {
		return err
	}
	files, err := catalog.Build(in)
	if err != nil {
		return err
	}
	if err := catalog.Write(filepath.Join(root, *folder), files); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d pages: open %s in a browser\n", len(files)-2, filepath.Join(*folder, "index.html"))
	return err
}

func input(root, stack string) (catalog.Input, error) {
	of, err := settings.Of(root, stack)
	if errors.Is(err, os.ErrNotExist) {
		return catalog.Input{}, fmt.Errorf("%w: there is no stack %q; %s", cli.ErrUsage, stack, usage)
	}
	set, setErr := of.Contracts()
	history, historyErr := contracts.History(os.DirFS(filepath.Join(root, "contracts", "released")))
	queries, queriesErr := sql.All()
	views, viewsErr := sql.Views()
	for _, view := range views {
		queries = append(queries, view.Query)
	}
	consumers, consumersErr := catalog.Consumers()
	databases := map[string]string{}
	if setErr == nil {
		for _, layer := range set.Layers() {
			databases[layer] = of.Prefix + "_" + layer
		}
	}
	return catalog.Input{Contracts: set, History: history, Queries: queries, Consumers: consumers, Databases: databases},
		errors.Join(err, setErr, historyErr, queriesErr, viewsErr, consumersErr)
}
