package platform

import (
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/policies"
)

// stageMaintain is the stage that ends rows and keeps tables small, and its script.
const stageMaintain = "maintain"

// newMaintenance makes the daily job over all Iceberg tables.
func (d *deployment) newMaintenance() error {
	m := d.settings.Maintenance
	own := pulumi.StringMap{"snapshot_days": pulumi.String(strconv.Itoa(m.SnapshotDays)), "orphan_days": pulumi.String(strconv.Itoa(m.OrphanDays))}
	args := d.jobArgs(stageMaintain, "Ends rows with their retention, expires snapshots, removes orphans and puts small files together", own,
		func(ref map[string]string) policies.Document {
			return policies.MaintainJob(policies.MaintainJobRefs{TablesJobRefs: d.tablesRefs(ref), LeasesTableARN: ref["leases"]})
		})
	args.MaxConcurrentRuns = 1
	job, err := components.NewJob(d.ctx, stageMaintain, d.withFeatures(args), d.part("maintenance"))
	if err != nil {
		return err
	}
	d.jobs[stageMaintain] = job
	d.governed(stageMaintain, job, nil, icebergContracts(d.contracts.All()))
	d.show(job.Rows)
	daily, err := components.NewDaily(d.ctx, stageMaintain+"-daily", &components.DailyArgs{
		JobName: job.Name, JobARN: job.ARN, Partition: d.where.partition, AccountID: d.where.account,
		Hour: m.ScheduleHour, Minute: d.settings.Pipelines.ScheduleMinute, Enabled: m.ScheduleEnabled,
		QueueKeyARN: d.keys.operations.ARN, TopicARN: d.alarms.TopicARN,
	}, d.part("maintenance"))
	if err != nil {
		return err
	}
	d.show(daily.Rows)
	return nil
}

// tablesRefs are what a job over all Iceberg tables works with.
func (d *deployment) tablesRefs(ref map[string]string) policies.TablesJobRefs {
	return policies.TablesJobRefs{
		ProcessedTables: d.icebergTables(contracts.LayerProcessed), ProcessedBucketARN: ref["processed"], ProcessedKeyARN: ref["processedKey"], ProcessedDatabase: ref["processedDatabase"],
		CuratedTables: d.icebergTables(contracts.LayerCurated), CuratedBucketARN: ref["curated"], CuratedKeyARN: ref["curatedKey"], CuratedDatabase: ref["curatedDatabase"],
		ArtifactsBucketARN: ref["artifacts"], ArtifactsKeyARN: ref["artifactsKey"], LogGroupARNs: []string{ref["outputLog"], ref["errorLog"]},
		FeaturesTables: d.icebergTables(contracts.LayerFeatures), FeaturesBucketARN: ref["features"], FeaturesKeyARN: ref["featuresKey"], FeaturesDatabase: ref["featuresDatabase"],
	}
}
