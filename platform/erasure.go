package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components"
	"dataplatform/platform/settings"
	"dataplatform/policies"
)

// stageErase is the stage that takes a customer out of everything, and its script.
const stageErase = "erase"

// requestDays is how long a request of an erasure may lie that no run has taken away.
const requestDays = 1

// erasureWork is the job of the right to erasure, and the state machine by which people start it: it has no schedule.
type erasureWork struct {
	job
	stateMachine *components.JobStateMachine
}

func newErasure(ctx *pulumi.Context, b batch) (erasureWork, error) {
	landing, discarded, at := b.layers[settings.LayerLanding], b.layers[settings.LayerDiscarded], b.placesWithFeatures()
	at.landing = store[pulumi.StringInput]{bucket: landing.BucketARN, key: landing.KMSKeyARN}
	at.discarded = store[pulumi.StringInput]{bucket: discarded.BucketARN, key: discarded.KMSKeyARN}
	args := b.tableJobArgs(stageErase, "Takes one customer out of everything; see docs/erasure.md",
		b.pseudonymous(pulumi.StringMap{
			"landing_bucket": landing.BucketName, "discarded_bucket": discarded.BucketName,
		}))
	args.Policy = policyOf(at, b.erasurePolicy)
	made, err := newJob(ctx, stageErase, args, nil, icebergContracts(b.contracts.All()), b.part("erasure"))
	if err != nil {
		return erasureWork{}, err
	}
	stateMachine, err := components.NewJobStateMachine(ctx, stageErase+"-machine", &components.JobStateMachineArgs{
		Partition: b.where.partition, AccountID: b.where.account, JobName: made.Name, JobARN: made.ARN,
		Input: "request", TimeoutMinutes: b.settings.Jobs.TimeoutMinutes,
		Started: "Somebody has started an erasure, for which there is no way back. When nobody of you asked " +
			"for it, stop the execution.",
		Page: "erasure-started", TopicARN: b.alarms.TopicARN, UndeliveredARN: b.alarms.UndeliveredARN,
		LogRetentionDays: b.settings.LogRetentionDays, LogKeyARN: b.keys.operations.ARN,
	}, b.part("erasure"))
	return erasureWork{made, stateMachine}, err
}

func (b batch) erasurePolicy(at places[string]) policies.Document {
	refs := policies.EraseJobRefs{
		TableMigrationJobRefs: b.allTables(at), LandingBucketARN: at.landing.bucket, LandingKeyARN: at.landing.key,
		RawBucketARN: at.raw.bucket, RawKeyARN: at.raw.key, DiscardedBucketARN: at.discarded.bucket,
		DiscardedKeyARN: at.discarded.key, ResultsPrefix: components.ResultsPrefix,
		FilesTableARN: at.files, LeasesTableARN: at.leases,
	}
	for _, source := range b.contracts.Pipelines() {
		switch {
		case source.Landing:
			refs.FileDatasets = append(refs.FileDatasets, source.Name)
		case source.Streaming:
			refs.StreamDatasets = append(refs.StreamDatasets, source.Name)
		}
	}
	return policies.EraseJob(refs)
}
