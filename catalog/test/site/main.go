// Command site writes a catalog of 50 datasets of 40 columns into the folder it is given, for the browser test.
package main

import (
	"fmt"
	"os"

	"dataplatform/catalog"
	"dataplatform/catalog/internal/synthetic"
	"dataplatform/contracts"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "site: want one argument, the folder to write to")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "site:", err)
		os.Exit(1)
	}
}

func write(folder string) error {
	set, released, err := synthetic.Contracts(50, 40)
	if err != nil {
		return err
	}
	history, err := contracts.History(released)
	if err != nil {
		return err
	}
	files, err := catalog.Build(catalog.Input{
		Contracts: set, History: history,
		Databases: map[string]string{"raw": "test_raw", "processed": "test_processed", "curated": "test_curated"},
		Consumers: []catalog.Consumer{
			{
				ID: "revenue", Kind: catalog.KindDashboard, Title: "Revenue", Description: "What was earned.",
				Reads: []string{"curated.report_00", "curated.report_01"},
			},
			{
				ID: "recommender", Kind: catalog.KindModel, Title: "Recommender",
				Description: "What else they may like.", Reads: []string{"curated.report_02", "processed.feed_09"},
			},
		},
	})
	if err != nil {
		return err
	}
	return catalog.Write(folder, files)
}
