package policies

// TablesRefs are what the tables function works with.
type TablesRefs struct {
	JobARN string
}

// Tables are the grants of the function that starts the tables job during a deployment and waits for it.
func Tables(r TablesRefs) []Statement {
	return []Statement{AllowActions("RunTablesJob", []string{r.JobARN}, "glue:StartJobRun", "glue:GetJobRun")}
}
