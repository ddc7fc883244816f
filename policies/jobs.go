package policies

import "slices"

// JobRefs are what the Glue jobs of one pipeline work with.
type JobRefs struct {
	Dataset         string   // the pipeline's source dataset: its prefix in raw, quarantine and processed
	RowsPrefix      string   // where the dataset's rows are in raw
	RereadsRows     bool     // the curate stage reads raw rows again, to know which objects their events are about
	ProcessedTables []string // Iceberg tables of the processed layer that this pipeline writes; none for a stream
	CuratedTables   []string // Iceberg tables of the curated layer that this pipeline writes
	// Iceberg tables of the processed layer, of other pipelines, that its curated tables look values up in or refer to,
	// and those that rules of its processed tables refer to
	LookupTables       []string
	ReferenceTables    []string
	RawBucketARN       string
	RawKeyARN          string
	ProcessedBucketARN string
	ProcessedKeyARN    string
	ProcessedDatabase  string // ARN
	CuratedBucketARN   string
	CuratedKeyARN      string
	CuratedDatabase    string // ARN
	ArtifactsBucketARN string
	ArtifactsKeyARN    string
	FilesTableARN      string
	HoursTableARN      string // of a stream
	LeasesTableARN     string
	LedgerKeyARN       string // encrypts the tables
	LogGroupARNs       []string
	MetricsNamespace   string // takes how fresh the tables are; none for jobs that do not tell
	PseudonymKeyARN    string // makes the secret of pseudonyms; none for jobs that make no pseudonyms
	LineageSecretARN   string // the token of lineage's endpoint; none where it wants none
}

// Prefixes of the artifacts bucket.
const (
	CodePrefix = "glue/" // scripts and the library
	runsPrefix = "runs/"
	// LineagePrefix is where runs leave their OpenLineage events.
	LineagePrefix = "lineage/"
)

// RunsPrefix is where a pipeline's runs leave their counts.
func RunsPrefix(dataset string) string { return runsPrefix + dataset + "/" }

func tablePrefixes(tables []string) []string {
	prefixes := make([]string, 0, len(tables))
	for _, table := range tables {
		prefixes = append(prefixes, table+"/")
	}
	return prefixes
}

// ProcessJob are the grants of the job that turns raw files into processed rows: it rewrites the quarantine of its own
// dataset and its own tables. Raw stays as it is. Iceberg's files are found by the table's metadata, so nothing lists
// them.
func ProcessJob(r JobRefs) Document {
	quarantine, processed := "quarantine/"+r.Dataset+"/", tablePrefixes(r.ProcessedTables)
	return Identity(slices.Concat([]Statement{
		ReadObjects("ReadRaw", r.RawBucketARN, r.Dataset+"/"),
		ReplaceObjects("ReplaceOwnQuarantine", r.RawBucketARN, quarantine),
		ReplaceObjects("WriteProcessedTables", r.ProcessedBucketARN, processed...),
		ListPrefixes("ListRaw", r.RawBucketARN, r.Dataset+"/", quarantine),
		CommitTables("CommitProcessedTables", r.ProcessedDatabase, r.ProcessedTables...),
		EncryptWith("EncryptLayers", r.RawKeyARN, r.ProcessedKeyARN, r.ArtifactsKeyARN, r.LedgerKeyARN),
	}, r.references(), r.ledger(), r.common())...)
}

// references is reading the tables that rules of processed tables refer to; the layer's key is that of its own tables.
func (r JobRefs) references() []Statement {
	if len(r.ReferenceTables) == 0 {
		return nil
	}
	return []Statement{
		ReadFolders("ReadReferences", r.ProcessedBucketARN, r.ReferenceTables...),
		ReadTables("ReadReferenceTables", r.ProcessedDatabase, r.ReferenceTables...),
	}
}

// CurateJob are the grants of the job that computes the curated tables from its pipeline's processed rows and the
// tables that values are looked up in; it writes curated only. A stream has no job before it and no ledger of files:
// there it reads the objects themselves, all of them, to count, and takes away the marks of the hours that it has
// computed, or notes on them that it refused them.
func CurateJob(r JobRefs) Document {
	curated := tablePrefixes(r.CuratedTables)
	statements := []Statement{
		ReadFolders("ReadProcessed", r.ProcessedBucketARN, append([]string{r.Dataset}, r.LookupTables...)...),
		ReplaceObjects("WriteCuratedTables", r.CuratedBucketARN, curated...),
		CommitTables("CommitCuratedTables", r.CuratedDatabase, r.CuratedTables...),
		DecryptWith("DecryptSources", r.RawKeyARN, r.ProcessedKeyARN),
		EncryptWith("EncryptCurated", r.CuratedKeyARN, r.ArtifactsKeyARN, r.LedgerKeyARN),
	}
	if tables := slices.Concat(r.ProcessedTables, r.LookupTables); len(tables) > 0 {
		statements = append(statements, ReadTables("ReadProcessedTables", r.ProcessedDatabase, tables...))
	}
	if r.RereadsRows {
		statements = append(statements,
			ReadObjects("ReadRows", r.RawBucketARN, r.RowsPrefix),
			ListPrefixes("ListRows", r.RawBucketARN, r.RowsPrefix), TellWhatIsGone(r.RawBucketARN))
	}
	if len(r.ProcessedTables) > 0 {
		return Identity(slices.Concat(statements, r.ledger(), makePseudonyms(r.PseudonymKeyARN), r.common())...)
	}
	quarantine := "quarantine/" + r.Dataset
	return Identity(slices.Concat(statements, []Statement{
		ReadFolders("ReadRawAndQuarantine", r.RawBucketARN, r.Dataset, quarantine),
		ListPrefixes("ListRaw", r.RawBucketARN, r.Dataset+"/", quarantine+"/"),
		ListPrefixes("ListProcessed", r.ProcessedBucketARN, r.Dataset+"/"),
		TellWhatIsGone(r.RawBucketARN, r.ProcessedBucketARN), // objects are read by their folders
		AllowActions("SettleHours", []string{r.HoursTableARN}, "dynamodb:Query", "dynamodb:UpdateItem",
			"dynamodb:DeleteItem"),
	}, r.common())...)
}

// ledger is reading the ledger of files and marking how far a file got. It adds no files and takes none away.
func (r JobRefs) ledger() []Statement {
	return []Statement{
		AllowActions("ReadLedger", []string{r.FilesTableARN, r.FilesTableARN + "/index/by_arrival"}, "dynamodb:GetItem",
			"dynamodb:Query"),
		AllowActions("MarkFiles", []string{r.FilesTableARN}, "dynamodb:UpdateItem"),
	}
}

// common is what every pipeline job does: load its code, write its counts and lineage, hold leases, report.
func (r JobRefs) common() []Statement {
	return slices.Concat([]Statement{
		ReadObjects("ReadCode", r.ArtifactsBucketARN, CodePrefix),
		WriteObjects("WriteCounts", r.ArtifactsBucketARN, RunsPrefix(r.Dataset)),
		WriteObjects("WriteLineage", r.ArtifactsBucketARN, LineagePrefix+r.Dataset+"/"),
		holdLeases(r.LeasesTableARN),
	}, readLineageToken(r.LineageSecretARN), jobReports(r.LogGroupARNs, r.namespaces()...))
}

func readLineageToken(secretARN string) []Statement {
	if secretARN == "" {
		return nil
	}
	return []Statement{AllowActions("ReadLineageToken", []string{secretARN}, "secretsmanager:GetSecretValue")}
}

func (r JobRefs) namespaces() []string {
	if r.MetricsNamespace == "" {
		return nil
	}
	return []string{r.MetricsNamespace}
}

// jobReports are a run's log, and its metrics: Glue's own and those of more namespaces.
func jobReports(logGroupARNs []string, namespaces ...string) []Statement {
	return []Statement{
		WriteLogs("WriteLogs", logGroupARNs...),
		AllowActions("ReportMetrics", []string{"*"}, "cloudwatch:PutMetricData").When("StringEquals",
			"cloudwatch:namespace", append([]string{"Glue"}, namespaces...)...),
	}
}

// What a job over all tables may do is said for any table of a layer: IAM has room for the names of some forty datasets
// in all policies of a role. Other than Iceberg's nothing in a layer lies in folders of these names.
const (
	anyFolder      = "*/"
	dataFolder     = anyFolder + "data/"
	metadataFolder = anyFolder + "metadata/"
	anyTable       = "*"
)

// TableMigrationJobRefs are what the job that migrates the Iceberg tables works with.
type TableMigrationJobRefs struct {
	StreamDatasets     []string // datasets that come on a stream, below these names in raw and processed
	ProcessedBucketARN string
	ProcessedKeyARN    string
	ProcessedDatabase  string // ARN
	CuratedBucketARN   string
	CuratedKeyARN      string
	CuratedDatabase    string // ARN
	ArtifactsBucketARN string
	ArtifactsKeyARN    string
	LogGroupARNs       []string
	PseudonymKeyARN    string // as JobRefs has it
	// The features layer; no tables without recommendations.
	FeaturesTables    []string
	FeaturesBucketARN string
	FeaturesKeyARN    string
	FeaturesDatabase  string // ARN
}

// ofFeatures are grants on the features layer, none where there is none.
func (r TableMigrationJobRefs) ofFeatures(statements ...Statement) []Statement {
	if len(r.FeaturesTables) == 0 {
		return nil
	}
	return statements
}

// commitTables is committing to all tables but those of streams, which are no Iceberg tables.
func (r TableMigrationJobRefs) commitTables() []Statement {
	statements := []Statement{
		CommitTables("CommitProcessedTables", r.ProcessedDatabase, anyTable),
		CommitTables("CommitCuratedTables", r.CuratedDatabase, anyTable),
	}
	if len(r.StreamDatasets) > 0 {
		statements = append(statements, DenyActions("KeepTablesOfStreams",
			tableARNs(r.ProcessedDatabase, r.StreamDatasets...), "glue:UpdateTable"))
	}
	return statements
}

// tableKeys encrypt the layers with Iceberg tables.
func (r TableMigrationJobRefs) tableKeys() []string {
	keys := []string{r.ProcessedKeyARN, r.CuratedKeyARN}
	if len(r.FeaturesTables) > 0 {
		keys = append(keys, r.FeaturesKeyARN)
	}
	return keys
}

// TableMigrationJob are the grants of the job that applies columns, partitions, sort order and properties: it writes
// tables' metadata only, in the layers that have Iceberg tables.
func TableMigrationJob(r TableMigrationJobRefs) Document {
	features := make([]string, 0, len(r.FeaturesTables))
	for _, prefix := range tablePrefixes(r.FeaturesTables) {
		features = append(features, prefix+"metadata/")
	}
	return Identity(slices.Concat([]Statement{
		ReadObjects("ReadCode", r.ArtifactsBucketARN, CodePrefix),
		ReplaceObjects("WriteProcessedMetadata", r.ProcessedBucketARN, metadataFolder),
		ReplaceObjects("WriteCuratedMetadata", r.CuratedBucketARN, metadataFolder),
		DecryptWith("DecryptCode", r.ArtifactsKeyARN),
		EncryptWith("EncryptMetadata", r.tableKeys()...),
	}, r.commitTables(), r.ofFeatures(
		ReplaceObjects("WriteFeaturesMetadata", r.FeaturesBucketARN, features...),
		CommitTables("CommitFeaturesTables", r.FeaturesDatabase, r.FeaturesTables...),
	), jobReports(r.LogGroupARNs))...)
}
