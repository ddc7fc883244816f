package main

import (
	"fmt"
	"slices"
	"strings"

	"dataplatform/contracts"
)

// classifiedTables are the columns of personal data and the pseudonymous ones, by dataset.
func classifiedTables() (personal, pseudonymous string, err error) {
	set, err := contracts.LoadWithFeatures()
	if err != nil {
		return "", "", err
	}
	personal = classified(set, contracts.PersonalData,
		"columns that are personal data (`pii`): only engineers and the jobs that work on them")
	pseudonymous = classified(set, contracts.Pseudonymous, "columns that are `pseudonymous`: data scientists see them, too; "+
		"analysts, country analysts, QuickSight and Redshift do not")
	return personal, pseudonymous, nil
}

func classified(set *contracts.Set, classification, head string) string {
	var table strings.Builder
	fmt.Fprintf(&table, "| dataset | %s |\n|---|---|\n", head)
	all := set.All()
	slices.SortFunc(all, func(a, b *contracts.Contract) int { return strings.Compare(a.ID, b.ID) })
	for _, c := range all {
		var named []string
		for _, column := range c.Columns {
			if column.Classification == classification {
				named = append(named, "`"+column.Name+"`")
			}
		}
		if len(named) > 0 {
			fmt.Fprintf(&table, "| `%s` | %s |\n", c.ID, strings.Join(named, ", "))
		}
	}
	return table.String()
}
