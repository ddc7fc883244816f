package policies

import "slices"

// ExportJob are the grants of the job that shows what there is of one customer: it reads where an erasure looks, and
// writes the result where only it and who asked read it. It changes nothing else.
func ExportJob(r PersonRefs) Document {
	raw, objects := r.raw()
	raw = append(raw, objects...)
	processed := append(r.processed(), thumbnailsPrefix)
	curated, features := tablePrefixes(r.CuratedTables), append(tablePrefixes(r.FeaturesTables), ModelsPrefix)
	features = append(features, r.asked()...)
	own := []string{r.ResultsPrefix, ExportsPrefix}
	return Identity(slices.Concat([]Statement{
		ReadObjects("ReadCode", r.ArtifactsBucketARN, CodePrefix),
		AllowActions("ReadPlaces", slices.Concat(under(r.LandingBucketARN, []string{""}),
			under(r.RawBucketARN, raw), under(r.ProcessedBucketARN, processed),
			folders(r.ProcessedBucketARN, r.StreamDatasets), under(r.CuratedBucketARN, curated),
			under(r.DiscardedBucketARN, []string{FailurePrefix}), under(r.ArtifactsBucketARN, own)),
			"s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectVersionTagging"),
		AllowActions("TakeRequest", under(r.ArtifactsBucketARN, []string{ExportRequestsPrefix}),
			"s3:GetObject", "s3:DeleteObject"),
		WriteObjects("WriteExport", r.ArtifactsBucketARN, ExportsPrefix),
		listVersions("ListLanding", r.LandingBucketARN, ""),
		listVersions("ListRaw", r.RawBucketARN, raw...),
		listVersions("ListDiscarded", r.DiscardedBucketARN, FailurePrefix),
		listVersions("ListProcessed", r.ProcessedBucketARN, processed...),
		listVersions("ListResults", r.ArtifactsBucketARN, own...),
		ReadTables("ReadProcessedTables", r.ProcessedDatabase, r.ProcessedTables...),
		ReadTables("ReadCuratedTables", r.CuratedDatabase, r.CuratedTables...),
		DecryptWith("DecryptLayers", append(r.tableKeys(), r.LandingKeyARN, r.RawKeyARN, r.DiscardedKeyARN)...),
		EncryptWith("EncryptExport", r.ArtifactsKeyARN),
	}, r.ofFeatures(
		ReadObjects("ReadFeatures", r.FeaturesBucketARN, features...),
		listVersions("ListFeatures", r.FeaturesBucketARN, features...),
		ReadTables("ReadFeaturesTables", r.FeaturesDatabase, r.FeaturesTables...),
	), makePseudonyms(r.PseudonymKeyARN), jobReports(r.LogGroupARNs))...)
}
