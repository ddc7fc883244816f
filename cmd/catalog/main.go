// Command catalog writes the data catalog into a folder. Run it from the repository's root:
//
//	go run ./cmd/catalog [--out build/catalog] [--report build/report.json] [--stack dev]
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"dataplatform/analytics/sql"
	"dataplatform/catalog"
	"dataplatform/contracts"
	"dataplatform/internal/cli"
	"dataplatform/internal/figures"
	"dataplatform/platform/settings"
)

func main() { cli.Main(command(".")) }

func command(root string) *cobra.Command {
	c := cli.New("catalog", "Write the data catalog into a folder")
	c.Args, c.Example = cli.NoArgs, "catalog --out build/catalog --report build/report.json --stack dev"
	folder := c.Flags().String("out", filepath.Join("build", "catalog"), "`folder` to write to")
	report := c.Flags().String("report", filepath.Join("build", "report.json"),
		"`file` with the counts of the last run, if there is one")
	stack := c.Flags().String("stack", "dev", "`name` of the stack whose databases the queries name")
	c.RunE = func(c *cobra.Command, _ []string) error { return run(root, *stack, *report, *folder, c.OutOrStdout()) }
	return c
}

func run(root, stack, report, folder string, out io.Writer) error {
	in, err := input(root, stack)
	if err != nil {
		return err
	}
	if in.Run, err = figures.Read(filepath.Join(root, report)); err != nil {
		return err
	}
	files, err := catalog.Build(in)
	if err != nil {
		return err
	}
	if err := catalog.Write(filepath.Join(root, folder), files); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d pages: open %s in a browser\n", len(files)-2, filepath.Join(folder, "index.html"))
	return err
}

func input(root, stack string) (catalog.Input, error) {
	of, err := settings.Of(root, stack)
	if errors.Is(err, os.ErrNotExist) {
		return catalog.Input{}, cli.Usage("there is no stack %q", stack)
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
	return catalog.Input{
			Contracts: set, History: history, Queries: queries, Consumers: consumers, Databases: databases,
		},
		errors.Join(err, setErr, historyErr, queriesErr, viewsErr, consumersErr)
}
