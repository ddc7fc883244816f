package policies

import "slices"

// ExportJob are the grants of the job that shows what there is of one customer: it reads where an erasure looks, and
// writes the result where only it and who asked read it. It changes nothing else.
func ExportJob(r PersonRefs) Document {
	features := slices.Concat(tablePrefixes(r.FeaturesTables), []string{ModelsPrefix}, r.asked())
	all := []string{anyFolder}
	own := []string{r.ResultsPrefix, ExportsPrefix}
	return Identity(slices.Concat([]Statement{
		ReadObjects("ReadCode", r.ArtifactsBucketARN, CodePrefix),
		AllowActions("ReadPlaces", slices.Concat(under(r.LandingBucketARN, []string{""}),
			under(r.RawBucketARN, all), under(r.ProcessedBucketARN, all),
			folders(r.ProcessedBucketARN, r.StreamDatasets), under(r.CuratedBucketARN, all),
			under(r.DiscardedBucketARN, []string{FailurePrefix}), under(r.ArtifactsBucketARN, own)),
			"s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectVersionTagging"),
		r.keepFeeds(),
		AllowActions("TakeRequest", under(r.ArtifactsBucketARN, []string{ExportRequestsPrefix}),
			"s3:GetObject", "s3:DeleteObject"),
		WriteObjects("WriteExport", r.ArtifactsBucketARN, ExportsPrefix),
		listVersions("ListLanding", r.LandingBucketARN, ""),
		listVersions("ListRaw", r.RawBucketARN, anyFolder).except(DiscoveryPrefix),
		listVersions("ListDiscarded", r.DiscardedBucketARN, FailurePrefix),
		listVersions("ListProcessed", r.ProcessedBucketARN, anyFolder),
		listVersions("ListResults", r.ArtifactsBucketARN, own...),
		ReadTables("ReadProcessedTables", r.ProcessedDatabase, anyTable),
		ReadTables("ReadCuratedTables", r.CuratedDatabase, anyTable),
		DecryptWith("DecryptLayers", append(r.tableKeys(), r.LandingKeyARN, r.RawKeyARN, r.DiscardedKeyARN)...),
		EncryptWith("EncryptExport", r.ArtifactsKeyARN),
	}, r.ofFeatures(
		ReadObjects("ReadFeatures", r.FeaturesBucketARN, features...),
		listVersions("ListFeatures", r.FeaturesBucketARN, features...),
		ReadTables("ReadFeaturesTables", r.FeaturesDatabase, r.FeaturesTables...),
	), makePseudonyms(r.PseudonymKeyARN), jobReports(r.LogGroupARNs))...)
}
