package policies

import (
	"slices"
	"strings"
)

// ReaderRefs are what people query with.
type ReaderRefs struct {
	WorkgroupARN string
	// DataCatalogARN is Athena's view of the Glue catalog:
	// arn:<partition>:athena:<region>:<account>:datacatalog/AwsDataCatalog.
	DataCatalogARN string
	// DatabaseARNs are of the databases with tables that they may be granted.
	DatabaseARNs []string
	// ResultsPrefix of the bucket is where their results are, and nobody else's.
	ResultsBucketARN, ResultsPrefix, ResultsKeyARN string
}

// Reader are the rights of one persona: to query in their own workgroup and to read what they asked for. Which tables,
// columns and rows they see is Lake Formation's to say: it hands out the data, and they hold no right on a data bucket.
// The actions on results are those that the Athena User Guide lists (Control access to Amazon S3 from Athena).
func Reader(r ReaderRefs) Document {
	statements := []Statement{
		AllowActions("QueryInWorkgroup", []string{r.WorkgroupARN},
			"athena:BatchGetNamedQuery", "athena:BatchGetQueryExecution", "athena:GetNamedQuery",
			"athena:GetQueryExecution", "athena:GetQueryResults", "athena:GetQueryResultsStream",
			"athena:GetQueryRuntimeStatistics", "athena:GetWorkGroup", "athena:ListNamedQueries",
			"athena:ListQueryExecutions", "athena:StartQueryExecution", "athena:StopQueryExecution"),
		AllowActions("FindWorkgroup", []string{"*"}, "athena:ListDataCatalogs", "athena:ListEngineVersions",
			"athena:ListWorkGroups"),
		AllowActions("BrowseCatalog", []string{r.DataCatalogARN},
			"athena:GetDataCatalog", "athena:GetDatabase", "athena:GetTableMetadata", "athena:ListDatabases",
			"athena:ListTableMetadata"),
		AllowActions("LookUpTables", catalogOf(r.DatabaseARNs), "glue:GetDatabase", "glue:GetDatabases",
			"glue:GetPartitions", "glue:GetTable", "glue:GetTables"),
		AllowActions("ReadGrantedData", []string{"*"}, "lakeformation:GetDataAccess"),
		// Uploads have no prefix that could be checked; AWS's own AWSQuicksightAthenaAccess lists them, too.
		AllowActions("FindResults", []string{r.ResultsBucketARN}, "s3:GetBucketLocation",
			"s3:ListBucketMultipartUploads"),
		ListPrefixes("ListResults", r.ResultsBucketARN, r.ResultsPrefix),
		AllowActions("KeepResults", under(r.ResultsBucketARN, []string{r.ResultsPrefix}),
			"s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
		EncryptWith("EncryptResults", r.ResultsKeyARN),
	}
	return Managed(statements...)
}

// catalogOf are the ARNs that Glue checks for any table of the databases, and the database "default", which Athena
// looks up too, there or not (Athena User Guide, "Configure AWS Glue access to your catalog and database per AWS
// Region").
func catalogOf(databaseARNs []string) []string {
	var arns []string
	for _, database := range databaseARNs {
		base, _, _ := strings.Cut(database, ":database/")
		arns = append(arns, append(catalogARNs(database, "*"), base+":database/default")...)
	}
	slices.Sort(arns)
	return slices.Compact(arns)
}
