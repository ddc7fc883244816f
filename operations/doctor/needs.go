package doctor

import (
	"fmt"
	"slices"
	"strings"

	"dataplatform/governance"
	"dataplatform/internal/registered"
	"dataplatform/platform/settings"
)

// Needs is what a stack will ask of its account, by its settings and the resources that the program registers with
// them.
type Needs struct {
	Stack  string
	Region string
	// Lake is who shall administer the lake; nil when it is not governed.
	Lake *governance.Wanted
	// Databases, Registries, Dashboards and Trails have names that are the account's and region's, Policies the
	// account's, Buckets the world's.
	Databases, Registries, Dashboards, Trails, Policies, Buckets []string
	// NewBuckets is how many there will be, named or not.
	NewBuckets int
	// Shards of a provisioned stream; 0 when it is on demand.
	Shards int
	// JobRuns are as many as may run at once, DPUs what they take together.
	JobRuns, DPUs int
	// StateMachines are the state machines, each with a log.
	StateMachines int
	// SharedLogs are the log groups that the stack's services write to as everybody's do.
	SharedLogs []string
	// EncryptsCatalog replaces the account's setting.
	EncryptsCatalog bool
	QuickSight      bool
	// Anomalies watches costs by a tag, which is for the account that pays.
	Anomalies bool
	// AllocationTags are made active for the bill.
	AllocationTags []string
	Network        bool
	// Disposable data may go unwatched.
	Disposable bool
}

// Of are the needs of a stack with these settings, which registers these resources.
func Of(stack string, of settings.Settings, resources []registered.Resource) Needs {
	needs := Needs{
		Stack: stack, Region: of.Region, Shards: of.Clickstream.Shards, EncryptsCatalog: of.Catalog.Encrypted,
		Network: of.Analytics.Redshift.Enabled, QuickSight: of.Analytics.QuickSight.Enabled,
		Anomalies: of.Cost.AnomalyUSD > 0, Disposable: of.DisposableData,
	}
	if of.Governance.Enabled {
		wanted := of.Governance.Wanted()
		needs.Lake = &wanted
	}
	for _, r := range resources {
		named := func(into *[]string, key string) {
			if name, ok := r.Value(key).(string); ok {
				*into = append(*into, name)
			}
		}
		switch r.Type {
		case "aws:s3/bucketV2:BucketV2":
			needs.NewBuckets++
			named(&needs.Buckets, "bucket")
		case "aws:glue/catalogDatabase:CatalogDatabase":
			named(&needs.Databases, "name")
		case "aws:glue/registry:Registry":
			named(&needs.Registries, "registryName")
		case "aws:cloudwatch/dashboard:Dashboard":
			named(&needs.Dashboards, "dashboardName")
		case "aws:cloudtrail/trail:Trail":
			named(&needs.Trails, "name")
		case "aws:costexplorer/costAllocationTag:CostAllocationTag":
			named(&needs.AllocationTags, "tagKey")
		case "aws:iam/policy:Policy":
			named(&needs.Policies, "name")
		case "aws:sfn/stateMachine:StateMachine":
			needs.StateMachines++
		case "aws:glue/crawler:Crawler":
			needs.SharedLogs = append(needs.SharedLogs, "/aws-glue/crawlers")
		case "aws:sagemaker/modelPackageGroup:ModelPackageGroup":
			needs.SharedLogs = append(needs.SharedLogs, "/aws/sagemaker/ProcessingJobs", "/aws/sagemaker/TrainingJobs")
		case "aws:glue/job:Job":
			needs.DPUs = max(needs.DPUs, dpus(r))
		}
	}
	// Every pipeline has an hourly and a backfill state machine. All hours may run at once, and beside them one
	// backfill and the daily job.
	needs.JobRuns = needs.StateMachines/2 + of.Pipelines.BackfillConcurrency + 1
	needs.DPUs *= needs.JobRuns
	for _, names := range [][]string{needs.Databases, needs.Registries, needs.Dashboards, needs.Policies, needs.Buckets,
		needs.SharedLogs, needs.Trails, needs.AllocationTags} {
		slices.Sort(names)
	}
	return needs
}

// dpus of one run of a job. A worker of size n has n DPU, whatever its memory (AWS Glue: worker types).
func dpus(job registered.Resource) int {
	workers, _ := job.Value("numberOfWorkers").(float64)
	kind, _ := job.Value("workerType").(string)
	size := 1
	if _, err := fmt.Sscanf(kind[strings.IndexByte(kind, '.')+1:], "%dX", &size); err != nil {
		size = 1
	}
	return int(workers) * size
}
