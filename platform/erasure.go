package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/platform/settings"
	"dataplatform/policies"
)

// The stages that take a customer out of everything, and that show what there is of one; their scripts are called so.
const stageErase, stageExport = "erase", "export"

// requestDays is how long a request of an erasure or an export may lie that no run has taken away, exportDays how long
// an export lies to be fetched.
const requestDays, exportDays = 1, 7

// personWork is a job of a person's rights, and the state machine by which people start it: it has no schedule.
type personWork struct {
	job
	stateMachine *components.JobStateMachine
}

// right is what a job of a person's rights differs from another in.
type right struct {
	stage, part, description string
	policy                   func(policies.PersonRefs) policies.Document
	reads, writes            []*contracts.Contract
	started, page            string // what a start means, and its runbook
}

func newErasure(ctx *pulumi.Context, b batch) (personWork, error) {
	return b.newPersonWork(ctx, right{
		stage: stageErase, part: "erasure", description: "Takes one customer out of everything; see docs/erasure.md",
		policy: policies.EraseJob, writes: icebergContracts(b.contracts.All()), page: "erasure-started",
		started: "Somebody has started an erasure, for which there is no way back. When nobody of you asked " +
			"for it, stop the execution.",
	})
}

func newExport(ctx *pulumi.Context, b batch) (personWork, error) {
	return b.newPersonWork(ctx, right{
		stage: stageExport, part: "export", description: "Shows what there is of one customer; see docs/export.md",
		policy: policies.ExportJob, reads: icebergContracts(b.contracts.All()), page: "export-started",
		started: "Somebody has started an export of all that there is of one customer. When nobody of you asked " +
			"for it, stop the execution.",
	})
}

func (b batch) newPersonWork(ctx *pulumi.Context, r right) (personWork, error) {
	landing, discarded, at := b.layers[settings.LayerLanding], b.layers[settings.LayerDiscarded], b.placesWithFeatures()
	at.landing = store[pulumi.StringInput]{bucket: landing.BucketARN, key: landing.KMSKeyARN}
	at.discarded = store[pulumi.StringInput]{bucket: discarded.BucketARN, key: discarded.KMSKeyARN}
	args := b.tableJobArgs(r.stage, r.description,
		b.pseudonymous(pulumi.StringMap{
			"landing_bucket": landing.BucketName, "discarded_bucket": discarded.BucketName,
		}))
	args.Policy = policyOf(at, func(at places[string]) policies.Document { return r.policy(b.personRefs(at)) })
	made, err := newJob(ctx, r.stage, args, r.reads, r.writes, b.part(r.part))
	if err != nil {
		return personWork{}, err
	}
	stateMachine, err := components.NewJobStateMachine(ctx, r.stage+"-machine", &components.JobStateMachineArgs{
		Partition: b.where.partition, AccountID: b.where.account, JobName: made.Name, JobARN: made.ARN,
		Input: "request", TimeoutMinutes: b.settings.Jobs.TimeoutMinutes, Started: r.started, Page: r.page,
		TopicARN: b.alarms.TopicARN, UndeliveredARN: b.alarms.UndeliveredARN,
		LogRetentionDays: b.settings.LogRetentionDays, LogKeyARN: b.keys.operations.ARN,
	}, b.part(r.part))
	return personWork{made, stateMachine}, err
}

func (b batch) personRefs(at places[string]) policies.PersonRefs {
	refs := policies.PersonRefs{
		TableMigrationJobRefs: b.allTables(at), LandingBucketARN: at.landing.bucket, LandingKeyARN: at.landing.key,
		RawBucketARN: at.raw.bucket, RawKeyARN: at.raw.key, DiscardedBucketARN: at.discarded.bucket,
		DiscardedKeyARN: at.discarded.key, ResultsPrefix: components.ResultsPrefix,
		FilesTableARN: at.files, LeasesTableARN: at.leases,
	}
	for _, source := range b.contracts.Pipelines() {
		if !source.Landing && !source.Streaming {
			refs.ObjectDatasets = append(refs.ObjectDatasets, source.Name)
		}
	}
	return refs
}
