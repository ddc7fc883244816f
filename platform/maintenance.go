package platform

import (
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/policies"
)

// stageMaintain is the stage that ends rows and keeps tables small, and its script.
const stageMaintain = "maintain"

// maintenance is the daily job over all Iceberg tables, and what starts it.
type maintenance struct {
	job   job
	daily *components.Daily
}

func newMaintenance(ctx *pulumi.Context, b batch) (maintenance, error) {
	m := b.settings.Maintenance
	const description = "Ends rows with their retention, expires snapshots, removes orphans and puts small files together"
	args := b.tableJobArgs(stageMaintain, description, b.pseudonymous(pulumi.StringMap{
		"snapshot_days": pulumi.String(strconv.Itoa(m.SnapshotDays)),
		"orphan_days":   pulumi.String(strconv.Itoa(m.OrphanDays)),
	}))
	args.Policy = policyOf(b.placesWithFeatures(), func(at places[string]) policies.Document {
		return policies.MaintainJob(policies.MaintainJobRefs{
			TableMigrationJobRefs: b.allTables(at), LeasesTableARN: at.leases,
		})
	})
	job, err := newJob(ctx, stageMaintain, args, nil, icebergContracts(b.contracts.All()), b.part("maintenance"))
	if err != nil {
		return maintenance{}, err
	}
	daily, err := components.NewDaily(ctx, stageMaintain+"-daily", &components.DailyArgs{
		JobName: job.Name, JobARN: job.ARN, Partition: b.where.partition, AccountID: b.where.account,
		Hour: m.ScheduleHour, Minute: b.settings.Pipelines.ScheduleMinute, Enabled: m.ScheduleEnabled,
		QueueKeyARN: b.keys.operations.ARN, TopicARN: b.alarms.TopicARN,
	}, b.part("maintenance"))
	return maintenance{job, daily}, err
}
