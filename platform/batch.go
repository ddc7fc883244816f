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

// The stages of a pipeline and the scripts of the same name; tablesScript shapes the tables.
const (
	stageProcess = "process"
	stageCurate  = "curate"
	tablesScript = "tables"
)

func (d *deployment) newJobs() error {
	scripts := map[string]string{}
	for _, script := range jobScripts(d.settings) {
		scripts[script] = d.settings.ScriptFile(script)
	}
	var err error
	d.runtime, err = components.NewJobRuntime(d.ctx, "jobs", &components.JobRuntimeArgs{
		Scripts: scripts, Library: d.settings.LibraryFile(), Artifacts: d.layers[settings.LayerArtifacts].Storage(), LogRetentionDays: d.settings.LogRetentionDays,
		LogKeyARN: d.keys.operations.ARN,
	}, d.part("jobs"))
	return err
}

// newTables gives the Iceberg tables their shape, inside the deployment.
func (d *deployment) newTables() error {
	const name = "tables"
	args := d.jobArgs(tablesScript, "Gives the Iceberg tables the columns, partitions, order and properties of their contracts",
		nil, func(ref map[string]string) policies.Document {
			return policies.TablesJob(d.tablesRefs(ref))
		})
	// The function counts on it: a deployment may invoke it more than once.
	args.MaxConcurrentRuns = 1
	job, err := components.NewJob(d.ctx, name, d.withFeatures(args), d.part(name))
	if err != nil {
		return err
	}
	d.tablesJob = job
	d.governed(name, job, nil, icebergContracts(d.contracts.All()))
	if d.tables, err = components.NewFunction(d.ctx, name+"-function", &components.FunctionArgs{
		Description: "Starts the tables job in a deployment and waits for it", Binary: name, FunctionBuild: d.functionBuild(),
		MemoryMB: 128, TimeoutSeconds: 900, Environment: pulumi.StringMap{"JOB_NAME": job.Name},
		Refs: pulumi.StringMap{"job": job.ARN},
		Grants: func(ref map[string]string) []policies.Statement {
			return policies.Tables(policies.TablesRefs{JobARN: ref["job"]})
		},
	}, d.part(name)); err != nil {
		return err
	}
	d.show(slices.Concat(job.Rows, d.tables.Rows))
	return nil
}

// newShapes runs the tables job inside the deployment. Where the catalog is governed, governance has done so already.
func (d *deployment) newShapes() error {
	if d.settings.Governance.Enabled {
		return nil
	}
	_, err := d.shape(nil)
	return err
}

// shape runs the tables job when it has its grants.
func (d *deployment) shape(granted []pulumi.Resource) (pulumi.Resource, error) {
	after := slices.Concat(d.catalog.Tables, granted)
	for _, layer := range d.contracts.Layers() {
		if len(d.icebergTables(layer)) > 0 {
			after = append(after, d.layers[layer].Ready...)
		}
	}
	shaped, err := components.NewTables(d.ctx, tablesScript, &components.TablesArgs{
		FunctionName: d.tables.Name, JobName: d.tablesJob.Name, ContractsHash: d.contracts.Hash(), After: after,
	}, d.part(tablesScript))
	if err != nil {
		return nil, err
	}
	return shaped.Done, nil
}

// newPipelines makes, for every source dataset, its jobs, its machines and its schedule.
func (d *deployment) newPipelines() error {
	d.pipelines, d.schedules = map[string]*components.Pipeline{}, map[string]*components.Schedule{}
	for _, source := range d.contracts.Pipelines() {
		if err := d.newPipeline(source); err != nil {
			return fmt.Errorf("%s: %w", source.Name, err)
		}
	}
	return nil
}

func (d *deployment) newPipeline(source contracts.Pipeline) error {
	option := d.datasetPart("pipeline", source.Name)
	var stages []string
	if !source.Streaming { // what is streamed, the function has processed already
		stages = append(stages, stageProcess)
	}
	if len(source.Curated) > 0 {
		stages = append(stages, stageCurate)
	}
	args := &components.PipelineArgs{
		Dataset: source.Name, Partition: d.where.partition, AccountID: d.where.account,
		JobTimeoutMinutes: d.settings.Jobs.TimeoutMinutes, BackfillConcurrency: d.settings.Pipelines.BackfillConcurrency,
		ArtifactsBucketName: d.layers[settings.LayerArtifacts].BucketName, ArtifactsBucketARN: d.layers[settings.LayerArtifacts].BucketARN, ArtifactsKeyARN: d.layers[settings.LayerArtifacts].KMSKeyARN,
		TopicARN: d.alarms.TopicARN, TopicKeyARN: d.keys.operations.ARN, EventBusARN: pulumi.String(d.arn("events", "event-bus/default")),
		LogRetentionDays: d.settings.LogRetentionDays, LogKeyARN: d.keys.operations.ARN,
	}
	for _, stage := range stages {
		job, err := d.newStageJob(source, stage, option)
		if err != nil {
			return err
		}
		args.Stages = append(args.Stages, components.PipelineStage{Name: stage, JobName: job.Name, JobARN: job.ARN})
		d.show(job.Rows)
	}
	pipeline, err := components.NewPipeline(d.ctx, source.Name+"-pipeline", args, option)
	if err != nil {
		return err
	}
	var watched []pulumi.Resource
	if source.Streaming {
		watched = d.clickstream.Late()
	}
	schedule, err := components.NewSchedule(d.ctx, source.Name+"-hourly", &components.ScheduleArgs{
		Dataset: source.Name, MachineARN: pipeline.HourlyARN, FailureAlarm: pipeline.FailureAlarm, Minute: d.settings.Pipelines.ScheduleMinute, Enabled: d.settings.Pipelines.ScheduleEnabled,
		Promise: promise(source), AccountID: d.where.account, QueueKeyARN: d.keys.operations.ARN, TopicARN: d.alarms.TopicARN, Watched: watched,
	}, option)
	if err != nil {
		return err
	}
	if source.Streaming {
		if err := d.clickstream.NewPromise(d.ctx, schedule.Made); err != nil {
			return err
		}
	}
	d.pipelines[source.Name], d.schedules[source.Name] = pipeline, schedule
	d.show(slices.Concat(pipeline.Rows, schedule.Rows))
	return nil
}

func (d *deployment) newStageJob(source contracts.Pipeline, stage string, option pulumi.ResourceOption) (*components.Job, error) {
	description := map[string]string{
		stageProcess: "Cleans, imputes and merges " + source.Name + " into processed", stageCurate: "Computes the curated tables of " + source.Name,
	}[stage]
	own := pulumi.StringMap{
		"pipeline": pulumi.String(source.Name), "stage": pulumi.String(stage), "metrics_namespace": pulumi.String(d.metricsNamespace()),
		"quarantine_limit": pulumi.String(strconv.FormatFloat(d.settings.Pipelines.QuarantineLimit, 'f', -1, 64)),
	}
	if d.settings.Lineage.Endpoint != "" {
		own["lineage_endpoint"] = pulumi.String(d.settings.Lineage.Endpoint)
	}
	name := source.Name + "-" + stage
	args := d.jobArgs(stage, description, own, func(ref map[string]string) policies.Document {
		refs := policies.JobRefs{
			Dataset: source.Name, RowsPrefix: source.Raw.Prefix(), RereadsRows: !source.Landing && !source.Streaming,
			RawBucketARN: ref["raw"], RawKeyARN: ref["rawKey"],
			ProcessedTables: iceberg(source.Processed), ProcessedBucketARN: ref["processed"], ProcessedKeyARN: ref["processedKey"], ProcessedDatabase: ref["processedDatabase"],
			LookupTables:  iceberg(source.Lookups...),
			CuratedTables: iceberg(source.Curated...), CuratedBucketARN: ref["curated"], CuratedKeyARN: ref["curatedKey"], CuratedDatabase: ref["curatedDatabase"],
			ArtifactsBucketARN: ref["artifacts"], ArtifactsKeyARN: ref["artifactsKey"],
			FilesTableARN: ref["files"], HoursTableARN: ref["hours"], LeasesTableARN: ref["leases"], LedgerKeyARN: ref["artifactsKey"], LogGroupARNs: []string{ref["outputLog"], ref["errorLog"]},
			MetricsNamespace: d.metricsNamespace(),
		}
		switch {
		case stage == stageProcess && source.Landing:
			return policies.ProcessJob(refs)
		case stage == stageProcess:
			return policies.ObjectsJob(refs)
		}
		return policies.CurateJob(refs)
	})
	args.MetricsNamespace, args.Health = d.metricsNamespace(), health(source, stage)
	for _, contract := range published(source, stage) {
		args.Published = append(args.Published, components.Published{ID: contract.ID, Promise: contract.SLA.Latency})
	}
	job, err := components.NewJob(d.ctx, name, args, option)
	if err != nil {
		return nil, err
	}
	if stage == stageProcess {
		d.governed(name, job, nil, icebergContracts([]*contracts.Contract{source.Processed}))
	} else {
		d.governed(name, job, icebergContracts(append([]*contracts.Contract{source.Processed}, source.Lookups...)), icebergContracts(source.Curated))
	}
	return job, nil
}

// health are the figures that a stage tells of its dataset.
func health(source contracts.Pipeline, stage string) []components.Health {
	if stage == stageCurate {
		return []components.Health{{
			Metric: "Disagreement", Dataset: source.Name, Title: "Rows by which processed and curated disagree", Page: "tables-disagree",
			Runbook: "Curated tables of " + source.Name + " do not hold what processed holds: the last run found rows missing, or there twice, beyond what it recomputed itself. " +
				"Its counts say in which table; a run over the hours that were forgotten mends it.",
		}}
	}
	if source.Landing {
		return []components.Health{{
			Metric: "FilesApart", Dataset: source.Name, Title: "Files put apart", Page: "files-apart",
			Runbook: "Files of " + source.Name + " cannot be read: the job raised on each of them alone, or read another number of records than landing counted. Their neighbours were " +
				"published without them. `go run ./cmd/dataplatform status` names them; mend the cause, then replay them.",
		}}
	}
	return nil
}

// published are the datasets that a stage writes.
func published(source contracts.Pipeline, stage string) []*contracts.Contract {
	if stage == stageProcess {
		return []*contracts.Contract{source.Processed}
	}
	return source.Curated
}

// jobArgs are what all jobs share, with the arguments of one.
func (d *deployment) jobArgs(script, description string, own pulumi.StringMap, policy func(map[string]string) policies.Document) *components.JobArgs {
	raw, processed, curated, artifacts := d.layers[contracts.LayerRaw], d.layers[contracts.LayerProcessed], d.layers[contracts.LayerCurated], d.layers[settings.LayerArtifacts]
	arguments := pulumi.StringMap{
		"raw_bucket": raw.BucketName, "processed_bucket": processed.BucketName, "curated_bucket": curated.BucketName, "artifacts_bucket": artifacts.BucketName,
		"files_table": d.ledger.FilesName, "hours_table": d.ledger.HoursName, "leases_table": d.ledger.LeasesName,
		"raw_database": d.catalog.DatabaseNames[contracts.LayerRaw], "processed_database": d.catalog.DatabaseNames[contracts.LayerProcessed],
		"curated_database": d.catalog.DatabaseNames[contracts.LayerCurated],
		"lateness_hours":   pulumi.String(strconv.Itoa(d.settings.Clickstream.LatenessHours)), "dedup_days": pulumi.String(strconv.Itoa(d.settings.Jobs.DedupDays)),
	}
	for name, value := range own {
		arguments[name] = value
	}
	return &components.JobArgs{
		Description: description, Script: script, Runtime: d.runtime, Arguments: arguments, Warehouse: pulumi.Sprintf("s3://%s/", curated.BucketName),
		WorkerType: d.settings.Jobs.WorkerType, Workers: d.settings.Jobs.Workers, TimeoutMinutes: d.settings.Jobs.TimeoutMinutes,
		MaxConcurrentRuns: d.settings.Jobs.MaxConcurrentRuns, Policy: policy, TopicARN: d.alarms.TopicARN, UndeliveredARN: d.alarms.UndeliveredARN,
		Refs: pulumi.StringMap{
			"raw": raw.BucketARN, "rawKey": raw.KMSKeyARN, "processed": processed.BucketARN, "processedKey": processed.KMSKeyARN,
			"curated": curated.BucketARN, "curatedKey": curated.KMSKeyARN, "artifacts": artifacts.BucketARN, "artifactsKey": artifacts.KMSKeyARN,
			"processedDatabase": d.catalog.DatabaseARNs[contracts.LayerProcessed], "curatedDatabase": d.catalog.DatabaseARNs[contracts.LayerCurated],
			"files": d.ledger.FilesARN, "hours": d.ledger.HoursARN, "leases": d.ledger.LeasesARN,
		},
	}
}

func (d *deployment) arn(service, resource string) string {
	return "arn:" + d.where.partition + ":" + service + ":" + d.where.region + ":" + d.where.account + ":" + resource
}

func (d *deployment) icebergTables(layer string) []string {
	return iceberg(d.contracts.Layer(layer)...)
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
	return slices.DeleteFunc(slices.Clone(of), func(c *contracts.Contract) bool { return c.Format != contracts.FormatIceberg })
}
