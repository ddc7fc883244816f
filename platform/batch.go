package platform

import (
	"maps"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/governance"
	"dataplatform/platform/settings"
	"dataplatform/policies"
)

// batch is what the jobs of Glue are made with.
type batch struct {
	foundation
	catalog catalog
	ledger  *components.Ledger
	runtime *components.JobRuntime
}

func newBatch(ctx *pulumi.Context, f foundation, c catalog, ledger *components.Ledger) (batch, error) {
	scripts := map[string]string{}
	for _, script := range jobScripts(f.settings) {
		scripts[script] = f.settings.ScriptFile(script)
	}
	runtime, err := components.NewJobRuntime(ctx, "jobs", &components.JobRuntimeArgs{
		Scripts: scripts, Library: f.settings.LibraryFile(), Artifacts: f.layers[settings.LayerArtifacts].Storage(),
		LogRetentionDays: f.settings.LogRetentionDays,
		LogKeyARN:        f.keys.operations.ARN,
	}, f.part("jobs"))
	return batch{f, c, ledger, runtime}, err
}

// places are those that every job may name in its policy.
func (b batch) places() places[pulumi.StringInput] {
	layer := func(name string) store[pulumi.StringInput] {
		return store[pulumi.StringInput]{bucket: b.layers[name].BucketARN, key: b.layers[name].KMSKeyARN}
	}
	at := places[pulumi.StringInput]{
		raw: layer(contracts.LayerRaw), processed: layer(contracts.LayerProcessed),
		curated: layer(contracts.LayerCurated), artifacts: layer(settings.LayerArtifacts), files: b.ledger.FilesARN,
		hours: b.ledger.HoursARN, leases: b.ledger.LeasesARN, outputLog: b.runtime.OutputLogARN,
		errorLog: b.runtime.ErrorLogARN, pseudonyms: b.keys.pseudonyms.ARN,
	}
	at.processed.database, at.curated.database = b.catalog.DatabaseARNs[contracts.LayerProcessed],
		b.catalog.DatabaseARNs[contracts.LayerCurated]
	return at
}

// placesWithFeatures are places and the features layer, where there is one.
func (b batch) placesWithFeatures() places[pulumi.StringInput] {
	at := b.places()
	if layer := b.layers[contracts.LayerFeatures]; layer != nil {
		at.features = store[pulumi.StringInput]{layer.BucketARN, layer.KMSKeyARN,
			b.catalog.DatabaseARNs[contracts.LayerFeatures]}
	}
	return at
}

// jobArgs are what all jobs share, with the arguments of one.
func (b batch) jobArgs(script, description string, own pulumi.StringMap) *components.JobArgs {
	raw, processed := b.layers[contracts.LayerRaw], b.layers[contracts.LayerProcessed]
	curated, artifacts := b.layers[contracts.LayerCurated], b.layers[settings.LayerArtifacts]
	arguments := pulumi.StringMap{
		"raw_bucket": raw.BucketName, "processed_bucket": processed.BucketName, "curated_bucket": curated.BucketName,
		"artifacts_bucket": artifacts.BucketName,
		"files_table":      b.ledger.FilesName, "hours_table": b.ledger.HoursName, "leases_table": b.ledger.LeasesName,
		"raw_database":       b.catalog.DatabaseNames[contracts.LayerRaw],
		"processed_database": b.catalog.DatabaseNames[contracts.LayerProcessed],
		"curated_database":   b.catalog.DatabaseNames[contracts.LayerCurated],
		"lateness_hours":     pulumi.String(strconv.Itoa(b.settings.Clickstream.LatenessHours)),
		"dedup_days":         pulumi.String(strconv.Itoa(b.settings.Jobs.DedupDays)),
	}
	maps.Copy(arguments, own)
	return &components.JobArgs{
		Description: description, Script: script, Runtime: b.runtime, Arguments: arguments,
		Warehouse: pulumi.Sprintf("s3://%s/", curated.BucketName), WorkerType: b.settings.Jobs.WorkerType,
		Workers: b.settings.Jobs.Workers, TimeoutMinutes: b.settings.Jobs.TimeoutMinutes,
		MaxConcurrentRuns: b.settings.Jobs.MaxConcurrentRuns, TopicARN: b.alarms.TopicARN,
		UndeliveredARN: b.alarms.UndeliveredARN,
	}
}

// tableJobArgs are jobArgs of a job that writes tables of all layers, or of features: two runs would write the same
// ones.
func (b batch) tableJobArgs(script, description string, own pulumi.StringMap) *components.JobArgs {
	args := b.jobArgs(script, description, own)
	args.MaxConcurrentRuns = 1
	if layer := b.layers[contracts.LayerFeatures]; layer != nil {
		args.Arguments["features_bucket"], args.Arguments["features_database"] = layer.BucketName,
			b.catalog.DatabaseNames[contracts.LayerFeatures]
	}
	return args
}

// publishing are the arguments of a job that measures what it publishes, and says where that came from.
func (b batch) publishing(own pulumi.StringMap) pulumi.StringMap {
	arguments := maps.Clone(own)
	arguments["metrics_namespace"] = pulumi.String(b.metricsNamespace())
	if b.settings.Lineage.Endpoint != "" {
		arguments["lineage_endpoint"] = pulumi.String(b.settings.Lineage.Endpoint)
	}
	if b.settings.Lineage.Secret != "" {
		arguments["lineage_secret"] = pulumi.String(b.settings.Lineage.Secret)
	}
	return arguments
}

// pseudonymous are the arguments of a job that makes pseudonyms.
func (b batch) pseudonymous(own pulumi.StringMap) pulumi.StringMap {
	arguments := maps.Clone(own)
	arguments["pseudonym_key"] = b.keys.pseudonyms.ARN
	arguments["pseudonym_version"] = pulumi.String(strconv.Itoa(b.settings.Pseudonyms.Version))
	return arguments
}

// job is a Glue job, and what it does with the catalog.
type job struct {
	*components.Job
	grantee components.Grantee
}

func newJob(
	ctx *pulumi.Context, name string, args *components.JobArgs, reads, writes []*contracts.Contract,
	option pulumi.ResourceOption,
) (job, error) {
	made, err := components.NewJob(ctx, name, args, option)
	if err != nil {
		return job{}, err
	}
	return job{made, components.Grantee{Name: name, ARN: made.RoleARN, Rules: governance.JobRules(reads, writes)}}, nil
}

// allTables are what a job over all Iceberg tables works with.
func (b batch) allTables(at places[string]) policies.TableMigrationJobRefs {
	refs := policies.TableMigrationJobRefs{
		ProcessedBucketARN: at.processed.bucket, ProcessedKeyARN: at.processed.key,
		ProcessedDatabase: at.processed.database, CuratedBucketARN: at.curated.bucket, CuratedKeyARN: at.curated.key,
		CuratedDatabase: at.curated.database, ArtifactsBucketARN: at.artifacts.bucket,
		ArtifactsKeyARN: at.artifacts.key, LogGroupARNs: []string{at.outputLog, at.errorLog},
		FeaturesTables: b.icebergTables(contracts.LayerFeatures), FeaturesBucketARN: at.features.bucket,
		FeaturesKeyARN: at.features.key, FeaturesDatabase: at.features.database, PseudonymKeyARN: at.pseudonyms,
	}
	for _, source := range b.contracts.Pipelines() {
		if source.Streaming {
			refs.StreamDatasets = append(refs.StreamDatasets, source.Name)
		}
	}
	return refs
}

// iceberg are the datasets among the contracts that are Iceberg tables.
func iceberg(of ...*contracts.Contract) []string {
	var tables []string
	for _, contract := range icebergContracts(of) {
		tables = append(tables, contract.Dataset)
	}
	return tables
}

func icebergContracts(of []*contracts.Contract) []*contracts.Contract {
	return slices.DeleteFunc(slices.Clone(of),
		func(c *contracts.Contract) bool { return c.Format != contracts.FormatIceberg })
}
