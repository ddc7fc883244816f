package policies

import (
	"slices"
	"strings"
)

// Prefixes of the features bucket, beside its tables, below each of which a run of the pipeline of recommendations has
// a folder.
const (
	TrainingPrefix = "training/" // what its training job learns from
	BatchPrefix    = "batch/"    // what its model recommends
)

// FeatureStorePrefix is where SageMaker keeps its offline feature store, in the features bucket.
const FeatureStorePrefix = "feature-store/"

// SageMaker trains and serves models, and writes the feature store.
const SageMaker = "sagemaker.amazonaws.com"

// FeaturesRunPrefixes hold files about customers that only their run needs.
var FeaturesRunPrefixes = []string{TrainingPrefix, BatchPrefix}

// recommendations are the runs of the pipeline of this name.
const recommendations = "recommendations"

// FeaturesRefs are what the jobs of recommendations work with, beside what JobRefs has: of that ProcessedTables are the
// Iceberg tables that features are made of, CuratedTables what a model says. The dataset is none.
type FeaturesRefs struct {
	JobRefs
	Streams           []string // what comes on streams, in folders of processed
	FeaturesTables    []string
	FeaturesBucketARN string
	FeaturesKeyARN    string
	FeaturesDatabase  string   // ARN
	FeatureGroupARNs  []string // of the feature store; none without it
}

// FeaturesJob are the grants of the job that makes features and the files of a training job: it reads processed, and
// writes the features layer only.
func FeaturesJob(r FeaturesRefs) Document {
	r.Dataset = recommendations
	training := strings.TrimSuffix(TrainingPrefix, "/")
	var features []Statement
	if len(r.FeatureGroupARNs) > 0 {
		features = []Statement{AllowActions("PutFeatures", r.FeatureGroupARNs, "sagemaker:PutRecord")}
	}
	return Identity(slices.Concat([]Statement{
		ReadFolders("ReadProcessed", r.ProcessedBucketARN, slices.Concat(r.Streams, r.ProcessedTables)...),
		ListPrefixes("ListStreams", r.ProcessedBucketARN, tablePrefixes(r.Streams)...),
		ReadTables("ReadProcessedTables", r.ProcessedDatabase, r.ProcessedTables...),
		ReplaceObjects("WriteFeatures", r.FeaturesBucketARN,
			append(tablePrefixes(r.FeaturesTables), TrainingPrefix, folderMark(training))...),
		ReadFolders("FindTraining", r.FeaturesBucketARN, training),
		ListPrefixes("ListTraining", r.FeaturesBucketARN, TrainingPrefix),
		// streams and training files are read by their folders
		TellWhatIsGone(r.ProcessedBucketARN, r.FeaturesBucketARN),
		CommitTables("CommitFeaturesTables", r.FeaturesDatabase, r.FeaturesTables...),
		DecryptWith("DecryptProcessed", r.ProcessedKeyARN),
		EncryptWith("EncryptFeatures", r.FeaturesKeyARN, r.ArtifactsKeyARN, r.LedgerKeyARN),
	}, features, makePseudonyms(r.PseudonymKeyARN), r.common())...)
}

// FeatureStore are the grants of the role by which SageMaker writes an offline store that is a table of the format
// Glue: what the managed policy AmazonSageMakerFeatureStoreAccess has for it, on one prefix. A put that names the
// canned access list bucket-owner-full-control needs s3:PutObjectAcl, too, also where the bucket has lists switched off
// (Amazon S3 User Guide, "Controlling ownership of objects": bucket owner enforced).
func FeatureStore(bucketARN, keyARN string) Document {
	write := WriteObjects("WriteFeatureStore", bucketARN, FeatureStorePrefix)
	write.Action = append(write.Action, "s3:PutObjectAcl")
	return Identity(
		write,
		AllowActions("CheckBucket", []string{bucketARN}, "s3:GetBucketAcl"),
		EncryptWith("EncryptFeatureStore", keyARN),
	)
}

// RecommendJob are the grants of the job that publishes what a model recommends: it reads the files of runs, and writes
// that table only.
func RecommendJob(r FeaturesRefs) Document {
	r.Dataset = recommendations
	return Identity(slices.Concat([]Statement{
		ReadObjects("ReadFilesOfRuns", r.FeaturesBucketARN, FeaturesRunPrefixes...),
		ListPrefixes("ListFilesOfRuns", r.FeaturesBucketARN, FeaturesRunPrefixes...),
		TellWhatIsGone(r.FeaturesBucketARN),
		ReplaceObjects("WriteCuratedTables", r.CuratedBucketARN, tablePrefixes(r.CuratedTables)...),
		CommitTables("CommitCuratedTables", r.CuratedDatabase, r.CuratedTables...),
		DecryptWith("DecryptFeatures", r.FeaturesKeyARN),
		EncryptWith("EncryptCurated", r.CuratedKeyARN, r.ArtifactsKeyARN, r.LedgerKeyARN),
	}, r.common())...)
}
