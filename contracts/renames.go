package contracts

import (
	"fmt"
	"slices"
)

// warnings are changes of a source's columns that look like a new name of which the contract does not say what the old
// one was: lines of files before would have no value under the new one.
func warnings(old, new *Contract) (found []string) {
	if new.Source != SourceLanding {
		return nil
	}
	removed := without(old.Columns, func(c Column) bool {
		_, kept := new.Column(c.Name)
		return kept || slices.ContainsFunc(new.Columns, c.isFormerly)
	})
	added := without(new.Columns, func(c Column) bool {
		_, had := old.Column(c.Name)
		return had || len(c.Formerly) > 0
	})
	for _, before := range removed {
		for _, after := range added {
			if len(removed) == 1 && len(added) == 1 || indexOf(old, before) == indexOf(new, after) {
				found = append(found, fmt.Sprintf("%s is gone and %s is new: if it is a new name, say so by formerly: [%s] in %s, "+
					"or lines with the old one have no value in it", before.Name, after.Name, before.Name, after.Name))
			}
		}
	}
	return found
}

// isFormerly says whether the column has another name now, that of the newer one.
func (c Column) isFormerly(newer Column) bool { return slices.Contains(newer.Formerly, c.Name) }

func without(columns []Column, leave func(Column) bool) []Column {
	return slices.DeleteFunc(slices.Clone(columns), leave)
}

func indexOf(c *Contract, column Column) int { return slices.Index(names(c.Columns), column.Name) }
