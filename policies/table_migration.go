package policies

// TableMigrationRefs are what the table migration's function works with.
type TableMigrationRefs struct {
	JobARN string
}

// TableMigration are the grants of the function that starts the table migration during a deployment and waits for it.
func TableMigration(r TableMigrationRefs) []Statement {
	return []Statement{AllowActions("RunTablesJob", []string{r.JobARN}, "glue:StartJobRun", "glue:GetJobRun")}
}
