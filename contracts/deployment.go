package contracts

import (
	"errors"
	"fmt"
	"slices"
)

// OnDeployment is what a deployment of the changed contract, which is given, does with what is stored; empty where that
// is nothing.
func OnDeployment(contract *Contract, change Change) string {
	if contract.Format == FormatIceberg {
		return onTable[change.Kind]
	}
	if change.Kind == HeaderChanged && contract.Source == SourceLanding {
		if len(contract.Mappings) > 0 {
			return "files that a mapping reads are read as before: for those with another header one stands beside it"
		}
		if contract.folder == "" {
			return "files lie where they are; those of the header before have no value in the new columns"
		}
		return "files with this header lie in " + contract.Prefix() + contract.folder + "/, and the table shows those"
	}
	return ""
}

// onTable is what the job that migrates tables does with one that is there.
var onTable = map[ChangeKind]string{
	ColumnAdded:         "the column is added; rows that are there have null until a backfill",
	RequiredColumnAdded: "the column is added with null in the rows that are there: runs over them fail until they are computed again",
	MadeRequired:        "rows without a value stay: runs over them fail until they are computed again",
	ConstraintTightened: "rows that break it stay: runs over them fail until they are computed again",
	EnumValueRemoved:    "rows with the value stay: runs over them fail until they are computed again",
	ColumnRemoved:       "the table keeps the column and what is in it; new rows have null in it",
	TypeWidened:         "the column is widened; rows that are there keep their values",
}

// checkDeployment refuses what no deployment does with the rows of an Iceberg table, so that a release says it and not
// the job.
func checkDeployment(old, new *Contract) error {
	if old.Format != FormatIceberg || new.Format != FormatIceberg {
		return nil
	}
	var errs []error
	refuse := func(what, why string) {
		errs = append(errs, fmt.Errorf("%s: %s: %s; docs/how-to/change-a-contract.md#the-table-of-a-dataset has the ways",
			new.file(), what, why))
	}
	for _, change := range Compare(old, new) {
		switch change.Kind {
		case TypeNarrowed, TypeChanged:
			refuse(change.String(), "no deployment changes what is stored: give the new type another name")
		case TypeWidened:
			before, _ := old.Column(change.Path)
			if after, _ := new.Column(change.Path); !promoted(before.Physical, after.Physical) {
				refuse(change.String(), "Iceberg has no such promotion: give the new type another name")
			}
		case PartitionsChanged, PrimaryKeyChanged:
			refuse(change.String(), "rows lie by it: a table of another name has another one")
		case ColumnRemoved:
			switch column, _ := old.Column(change.Path); {
			case column.Classification == PersonalData:
				refuse(change.String(), "the table keeps it, and an erasure of a person would pass it over")
			case !slices.Contains(new.Ended, change.Path):
				refuse(change.String(), "the table has it: name it in customProperties.ended")
			}
		}
	}
	for _, name := range old.Ended {
		if _, again := new.Column(name); !again && !slices.Contains(new.Ended, name) {
			refuse(name, "stood in customProperties.ended: tables of earlier versions still have it")
		}
	}
	for _, name := range new.Ended {
		if _, had := old.Column(name); !had && !slices.Contains(old.Ended, name) {
			refuse(name, "stands in customProperties.ended, and "+old.Version+" has no such column")
		}
	}
	return errors.Join(errs...)
}

// promoted says whether Iceberg reads values of the one type as the other: int as bigint, and decimals of more digits
// before the point (Iceberg's specification, Schema Evolution).
func promoted(from, to string) bool {
	fromPrecision, fromScale, ok1 := decimal(from)
	toPrecision, toScale, ok2 := decimal(to)
	return from == "int" && to == "bigint" || ok1 && ok2 && fromScale == toScale && fromPrecision < toPrecision
}
