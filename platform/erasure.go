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

// newErasure makes the job of the right to erasure. It has no schedule and no machine: people start it, with go run ./cmd/dataplatform erase.
func (d *deployment) newErasure() error {
	landing := d.layers[settings.LayerLanding]
	own := pulumi.StringMap{"landing_bucket": landing.BucketName}
	args := d.jobArgs(stageErase, "Takes one customer out of everything; see docs/erasure.md", own, func(ref map[string]string) policies.Document {
		refs := policies.EraseJobRefs{
			TablesJobRefs: d.tablesRefs(ref), LandingBucketARN: ref["landing"], LandingKeyARN: ref["landingKey"], RawBucketARN: ref["raw"], RawKeyARN: ref["rawKey"],
			ResultsPrefix: components.ResultsPrefix, FilesTableARN: ref["files"], LeasesTableARN: ref["leases"],
		}
		for _, source := range d.contracts.Pipelines() {
			switch {
			case source.Landing:
				refs.FileDatasets = append(refs.FileDatasets, source.Name)
			case source.Streaming:
				refs.StreamDatasets = append(refs.StreamDatasets, source.Name)
			}
		}
		return policies.EraseJob(refs)
	})
	args.Refs["landing"], args.Refs["landingKey"] = landing.BucketARN, landing.KMSKeyARN
	args.MaxConcurrentRuns = 1
	job, err := components.NewJob(d.ctx, stageErase, d.withFeatures(args), d.part("erasure"))
	if err != nil {
		return err
	}
	d.jobs[stageErase] = job
	d.governed(stageErase, job, nil, icebergContracts(d.contracts.All()))
	d.show(job.Rows)
	return nil
}
