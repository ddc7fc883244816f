package components

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/glue"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/policies"
)

const jobType = "dataplatform:batch:Job"

// glueVersion fixes Spark 3.5, Iceberg 1.7 and Python 3.11, which the tests and the local platform run too.
const glueVersion = "5.0"

// JobArgs configures a Job.
type JobArgs struct {
	// Description says what the job does. Required.
	Description string
	// Script is the name of one of the runtime's scripts. Required.
	Script  string
	Runtime *JobRuntime
	// Arguments of every run, without the leading dashes.
	Arguments pulumi.StringMap
	// Warehouse is the URI below which Iceberg would put tables that name no place of their own. Required.
	Warehouse pulumi.StringInput
	// WorkerType, Workers, TimeoutMinutes and MaxConcurrentRuns size the job. Required.
	WorkerType        string
	Workers           int
	TimeoutMinutes    int
	MaxConcurrentRuns int
	// Policy is all that the role may do, the writing of the runtime's logs among it. Required.
	Policy pulumi.StringInput
	// Published are the datasets whose freshness its runs measure, into MetricsNamespace.
	Published        []Published
	MetricsNamespace string
	// Health are the figures that its runs report, into MetricsNamespace.
	Health []Health
	// TopicARN receives failed runs, UndeliveredARN is the queue for what it did not take. Required.
	TopicARN, UndeliveredARN pulumi.StringInput
}

func (args *JobArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.text("Description", args.Description)
	c.that(args.Runtime != nil, "Runtime is required")
	if args.Runtime != nil {
		_, known := args.Runtime.ScriptURIs[args.Script]
		c.that(known, "Script %q: the runtime has no such script", args.Script)
	}
	c.input("Warehouse", args.Warehouse)
	c.text("WorkerType", args.WorkerType)
	c.within("Workers", args.Workers, 2, 299)
	c.within("TimeoutMinutes", args.TimeoutMinutes, 1, 10080)
	c.within("MaxConcurrentRuns", args.MaxConcurrentRuns, 1, 1000)
	c.input("Policy", args.Policy)
	c.that(len(args.Published)+len(args.Health) == 0 || args.MetricsNamespace != "",
		"MetricsNamespace is required where datasets are published")
	for i, published := range args.Published {
		c.that(published.ID != "" && published.SLO > 0, "Published[%d] %q: want an ID and an SLO", i, published.ID)
	}
	c.input("TopicARN", args.TopicARN)
	c.input("UndeliveredARN", args.UndeliveredARN)
	return c.err()
}

// Job is a Glue job with its role, the rule that reports failed runs, and its dashboard row. Whoever refers to it waits
// for its rights too.
type Job struct {
	pulumi.ResourceState
	Name    pulumi.StringOutput `pulumi:"name"`
	ARN     pulumi.StringOutput `pulumi:"arn"`
	RoleARN pulumi.StringOutput `pulumi:"roleArn"`
	// Widgets are the job's part of the dashboard.
	Widgets []WidgetRow
}

// NewJob registers a Job named name.
func NewJob(ctx *pulumi.Context, name string, args *JobArgs, opts ...pulumi.ResourceOption) (*Job, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("job %q: %w", name, err)
	}
	j := &Job{}
	if err := ctx.RegisterComponentResourceV2(jobType, name, pulumi.Map{
		"script": pulumi.String(args.Script), "workerType": pulumi.String(args.WorkerType),
		"workers": pulumi.Int(args.Workers),
	}, j, opts...); err != nil {
		return nil, fmt.Errorf("job %q: %w", name, err)
	}
	parent := pulumi.Parent(j)
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description: pulumi.String("Glue job " + name), AssumeRolePolicy: pulumi.String(policies.TrustGlue().JSON()),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("job %q: role: %w", name, err)
	}
	grants, err := iam.NewRolePolicy(ctx, name+"-grants", &iam.RolePolicyArgs{Role: role.Name, Policy: args.Policy},
		parent)
	if err != nil {
		return nil, fmt.Errorf("job %q: grants: %w", name, err)
	}
	job, err := glue.NewJob(ctx, name, &glue.JobArgs{
		Description: pulumi.String(args.Description), RoleArn: role.Arn,
		GlueVersion: pulumi.String(glueVersion), WorkerType: pulumi.String(args.WorkerType),
		NumberOfWorkers: pulumi.Int(args.Workers),
		// the state machine decides what is tried again
		Timeout: pulumi.Int(args.TimeoutMinutes), MaxRetries: pulumi.Int(0),
		ExecutionClass:        pulumi.String("STANDARD"),
		ExecutionProperty:     &glue.JobExecutionPropertyArgs{MaxConcurrentRuns: pulumi.Int(args.MaxConcurrentRuns)},
		SecurityConfiguration: args.Runtime.SecurityConfiguration,
		Command: &glue.JobCommandArgs{
			Name: pulumi.String("glueetl"), PythonVersion: pulumi.String("3"),
			ScriptLocation: args.Runtime.ScriptURIs[args.Script],
		},
		NonOverridableArguments: args.pinnedArguments(),
	}, after([]pulumi.ResourceOption{parent}, grants)...)
	if err != nil {
		return nil, fmt.Errorf("job %q: %w", name, err)
	}
	if _, err := newEventRule(ctx, name+"-failures", args.TopicARN, eventRule{
		Description: "Runs of a job that did not succeed", UndeliveredARN: args.UndeliveredARN,
		Runbook: "A run of the job " + name +
			" failed, timed out or was stopped. Its error is the last lines of the run's error log; its tables are as they were.",
		Page: "job-failed", Reported: ofRuns,
		Pattern: pulumi.Map{
			"source":      pulumi.ToStringArray([]string{"aws.glue"}),
			"detail-type": pulumi.ToStringArray([]string{"Glue Job State Change"}),
			"detail": pulumi.Map{
				"jobName": pulumi.StringArray{job.Name},
				"state":   pulumi.ToStringArray([]string{"FAILED", "TIMEOUT", "STOPPED"}),
			},
		},
	}, parent); err != nil {
		return nil, fmt.Errorf("job %q: %w", name, err)
	}
	if err := newFreshnessAlarms(ctx, name, args, parent); err != nil {
		return nil, fmt.Errorf("job %q: %w", name, err)
	}
	if err := newHealthAlarms(ctx, name, args, parent); err != nil {
		return nil, fmt.Errorf("job %q: %w", name, err)
	}
	j.Name, j.ARN, j.RoleARN = job.Name, job.Arn, role.Arn
	j.Widgets = args.widgets(name, job.Name)
	return j, ctx.RegisterResourceOutputs(j, pulumi.Map{"name": j.Name, "arn": j.ARN, "roleArn": j.RoleARN})
}

// pinnedArguments are Glue's own and the job's: whoever may start the job gives a run what is new in it, and replaces
// nothing (AWS Glue API, NonOverridableArguments). The script is among them, for an argument of a run would replace the
// one of the command (AWS Glue Developer Guide, "Using job parameters"). A name that is not here can still be added, as
// jars of somebody's can: who may start a job is said by policies, and only machines and schedules may.
func (args *JobArgs) pinnedArguments() pulumi.StringMap {
	arguments := pulumi.StringMap{
		"--scriptLocation":                   args.Runtime.ScriptURIs[args.Script],
		"--datalake-formats":                 pulumi.String("iceberg"),
		"--extra-py-files":                   args.Runtime.LibraryURI,
		"--conf":                             icebergConf(args.Warehouse),
		"--custom-logGroup-prefix":           args.Runtime.LogPrefix,
		"--enable-metrics":                   pulumi.String("true"),
		"--enable-observability-metrics":     pulumi.String("true"),
		"--enable-continuous-cloudwatch-log": pulumi.String("true"),
		"--enable-auto-scaling":              pulumi.String("true"),
		// the ledger knows what was processed
		"--job-bookmark-option": pulumi.String("job-bookmark-disable"),
	}
	for name, value := range args.Arguments {
		arguments["--"+name] = value
	}
	return arguments
}

// icebergConf is Spark's configuration of the Glue catalog. Glue takes one --conf; further ones go into its value.
func icebergConf(warehouse pulumi.StringInput) pulumi.StringOutput {
	const catalog = "spark.sql.catalog.glue_catalog"
	return pulumi.Sprintf(strings.Join([]string{
		"spark.sql.extensions=org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
		catalog + "=org.apache.iceberg.spark.SparkCatalog",
		catalog + ".catalog-impl=org.apache.iceberg.aws.glue.GlueCatalog",
		catalog + ".io-impl=org.apache.iceberg.aws.s3.S3FileIO",
		catalog + ".warehouse=%s",
		"spark.sql.session.timeZone=UTC",
	}, " --conf "), warehouse)
}

func jobMetric(metricName, statistic, kind string, job pulumi.StringInput) metric {
	return metric{"Glue", metricName, statistic,
		[]dimension{{"JobName", job}, {"JobRunId", pulumi.String("ALL")}, {"Type", pulumi.String(kind)}}}
}

func (args *JobArgs) widgets(name string, job pulumi.StringInput) []WidgetRow {
	return []WidgetRow{{Title: "Job " + name, Graphs: append([]Graph{
		{"Elapsed (ms)", []metric{jobMetric("glue.driver.aggregate.elapsedTime", "Sum", "count", job)}},
		{"Records read, tasks failed", []metric{
			jobMetric("glue.driver.aggregate.recordsRead", "Sum", "count", job),
			jobMetric("glue.driver.aggregate.numFailedTasks", "Sum", "count", job),
		}},
		{"Heap in use", []metric{jobMetric("glue.driver.jvm.heap.usage", "Maximum", "gauge", job)}},
	}, slices.Concat(args.freshnessGraphs(), args.healthGraphs())...)}}
}
