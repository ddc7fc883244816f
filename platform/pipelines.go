package platform

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/platform/settings"
	"dataplatform/policies"
)

// The stages of a pipeline and the scripts of the same name.
const (
	stageProcess = "process"
	stageCurate  = "curate"
)

// pipeline is what works on the data of one source: a job a stage, the state machines that run them, and their
// schedule.
type pipeline struct {
	*components.Pipeline
	jobs     []job
	schedule *components.Schedule
}

// newPipelines makes one for every source dataset, in the order of the contracts.
func newPipelines(ctx *pulumi.Context, b batch, i ingestion) (map[string]pipeline, error) {
	pipelines := map[string]pipeline{}
	for _, source := range b.contracts.Pipelines() {
		made, err := newPipeline(ctx, b, source, i)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source.Name, err)
		}
		pipelines[source.Name] = made
	}
	return pipelines, nil
}

func newPipeline(
	ctx *pulumi.Context, b batch, source contracts.Pipeline, i ingestion,
) (pipeline, error) {
	option := b.datasetPart("pipeline", source.Name)
	artifacts := b.layers[settings.LayerArtifacts]
	args := &components.PipelineArgs{
		Dataset: source.Name, Partition: b.where.partition, AccountID: b.where.account,
		Console:             b.executionsConsole(),
		JobTimeoutMinutes:   b.settings.Jobs.TimeoutMinutes,
		BackfillConcurrency: b.settings.Pipelines.BackfillConcurrency, ArtifactsBucketName: artifacts.BucketName,
		ArtifactsBucketARN: artifacts.BucketARN, ArtifactsKeyARN: artifacts.KMSKeyARN, TopicARN: b.alarms.TopicARN,
		TopicKeyARN: b.keys.operations.ARN, EventBusARN: pulumi.String(b.arn("events", "event-bus/default")),
		LogRetentionDays: b.settings.LogRetentionDays, LogKeyARN: b.keys.operations.ARN,
	}
	var jobs []job
	for _, stage := range stages(source) {
		made, err := newStageJob(ctx, b, source, stage, option)
		if err != nil {
			return pipeline{}, err
		}
		jobs = append(jobs, made)
		args.Stages = append(args.Stages, components.PipelineStage{Name: stage, JobName: made.Name, JobARN: made.ARN})
	}
	stateMachines, err := components.NewPipeline(ctx, source.Name+"-pipeline", args, option)
	if err != nil {
		return pipeline{}, err
	}
	var watched []pulumi.Resource
	if source.Streaming {
		watched = i.clickstream.Late()
	}
	schedule, err := components.NewSchedule(ctx, source.Name+"-hourly", &components.ScheduleArgs{
		Dataset: source.Name, StateMachineARN: stateMachines.HourlyARN, FailureAlarm: stateMachines.FailureAlarm,
		Minute: b.settings.Pipelines.ScheduleMinute, Enabled: b.settings.Pipelines.ScheduleEnabled,
		SLO: slo(source), AccountID: b.where.account, QueueKeyARN: b.keys.operations.ARN, TopicARN: b.alarms.TopicARN,
		MetricsNamespace: b.metricsNamespace(), Watched: watched, PolledQueue: i.landing.QueueName,
	}, option)
	if err != nil {
		return pipeline{}, err
	}
	if source.Streaming {
		if err := i.clickstream.NewSLOAlarm(ctx, schedule.Made); err != nil {
			return pipeline{}, err
		}
	}
	return pipeline{stateMachines, jobs, schedule}, nil
}

// stages are those of a pipeline.
func stages(source contracts.Pipeline) []string {
	var stages []string
	if !source.Streaming { // the function has already processed streamed data
		stages = append(stages, stageProcess)
	}
	if len(source.Curated) > 0 {
		stages = append(stages, stageCurate)
	}
	return stages
}

func newStageJob(
	ctx *pulumi.Context, b batch, source contracts.Pipeline, stage string, option pulumi.ResourceOption,
) (job, error) {
	description := "Cleans, imputes and merges " + source.Name + " into processed"
	reads, writes := source.References, []*contracts.Contract{source.Processed}
	if stage == stageCurate {
		description = "Computes the curated tables of " + source.Name
		reads, writes = append(writes, source.Lookups...), source.Curated
	}
	own := b.publishing(pulumi.StringMap{
		"pipeline": pulumi.String(source.Name), "stage": pulumi.String(stage),
		"quarantine_limit": pulumi.String(strconv.FormatFloat(b.settings.Pipelines.QuarantineLimit, 'f', -1, 64)),
	})
	at := b.places()
	if stage == stageCurate && pseudonymous(source.Curated) {
		own = b.pseudonymous(own)
	} else {
		at.pseudonyms = nil
	}
	args := b.jobArgs(stage, description, own)
	args.Policy = policyOf(at,
		func(at places[string]) policies.Document {
			refs := stageRefs(source, b.metricsNamespace(), at)
			refs.LineageSecretARN = b.settings.Lineage.Secret
			return stagePolicy(source, stage, refs)
		})
	args.MetricsNamespace, args.Health = b.metricsNamespace(), health(source, stage)
	for _, contract := range writes {
		args.Published = append(args.Published, components.Published{ID: contract.ID, SLO: contract.SLA.Latency})
	}
	return newJob(ctx, source.Name+"-"+stage, args, icebergContracts(reads), icebergContracts(writes), option)
}

// stageRefs are what the jobs of a pipeline work with.
func stageRefs(source contracts.Pipeline, metricsNamespace string, at places[string]) policies.JobRefs {
	return policies.JobRefs{
		Dataset: source.Name, RowsPrefix: source.Raw.Prefix(), RereadsRows: !source.Landing && !source.Streaming,
		RawBucketARN: at.raw.bucket, RawKeyARN: at.raw.key,
		ProcessedTables: iceberg(source.Processed), ProcessedBucketARN: at.processed.bucket,
		ProcessedKeyARN: at.processed.key, ProcessedDatabase: at.processed.database,
		LookupTables: iceberg(source.Lookups...), ReferenceTables: iceberg(source.References...),
		CuratedTables:    iceberg(source.Curated...),
		CuratedBucketARN: at.curated.bucket, CuratedKeyARN: at.curated.key, CuratedDatabase: at.curated.database,
		ArtifactsBucketARN: at.artifacts.bucket, ArtifactsKeyARN: at.artifacts.key, FilesTableARN: at.files,
		HoursTableARN: at.hours, LeasesTableARN: at.leases, LedgerKeyARN: at.artifacts.key,
		LogGroupARNs: []string{at.outputLog, at.errorLog}, MetricsNamespace: metricsNamespace,
		PseudonymKeyARN: at.pseudonyms,
	}
}

// stagePolicy is what a stage's job may do.
func stagePolicy(source contracts.Pipeline, stage string, refs policies.JobRefs) policies.Document {
	switch {
	case stage == stageProcess && source.Landing:
		return policies.ProcessJob(refs)
	case stage == stageProcess:
		return policies.ObjectsJob(refs)
	}
	return policies.CurateJob(refs)
}

// pseudonymous says whether one of the datasets knows customers by pseudonyms.
func pseudonymous(of []*contracts.Contract) bool {
	return slices.ContainsFunc(of, func(c *contracts.Contract) bool {
		return slices.Contains(c.PrimaryKey(), contracts.PseudonymColumn)
	})
}

// health are the figures that a stage tells of its dataset.
func health(source contracts.Pipeline, stage string) []components.Health {
	if stage == stageCurate {
		return []components.Health{{
			Metric: "Disagreement", Dataset: source.Name, Title: "Rows by which processed and curated disagree",
			Page: "tables-disagree",
			Runbook: "Curated tables of " + source.Name +
				" do not hold what processed holds: the last run found rows missing, or there twice, beyond what it recomputed itself. " +
				"Its counts say in which table; a run over the hours that were forgotten mends it.",
		}}
	}
	if source.Landing {
		return []components.Health{{
			Metric: "FilesApart", Dataset: source.Name, Title: "Files put apart", Page: "files-apart",
			Runbook: "Files of " + source.Name +
				" cannot be read: the job raised on each of them alone, or read another number of records than landing counted. Their neighbours were " +
				"published without them. `dataplatform status` names them; mend the cause, then replay them.",
		}, {Metric: "UnknownCountries", Dataset: source.Name, Title: "Lines of a country that no table of names knows"}}
	}
	return nil
}
