package policies

import "slices"

// Prefixes of the artifacts bucket that erasures use.
const (
	ErasureRequestsPrefix = "erasures/" // whom to erase; a request goes with its run, or by the next day
	ErasureAuditPrefix    = "audit/erasures/"
)

// EraseJobRefs are what an erasure works with.
type EraseJobRefs struct {
	TableMigrationJobRefs
	FileDatasets     []string // datasets that arrive as files, below these names in landing and raw
	StreamDatasets   []string // datasets that come on a stream, below these names in raw and processed
	LandingBucketARN string
	LandingKeyARN    string
	RawBucketARN     string
	RawKeyARN        string
	// DiscardedBucketARN and DiscardedKeyARN are of the records of streams that could not be processed.
	DiscardedBucketARN string
	DiscardedKeyARN    string
	ResultsPrefix      string // of query results, in the artifacts bucket
	FilesTableARN      string
	LeasesTableARN     string
}

// EraseJob are the grants of the break-glass role: the only one that rewrites raw and deletes versions of objects for
// good, and that where customers can be. It writes what it did where it can neither read nor change it again, adds no
// file to the ledger and takes none away. Nothing of the platform may start its job.
func EraseJob(r EraseJobRefs) Document {
	raw := append(tablePrefixes(slices.Concat(r.FileDatasets, r.StreamDatasets)), "quarantine/", QuarantineFilesPrefix)
	processed, curated := append(tablePrefixes(r.ProcessedTables), tablePrefixes(r.StreamDatasets)...),
		tablePrefixes(r.CuratedTables)
	features := tablePrefixes(r.FeaturesTables)
	asked := append(slices.Clone(FeaturesRunPrefixes), CapturePrefix)
	own := []string{r.ResultsPrefix, ErasureRequestsPrefix}
	return Identity(slices.Concat([]Statement{
		ReadObjects("ReadCode", r.ArtifactsBucketARN, CodePrefix),
		AllowActions("EraseObjects", slices.Concat(under(r.LandingBucketARN, []string{""}), under(r.RawBucketARN, raw),
			under(r.DiscardedBucketARN, []string{FailurePrefix}), under(r.ArtifactsBucketARN, own)),
			"s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectVersionTagging", "s3:DeleteObject",
			"s3:DeleteObjectVersion"),
		AllowActions("RewriteRaw", under(r.RawBucketARN, raw), "s3:PutObject"),
		AllowActions("RewriteTables", slices.Concat(under(r.ProcessedBucketARN, processed),
			folders(r.ProcessedBucketARN, r.StreamDatasets), under(r.CuratedBucketARN, curated)),
			"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject",
			"s3:DeleteObjectVersion"),
		WriteObjects("WriteAudit", r.ArtifactsBucketARN, ErasureAuditPrefix),
		listVersions("ListLanding", r.LandingBucketARN, ""),
		listVersions("ListRaw", r.RawBucketARN, raw...),
		listVersions("ListDiscarded", r.DiscardedBucketARN, FailurePrefix),
		listVersions("ListProcessed", r.ProcessedBucketARN, processed...),
		listVersions("ListCurated", r.CuratedBucketARN, curated...),
		listVersions("ListResultsAndRequests", r.ArtifactsBucketARN, own...),
		TellWhatIsGone(r.ProcessedBucketARN), // processed clicks are read by their folders
		CommitTables("CommitProcessedTables", r.ProcessedDatabase, r.ProcessedTables...),
		CommitTables("CommitCuratedTables", r.CuratedDatabase, r.CuratedTables...),
		AllowActions("ReadLedger", []string{r.FilesTableARN}, "dynamodb:Query"),
		AllowActions("MarkRewrittenFiles", []string{r.FilesTableARN}, "dynamodb:UpdateItem"),
		holdLeases(r.LeasesTableARN),
		DecryptWith("DecryptLandingAndDiscarded", r.LandingKeyARN, r.DiscardedKeyARN),
		EncryptWith("EncryptLayers", append(r.tableKeys(), r.RawKeyARN, r.ArtifactsKeyARN)...),
	}, r.ofFeatures(
		AllowActions("RewriteFeatures", under(r.FeaturesBucketARN, features),
			"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject",
			"s3:DeleteObjectVersion"),
		AllowActions("EraseFilesOfRuns", under(r.FeaturesBucketARN, asked), "s3:GetObject", "s3:GetObjectVersion",
			"s3:DeleteObject", "s3:DeleteObjectVersion"),
		// A model that learnt of the customer is reported, and stays until there is another.
		AllowActions("ReadModels", under(r.FeaturesBucketARN, []string{ModelsPrefix}), "s3:GetObject",
			"s3:GetObjectVersion"),
		listVersions("ListFeatures", r.FeaturesBucketARN, slices.Concat(features, asked, []string{ModelsPrefix})...),
		CommitTables("CommitFeaturesTables", r.FeaturesDatabase, r.FeaturesTables...),
	), makePseudonyms(r.PseudonymKeyARN), jobReports(r.LogGroupARNs))...)
}

// listVersions lets a role list objects and their versions below prefixes.
func listVersions(sid, bucketARN string, prefixes ...string) Statement {
	s := ListPrefixes(sid, bucketARN, prefixes...)
	s.Action = append(s.Action, "s3:ListBucketVersions")
	return s
}
