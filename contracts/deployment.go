package contracts

// OnDeployment is what a deployment of the changed contract, which is given, does with what is stored; empty where that
// is nothing.
func OnDeployment(contract *Contract, change Change) string {
	if contract.Format == FormatIceberg {
		return onTable[change.Kind]
	}
	if change.Kind == HeaderChanged && contract.Source == SourceLanding {
		if contract.folder == "" {
			return "files lie where they are; those of the header before have no value in the new columns"
		}
		return "files with this header lie in " + contract.Prefix() + contract.folder + "/, and the table shows those"
	}
	return ""
}

// onTable is what the job that migrates tables does with one that is there.
var onTable = map[ChangeKind]string{
	ColumnAdded:         "the column is added; rows that are there have null",
	RequiredColumnAdded: "the column is added with null in the rows that are there: runs over them fail until they are computed again",
	MadeRequired:        "rows without a value stay: runs over them fail until they are computed again",
	ConstraintTightened: "rows that break it stay: runs over them fail until they are computed again",
	EnumValueRemoved:    "rows with the value stay: runs over them fail until they are computed again",
	ColumnRemoved:       refusedForATable,
	TypeWidened:         refusedForATable,
	TypeNarrowed:        refusedForATable,
	TypeChanged:         refusedForATable,
	PartitionsChanged:   refusedForATable,
}

const refusedForATable = "the deployment fails where the table is there: docs/how-to/change-a-contract.md has the ways"
