package policies

import "slices"

// MaintainRunsPrefix is where the maintenance leaves its accounts.
const MaintainRunsPrefix = runsPrefix + "maintain/"

// MaintainJobRefs are what the maintenance of the Iceberg tables works with.
type MaintainJobRefs struct {
	TableMigrationJobRefs
	LeasesTableARN string
}

// MaintainJob are the grants of the job that ends rows, expires snapshots, removes orphans and puts small files
// together: it reads and rewrites Iceberg tables. It deletes their files as publishers do, leaving the old version
// behind the delete marker, and reads nothing of raw.
func MaintainJob(r MaintainJobRefs) Document {
	return Identity(slices.Concat([]Statement{
		ReadObjects("ReadCode", r.ArtifactsBucketARN, CodePrefix),
		WriteObjects("WriteAccounts", r.ArtifactsBucketARN, MaintainRunsPrefix),
		ReplaceObjects("RewriteProcessedTables", r.ProcessedBucketARN, dataFolder, metadataFolder),
		ReplaceObjects("RewriteCuratedTables", r.CuratedBucketARN, dataFolder, metadataFolder),
		ListPrefixes("ListProcessed", r.ProcessedBucketARN, anyFolder).
			except(append(tablePrefixes(r.StreamDatasets), thumbnailsPrefix)...),
		ListPrefixes("ListCurated", r.CuratedBucketARN, anyFolder),
		holdLeases(r.LeasesTableARN),
		EncryptWith("EncryptLayers", append(r.tableKeys(), r.ArtifactsKeyARN)...),
	}, r.commitTables(), r.ofFeatures(
		ReplaceObjects("RewriteFeaturesTables", r.FeaturesBucketARN, tablePrefixes(r.FeaturesTables)...),
		ListPrefixes("ListFeatures", r.FeaturesBucketARN, tablePrefixes(r.FeaturesTables)...),
		CommitTables("CommitFeaturesTables", r.FeaturesDatabase, r.FeaturesTables...),
	), makePseudonyms(r.PseudonymKeyARN), jobReports(r.LogGroupARNs))...)
}

func holdLeases(leasesTableARN string) Statement {
	return AllowActions("HoldLeases", []string{leasesTableARN}, "dynamodb:GetItem", "dynamodb:PutItem",
		"dynamodb:UpdateItem", "dynamodb:DeleteItem")
}
