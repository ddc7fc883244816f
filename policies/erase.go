package policies

import "slices"

// Prefixes of the artifacts bucket that erasures and exports use.
const (
	ErasureRequestsPrefix = "erasures/" // whom to erase; a request goes with its run, or by the next day
	ErasureAuditPrefix    = "audit/erasures/"
	ExportRequestsPrefix  = "exports/requests/" // whom to export; gone by the next day
	ExportsPrefix         = "exports/"          // what there is of a customer, for some days
)

// PersonRefs are what there can be of a customer in.
type PersonRefs struct {
	TableMigrationJobRefs
	ObjectDatasets   []string // datasets of objects that a function describes, below these names in raw
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

// keepFeeds is leaving unknown feeds alone, the one folder of raw that is no dataset's.
func (r PersonRefs) keepFeeds() Statement {
	return DenyActions("KeepUnknownFeeds", under(r.RawBucketARN, []string{DiscoveryPrefix}), "s3:GetObject",
		"s3:GetObjectVersion", "s3:GetObjectVersionTagging", "s3:PutObject", "s3:DeleteObject",
		"s3:DeleteObjectVersion")
}

// asked are the prefixes of features with files of runs, and of what an endpoint was asked.
func (r PersonRefs) asked() []string { return append(slices.Clone(FeaturesRunPrefixes), CapturePrefix) }

// EraseJob are the grants of the break-glass role: the only one that rewrites raw and deletes versions of objects for
// good, and that where customers can be: all of raw but unknown feeds, and all of processed and curated. It writes what
// it did where it can neither read nor change it again, adds no file to the ledger and takes none away. Nothing of the
// platform may start its job.
func EraseJob(r PersonRefs) Document {
	features, asked := tablePrefixes(r.FeaturesTables), r.asked()
	tables := []string{dataFolder, metadataFolder}
	own := []string{r.ResultsPrefix, ErasureRequestsPrefix, ExportsPrefix}
	return Identity(slices.Concat([]Statement{
		ReadObjects("ReadCode", r.ArtifactsBucketARN, CodePrefix),
		AllowActions("EraseObjects", slices.Concat(under(r.LandingBucketARN, []string{""}),
			under(r.RawBucketARN, []string{anyFolder}), under(r.ProcessedBucketARN, []string{thumbnailsPrefix}),
			under(r.DiscardedBucketARN, []string{FailurePrefix}), under(r.ArtifactsBucketARN, own)),
			"s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectVersionTagging", "s3:DeleteObject",
			"s3:DeleteObjectVersion"),
		AllowActions("RewriteRaw", under(r.RawBucketARN, []string{anyFolder}), "s3:PutObject"),
		r.keepFeeds(),
		AllowActions("RewriteTables", slices.Concat(under(r.ProcessedBucketARN, tables),
			under(r.ProcessedBucketARN, tablePrefixes(r.StreamDatasets)),
			folders(r.ProcessedBucketARN, r.StreamDatasets), under(r.CuratedBucketARN, tables)),
			"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject",
			"s3:DeleteObjectVersion"),
		WriteObjects("WriteAudit", r.ArtifactsBucketARN, ErasureAuditPrefix),
		listVersions("ListLanding", r.LandingBucketARN, ""),
		listVersions("ListRaw", r.RawBucketARN, anyFolder).except(DiscoveryPrefix),
		listVersions("ListDiscarded", r.DiscardedBucketARN, FailurePrefix),
		listVersions("ListProcessed", r.ProcessedBucketARN, anyFolder),
		listVersions("ListCurated", r.CuratedBucketARN, anyFolder),
		listVersions("ListResultsAndRequests", r.ArtifactsBucketARN, own...),
		TellWhatIsGone(r.ProcessedBucketARN), // processed clicks are read by their folders
		AllowActions("MarkRewrittenFiles", []string{r.FilesTableARN}, "dynamodb:Query", "dynamodb:UpdateItem"),
		holdLeases(r.LeasesTableARN),
		DecryptWith("DecryptLandingAndDiscarded", r.LandingKeyARN, r.DiscardedKeyARN),
		EncryptWith("EncryptLayers", append(r.tableKeys(), r.RawKeyARN, r.ArtifactsKeyARN)...),
	}, r.commitTables(), r.keepObjects(), r.ofFeatures(
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

// keepObjects is never writing what sources put as it is.
func (r PersonRefs) keepObjects() []Statement {
	if len(r.ObjectDatasets) == 0 {
		return nil
	}
	return []Statement{
		DenyActions("KeepObjects", under(r.RawBucketARN, tablePrefixes(r.ObjectDatasets)), "s3:PutObject"),
	}
}

// listVersions lets a role list objects and their versions below prefixes.
func listVersions(sid, bucketARN string, prefixes ...string) Statement {
	s := ListPrefixes(sid, bucketARN, prefixes...)
	s.Action = append(s.Action, "s3:ListBucketVersions")
	return s
}
