package components_test

import (
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"dataplatform/components"
	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
)

// changed applies a change to arguments that are valid otherwise.
func changed[T any](args *T, change func(*T)) *T {
	change(args)
	return args
}

// TestConstructorsReject: every refusal says which argument, and nothing has been registered by then.
func TestConstructorsReject(t *testing.T) {
	function := func(args *components.FunctionArgs) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error { _, err := components.NewFunction(ctx, "f", args); return err }
	}
	clickstream := func(args *components.ClickstreamArgs) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error { _, err := components.NewClickstream(ctx, "c", args); return err }
	}
	collector := func(args *components.CollectorArgs) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error { _, err := components.NewCollector(ctx, "c", args); return err }
	}
	landing := func(args *components.LandingArgs) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error { _, err := components.NewLanding(ctx, "l", args); return err }
	}
	ledger := func(args *components.LedgerArgs) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error { _, err := components.NewLedger(ctx, "l", args); return err }
	}
	runtime := func(args *components.JobRuntimeArgs) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error { _, err := components.NewJobRuntime(ctx, "r", args); return err }
	}
	job := func(args *components.JobArgs) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error { _, err := components.NewJob(ctx, "j", args); return err }
	}
	pipeline := func(args *components.PipelineArgs) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error { _, err := components.NewPipeline(ctx, "p", args); return err }
	}
	daily := func(args *components.DailyArgs) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error { _, err := components.NewDaily(ctx, "d", args); return err }
	}
	schedule := func(args *components.ScheduleArgs) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error { _, err := components.NewSchedule(ctx, "s", args); return err }
	}
	alarms := func(args *components.AlarmsArgs) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error { _, err := components.NewAlarms(ctx, "a", args); return err }
	}
	dashboard := func(args *components.DashboardArgs) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error { _, err := components.NewDashboard(ctx, "d", args); return err }
	}
	encryption := func(args *components.CatalogEncryptionArgs) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error { _, err := components.NewCatalogEncryption(ctx, "e", args); return err }
	}
	known := &components.JobRuntime{ScriptURIs: map[string]pulumi.StringOutput{"curate": {}}}
	row := components.WidgetRow{Title: "t", Graphs: []components.Graph{{Title: "g"}}}

	for _, tt := range []struct {
		want string
		give pulumi.RunFunc
	}{
		{`function "f": args are required`, function(nil)},
		{"Description is required",
			function(changed(functionArgs(), func(a *components.FunctionArgs) { a.Description = "" }))},
		{"Binary is required", function(changed(functionArgs(), func(a *components.FunctionArgs) { a.Binary = "" }))},
		{"ArchiveDirectory is required",
			function(changed(functionArgs(), func(a *components.FunctionArgs) { a.ArchiveDirectory = "" }))},
		{`Architecture "x86_64": want arm64 or amd64`,
			function(changed(functionArgs(), func(a *components.FunctionArgs) { a.Architecture = "x86_64" }))},
		{"MemoryMB 127: want 128 to 10240",
			function(changed(functionArgs(), func(a *components.FunctionArgs) { a.MemoryMB = 127 }))},
		{"TimeoutSeconds 901: want 1 to 900",
			function(changed(functionArgs(), func(a *components.FunctionArgs) { a.TimeoutSeconds = 901 }))},
		{"Grants is required", function(changed(functionArgs(), func(a *components.FunctionArgs) { a.Grants = nil }))},
		{"AccountID is required",
			function(changed(functionArgs(), func(a *components.FunctionArgs) { a.AccountID = "" }))},
		{"LogRetentionDays 0: want",
			function(changed(functionArgs(), func(a *components.FunctionArgs) { a.LogRetentionDays = 0 }))},
		{"LogKeyARN is required",
			function(changed(functionArgs(), func(a *components.FunctionArgs) { a.LogKeyARN = nil }))},
		{"TopicARN is required",
			function(changed(functionArgs(), func(a *components.FunctionArgs) { a.TopicARN = nil }))},

		{"ReservedConcurrency -1: want 0 or more",
			function(changed(functionArgs(), func(a *components.FunctionArgs) { a.ReservedConcurrency = -1 }))},

		{`collector "c": args are required`, collector(nil)},
		{"Dataset is required",
			collector(changed(collectorArgs(), func(a *components.CollectorArgs) { a.Dataset = "" }))},
		{"StreamARN is required",
			collector(changed(collectorArgs(), func(a *components.CollectorArgs) { a.StreamARN = nil }))},
		{"StreamKeyARN is required",
			collector(changed(collectorArgs(), func(a *components.CollectorArgs) { a.StreamKeyARN = nil }))},
		{"Access is required",
			collector(changed(collectorArgs(), func(a *components.CollectorArgs) { a.Access = "" }))},
		{"MaxConcurrency 0: want 1 to 10000",
			collector(changed(collectorArgs(), func(a *components.CollectorArgs) { a.MaxConcurrency = 0 }))},
		{"MetricsNamespace is required",
			collector(changed(collectorArgs(), func(a *components.CollectorArgs) { a.MetricsNamespace = "" }))},

		{`clickstream "c": args are required`, clickstream(nil)},
		{"Dataset is required",
			clickstream(changed(clickstreamArgs(), func(a *components.ClickstreamArgs) { a.Dataset = "" }))},
		{"Shards -1: want 0 or more",
			clickstream(changed(clickstreamArgs(), func(a *components.ClickstreamArgs) { a.Shards = -1 }))},
		{"RetentionHours 23: want 24 to 8760",
			clickstream(changed(clickstreamArgs(), func(a *components.ClickstreamArgs) { a.RetentionHours = 23 }))},
		{"BatchSize 0: want 1 to 10000",
			clickstream(changed(clickstreamArgs(), func(a *components.ClickstreamArgs) { a.BatchSize = 0 }))},
		{"BatchWindowSeconds 61: want 0 to 60",
			clickstream(changed(clickstreamArgs(), func(a *components.ClickstreamArgs) { a.BatchWindowSeconds = 61 }))},
		{"QuarantineLimit 1.5: want 0 to 1", clickstream(changed(clickstreamArgs(),
			func(a *components.ClickstreamArgs) { a.QuarantineLimit = 1.5 }))},
		{"MaxRecordAgeSeconds 86400: want 60 to 86399", clickstream(changed(clickstreamArgs(),
			func(a *components.ClickstreamArgs) { a.MaxRecordAgeSeconds = 86400 }))},
		{"Lateness is required",
			clickstream(changed(clickstreamArgs(), func(a *components.ClickstreamArgs) { a.Lateness = 0 }))},
		{"MaxEventBytes is required",
			clickstream(changed(clickstreamArgs(), func(a *components.ClickstreamArgs) { a.MaxEventBytes = 0 }))},
		{"MaxExpandedBytes 1: want at least",
			clickstream(changed(clickstreamArgs(), func(a *components.ClickstreamArgs) { a.MaxExpandedBytes = 1 }))},
		{"SLO 5s: want more than",
			clickstream(changed(clickstreamArgs(), func(a *components.ClickstreamArgs) { a.SLO = 5 * time.Second }))},
		{"StreamKeyARN is required",
			clickstream(changed(clickstreamArgs(), func(a *components.ClickstreamArgs) { a.StreamKeyARN = nil }))},
		{"Raw: want BucketName", clickstream(changed(clickstreamArgs(),
			func(a *components.ClickstreamArgs) { a.Raw = components.Storage{} }))},
		{"Processed: want BucketName",
			clickstream(changed(clickstreamArgs(), func(a *components.ClickstreamArgs) { a.Processed.KeyARN = nil }))},
		{"UndeliveredARN is required",
			clickstream(changed(clickstreamArgs(), func(a *components.ClickstreamArgs) { a.UndeliveredARN = nil }))},
		{"MetricsNamespace is required",
			clickstream(changed(clickstreamArgs(), func(a *components.ClickstreamArgs) { a.MetricsNamespace = "" }))},

		{`landing "l": args are required`, landing(nil)},
		{"Datasets is required", landing(changed(landingArgs(), func(a *components.LandingArgs) { a.Datasets = nil }))},
		{"QueueKeyARN is required",
			landing(changed(landingArgs(), func(a *components.LandingArgs) { a.QueueKeyARN = nil }))},
		{"Producers is required",
			landing(changed(landingArgs(), func(a *components.LandingArgs) { a.Producers = nil }))},
		{"Landing: want BucketName",
			landing(changed(landingArgs(), func(a *components.LandingArgs) { a.Landing = components.Storage{} }))},
		{"FilesTableName is required",
			landing(changed(landingArgs(), func(a *components.LandingArgs) { a.FilesTableName = nil }))},
		{"FilesTableARN is required",
			landing(changed(landingArgs(), func(a *components.LandingArgs) { a.FilesTableARN = nil }))},
		{"LedgerKeyARN is required",
			landing(changed(landingArgs(), func(a *components.LandingArgs) { a.LedgerKeyARN = nil }))},
		{"MaxFileBytes is required",
			landing(changed(landingArgs(), func(a *components.LandingArgs) { a.MaxFileBytes = 0 }))},
		{"MaxExpandedBytes 1: want at least",
			landing(changed(landingArgs(), func(a *components.LandingArgs) { a.MaxExpandedBytes = 1 }))},
		{`GoLive: "" is no day such as 2026-01-01`,
			landing(changed(landingArgs(), func(a *components.LandingArgs) { a.GoLive = "" }))},
		{"SLO is required", landing(changed(landingArgs(), func(a *components.LandingArgs) { a.SLO = 0 }))},

		{`ledger "l": args are required`, ledger(nil)},
		{"KMSKeyARN is required", ledger(&components.LedgerArgs{})},

		{`job runtime "r": args are required`, runtime(nil)},
		{"Scripts is required",
			runtime(changed(runtimeArgs(t), func(a *components.JobRuntimeArgs) { a.Scripts = nil }))},
		{"Library is required",
			runtime(changed(runtimeArgs(t), func(a *components.JobRuntimeArgs) { a.Library = "" }))},
		{"Artifacts: want BucketName",
			runtime(changed(runtimeArgs(t),
				func(a *components.JobRuntimeArgs) { a.Artifacts = components.Storage{} }))},
		{"LogKeyARN is required",
			runtime(changed(runtimeArgs(t), func(a *components.JobRuntimeArgs) { a.LogKeyARN = nil }))},

		{`job "j": args are required`, job(nil)},
		{"Runtime is required", job(jobArgs(nil))},
		{`Script "other": the runtime has no such script`,
			job(changed(jobArgs(known), func(a *components.JobArgs) { a.Script = "other" }))},
		{"Warehouse is required", job(changed(jobArgs(known), func(a *components.JobArgs) { a.Warehouse = nil }))},
		{"WorkerType is required", job(changed(jobArgs(known), func(a *components.JobArgs) { a.WorkerType = "" }))},
		{"Workers 1: want 2 to 299", job(changed(jobArgs(known), func(a *components.JobArgs) { a.Workers = 1 }))},
		{"TimeoutMinutes 0: want", job(changed(jobArgs(known), func(a *components.JobArgs) { a.TimeoutMinutes = 0 }))},
		{"MaxConcurrentRuns 0: want",
			job(changed(jobArgs(known), func(a *components.JobArgs) { a.MaxConcurrentRuns = 0 }))},
		{"UndeliveredARN is required",
			job(changed(jobArgs(known), func(a *components.JobArgs) { a.UndeliveredARN = nil }))},
		{"MetricsNamespace is required where datasets are published", job(changed(jobArgs(known),
			func(a *components.JobArgs) { a.Published = []components.Published{{ID: "a", SLO: 1}} }))},
		{`Published[0] "": want an ID and an SLO`, job(changed(jobArgs(known), func(a *components.JobArgs) {
			a.MetricsNamespace, a.Published = "n", []components.Published{{}}
		}))},
		{"Policy is required", job(changed(jobArgs(known), func(a *components.JobArgs) { a.Policy = nil }))},

		{`pipeline "p": args are required`, pipeline(nil)},
		{"Dataset is required", pipeline(changed(pipelineArgs(), func(a *components.PipelineArgs) { a.Dataset = "" }))},
		{"Partition is required",
			pipeline(changed(pipelineArgs(), func(a *components.PipelineArgs) { a.Partition = "" }))},
		{"Stages is required", pipeline(changed(pipelineArgs(), func(a *components.PipelineArgs) { a.Stages = nil }))},
		{`Stages[0] "curate": want Name, JobName and JobARN`,
			pipeline(changed(pipelineArgs(), func(a *components.PipelineArgs) { a.Stages[0].JobARN = nil }))},
		{"BackfillConcurrency 41: want 1 to 40",
			pipeline(changed(pipelineArgs(), func(a *components.PipelineArgs) { a.BackfillConcurrency = 41 }))},
		{"LogKeyARN is required",
			pipeline(changed(pipelineArgs(), func(a *components.PipelineArgs) { a.LogKeyARN = nil }))},
		{"EventBusARN is required",
			pipeline(changed(pipelineArgs(), func(a *components.PipelineArgs) { a.EventBusARN = nil }))},

		{`schedule "s": args are required`, schedule(nil)},
		{"StateMachineARN is required",
			schedule(changed(scheduleArgs(), func(a *components.ScheduleArgs) { a.StateMachineARN = nil }))},
		{"Minute 60: want 0 to 59",
			schedule(changed(scheduleArgs(), func(a *components.ScheduleArgs) { a.Minute = 60 }))},
		{"SLO 0s: want more than 0", schedule(changed(scheduleArgs(), func(a *components.ScheduleArgs) { a.SLO = 0 }))},

		{`daily "d": args are required`, daily(nil)},
		{"JobName is required", daily(changed(dailyArgs(), func(a *components.DailyArgs) { a.JobName = nil }))},
		{"JobARN is required", daily(changed(dailyArgs(), func(a *components.DailyArgs) { a.JobARN = nil }))},
		{"Partition is required", daily(changed(dailyArgs(), func(a *components.DailyArgs) { a.Partition = "" }))},
		{"Hour 24: want 0 to 23", daily(changed(dailyArgs(), func(a *components.DailyArgs) { a.Hour = 24 }))},
		{"QueueKeyARN is required", daily(changed(dailyArgs(), func(a *components.DailyArgs) { a.QueueKeyARN = nil }))},

		{`alarms "a": args are required`, alarms(nil)},
		{"AccountID is required", alarms(&components.AlarmsArgs{KMSKeyARN: pulumi.String(keyARN)})},

		{`catalog encryption "e": args are required`, encryption(nil)},
		{"Partition is required",
			encryption(&components.CatalogEncryptionArgs{AccountID: graph.Account, Region: graph.Region})},
		{"AccountID is required",
			encryption(&components.CatalogEncryptionArgs{Partition: graph.Partition, Region: graph.Region})},
		{"Region is required",
			encryption(&components.CatalogEncryptionArgs{Partition: graph.Partition, AccountID: graph.Account})},
		{"is encrypted already, with theirs: leave that", encryption(&components.CatalogEncryptionArgs{
			Partition: graph.Partition, AccountID: graph.Account, Region: graph.Region,
			Found: components.CatalogSetting{Mode: "SSE-KMS", KeyID: "theirs"},
		})},

		{`dashboard "d": args are required`, dashboard(nil)},
		{`DashboardName "a b": want`, dashboard(&components.DashboardArgs{
			DashboardName: "a b", Region: "eu-west-1", Widgets: []components.WidgetRow{row},
		})},
		{"Rows is required", dashboard(&components.DashboardArgs{DashboardName: "a", Region: "eu-west-1"})},
		{`Rows[0] "": want a title and graphs`, dashboard(&components.DashboardArgs{
			DashboardName: "a", Region: "eu-west-1", Widgets: []components.WidgetRow{{}},
		})},
	} {
		t.Run(tt.want, func(t *testing.T) {
			rec, err := pulumitest.RunErr(tt.give)
			assert.ErrorContains(t, err, tt.want)
			assert.Empty(t, rec.All())
		})
	}
}
