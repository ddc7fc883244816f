package components_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components"
	"dataplatform/components/rendering"
	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
	"dataplatform/policies"
)

const (
	alarmToken     = "aws:cloudwatch/metricAlarm:MetricAlarm"
	functionToken  = "aws:lambda/function:Function"
	groupToken     = "aws:cloudwatch/logGroup:LogGroup"
	mappingToken   = "aws:lambda/eventSourceMapping:EventSourceMapping"
	jobToken       = "aws:glue/job:Job"
	objectToken    = "aws:s3/bucketObjectv2:BucketObjectv2"
	queueToken     = "aws:sqs/queue:Queue"
	ruleToken      = "aws:cloudwatch/eventRule:EventRule"
	scheduleToken  = "aws:scheduler/schedule:Schedule"
	streamToken    = "aws:kinesis/stream:Stream"
	grantsToken    = "aws:iam/rolePolicy:RolePolicy"
	topicARN       = "arn:aws:sns:eu-west-1:123456789012:alarms"
	undeliveredARN = "arn:aws:sqs:eu-west-1:123456789012:undelivered"
	keyARN         = "arn:aws:kms:eu-west-1:123456789012:key/some"
)

func storage(bucket string) components.Storage {
	return components.Storage{
		BucketName: pulumi.String(bucket), BucketARN: pulumi.String("arn:aws:s3:::" + bucket),
		KeyARN: pulumi.String("arn:aws:kms:eu-west-1:123456789012:key/" + bucket),
	}
}

func build() components.FunctionBuild {
	return components.FunctionBuild{
		ArchiveDirectory: "build/lambda", Architecture: "arm64", AccountID: graph.Account, LogRetentionDays: 30,
		LogKeyARN: pulumi.String(keyARN), TopicARN: pulumi.String(topicARN),
	}
}

func functionArgs() *components.FunctionArgs {
	var queueARN string
	return &components.FunctionArgs{
		Description: "Tests", Binary: "clicks", FunctionBuild: build(), MemoryMB: 256, TimeoutSeconds: 100,
		Refs: rendering.Refs{&queueARN: pulumi.String("arn:aws:sqs:eu-west-1:123456789012:in")},
		Grants: func() []policies.Statement {
			return []policies.Statement{policies.AllowActions("Send", []string{queueARN}, "sqs:SendMessage")}
		},
	}
}

func clickstreamArgs() *components.ClickstreamArgs {
	return &components.ClickstreamArgs{
		Producers: []string{"arn:aws:iam::123456789012:role/shop"},
		Dataset:   "clicks", RetentionHours: 24, BatchSize: 100, BatchWindowSeconds: 5,
		MaxRecordAgeSeconds: 3600, Lateness: 72 * time.Hour, MaxEventBytes: 1024, MaxExpandedBytes: 4096,
		SLO: 15 * time.Minute, QuarantineLimit: 0.1, StreamKeyARN: pulumi.String(keyARN),
		HoursTableName: pulumi.String("hours"),
		HoursTableARN:  pulumi.String("arn:aws:dynamodb:eu-west-1:123456789012:table/hours"),
		LedgerKeyARN:   pulumi.String(keyARN), Raw: storage("raw"), Processed: storage("processed"),
		Discarded:        storage("discarded"),
		MetricsNamespace: "test", UndeliveredARN: pulumi.String(undeliveredARN), Build: build(),
	}
}

func landingArgs() *components.LandingArgs {
	return &components.LandingArgs{
		Datasets: []string{"sales"}, QueueKeyARN: pulumi.String(keyARN),
		Producers: []string{"arn:aws:iam::123456789012:role/shop"}, Landing: storage("landing"), Raw: storage("raw"),
		FilesTableName: pulumi.String("files"),
		FilesTableARN:  pulumi.String("arn:aws:dynamodb:eu-west-1:123456789012:table/files"),
		LedgerKeyARN:   pulumi.String(keyARN), MaxFileBytes: 1024, MaxExpandedBytes: 4096, GoLive: "2026-01-01",
		SLO: time.Hour, MetricsNamespace: "test", Build: build(),
	}
}

func scheduleArgs() *components.ScheduleArgs {
	return &components.ScheduleArgs{
		Dataset: "sales", FailureAlarm: &cloudwatch.MetricAlarm{},
		StateMachineARN: pulumi.String("arn:aws:states:eu-west-1:123456789012:stateMachine:sales"), Minute: 5,
		Enabled: true, SLO: time.Hour, AccountID: graph.Account, QueueKeyARN: pulumi.String(keyARN),
		TopicARN: pulumi.String(topicARN), MetricsNamespace: "shop", PolledQueue: pulumi.String("landing-queue"),
	}
}

func pipelineArgs() *components.PipelineArgs {
	return &components.PipelineArgs{
		Dataset: "sales", Partition: "aws", AccountID: graph.Account, Console: "https://console/",
		Stages: []components.PipelineStage{{
			Name: "curate", JobName: pulumi.String("sales-curate"),
			JobARN: pulumi.String("arn:aws:glue:eu-west-1:123456789012:job/sales-curate"),
		}},
		JobTimeoutMinutes: 60, BackfillConcurrency: 2, ArtifactsBucketName: pulumi.String("artifacts"),
		ArtifactsBucketARN: pulumi.String("arn:aws:s3:::artifacts"), ArtifactsKeyARN: pulumi.String(keyARN),
		TopicARN: pulumi.String(topicARN), TopicKeyARN: pulumi.String(keyARN),
		EventBusARN: pulumi.String("arn:aws:events:eu-west-1:123456789012:event-bus/default"), LogRetentionDays: 30,
		LogKeyARN: pulumi.String(keyARN),
	}
}

// runtimeArgs writes stand-ins for the code.
func runtimeArgs(t *testing.T) *components.JobRuntimeArgs {
	t.Helper()
	directory := t.TempDir()
	for _, file := range []string{"curate.py", "dataplatform.zip"} {
		require.NoError(t, os.WriteFile(filepath.Join(directory, file), []byte(file), 0o644))
	}
	return &components.JobRuntimeArgs{
		Scripts: map[string]string{"curate": filepath.Join(directory, "curate.py")},
		Library: filepath.Join(directory, "dataplatform.zip"), Artifacts: storage("artifacts"), LogRetentionDays: 30,
		LogKeyARN: pulumi.String(keyARN),
	}
}

func jobArgs(runtime *components.JobRuntime) *components.JobArgs {
	return &components.JobArgs{
		Description: "Tests", Script: "curate", Runtime: runtime,
		Arguments: pulumi.StringMap{"pipeline": pulumi.String("sales")}, Warehouse: pulumi.String("s3://curated/"),
		WorkerType: "G.1X", Workers: 2, TimeoutMinutes: 60, MaxConcurrentRuns: 3, TopicARN: pulumi.String(topicARN),
		UndeliveredARN: pulumi.String(undeliveredARN),
		Policy: pulumi.String(policies.Identity(policies.WriteLogs("WriteLogs",
			"arn:aws:logs:eu-west-1:123456789012:log-group:output")).JSON()),
	}
}

func TestFunction(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		f, err := components.NewFunction(ctx, "clicks", functionArgs())
		if err != nil {
			return err
		}
		assert.NotEmpty(t, f.Widgets)
		return pulumitest.Observe(ctx, "function", pulumi.Map{"name": f.Name, "arn": f.ARN})
	})
	rec.AssertNoOrphans(t)
	f := rec.One(t, functionToken, "clicks")
	assert.Equal(t, "provided.al2023", f.String(t, "runtime"))
	assert.Equal(t, []any{"arm64"}, f.Value("architectures"))
	assert.Equal(t, "clicks-log", f.String(t, "loggingConfig.logGroup"))
	assert.True(t, f.WaitsFor(rec.One(t, grantsToken, "clicks-grants")), "its rights are checked when it is made")
	grants, err := policies.Parse(rec.One(t, grantsToken, "clicks-grants").String(t, "policy"))
	require.NoError(t, err)
	own, _ := grants.Find("WriteOwnLog")
	assert.Equal(t, []string{"arn:aws:logs:eu-west-1:123456789012:log-group:clicks-log:*"}, own.Resource)
	send, _ := grants.Find("Send")
	assert.Equal(t, []string{"arn:aws:sqs:eu-west-1:123456789012:in"}, send.Resource)
	for _, noun := range []string{"errors", "throttles", "duration"} {
		alarm := rec.One(t, alarmToken, "clicks-"+noun)
		assert.Equal(t, map[string]any{"FunctionName": "clicks"}, alarm.Value("dimensions"))
		assert.Equal(t, []any{topicARN}, alarm.Value("alarmActions"))
	}
	assert.Equal(t, 80_000.0, rec.One(t, alarmToken, "clicks-duration").Number(t, "threshold"),
		"milliseconds, four fifths of the limit")
}

func TestFunctionForAnotherArchitecture(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		args := functionArgs()
		args.Architecture = "amd64"
		_, err := components.NewFunction(ctx, "clicks", args)
		return err
	})
	assert.Equal(t, []any{"x86_64"}, rec.One(t, functionToken, "clicks").Value("architectures"))
}

func TestClickstream(t *testing.T) {
	for name, tt := range map[string]struct {
		shards int
		mode   string
	}{"on demand": {0, "ON_DEMAND"}, "provisioned": {4, "PROVISIONED"}} {
		t.Run(name, func(t *testing.T) {
			rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
				args := clickstreamArgs()
				args.Shards = tt.shards
				_, err := components.NewClickstream(ctx, "clickstream", args)
				return err
			})
			rec.AssertNoOrphans(t)
			stream := rec.One(t, streamToken, "clickstream")
			assert.Equal(t, tt.mode, stream.String(t, "streamModeDetails.streamMode"))
			assert.Equal(t, tt.shards > 0, stream.Has("shardCount"))
			assert.Equal(t, keyARN, stream.String(t, "kmsKeyId"))
			mapping := rec.One(t, mappingToken, "clickstream-mapping")
			assert.Equal(t, 5.0, mapping.Number(t, "maximumBatchingWindowInSeconds"))
			assert.True(t, mapping.WaitsFor(rec.One(t, functionToken, "clickstream-function")))
			environment := rec.One(t, functionToken, "clickstream-function").Value("environment.variables")
			assert.Equal(t, map[string]any{
				"STREAM_ARN": "arn:aws:kinesis:eu-west-1:123456789012:stream/clickstream",
				"RAW_BUCKET": "raw", "PROCESSED_BUCKET": "processed", "HOURS_TABLE": "hours",
				"LATENESS_LIMIT": "72h0m0s", "MAX_EVENT_BYTES": "1024", "MAX_EXPANDED_BYTES": "4096",
				"METRICS_NAMESPACE": "test",
			}, environment)
			assert.JSONEq(t,
				`{"source":["aws.s3"],"detail-type":["Object Created"],"detail":{"bucket":{"name":["discarded"]},"object":{"key":[{"anything-but":{"suffix":"-given-up"}}]}}}`,
				rec.One(t, ruleToken, "clickstream-put-aside").String(t, "eventPattern"))
			assert.Empty(t, rec.OfType("aws:s3/bucketNotification:BucketNotification"),
				"the bucket has one, and others need it too")
			assert.Equal(t, undeliveredARN, rec.One(t, "aws:cloudwatch/eventTarget:EventTarget",
				"clickstream-put-aside-target").String(t, "deadLetterConfig.arn"))
			assert.Equal(t, map[string]any{"StreamName": "clickstream"},
				rec.One(t, alarmToken, "clickstream-refused").Value("dimensions"))
			putAside := rec.One(t, alarmToken, "clickstream-put-aside")
			assert.Equal(t, map[string]any{"RuleName": "clickstream-put-aside"}, putAside.Value("dimensions"))
			assert.Equal(t, "ignore", putAside.String(t, "treatMissingData"), "what waits does not end by silence")
			assert.Equal(t, 450_000.0, rec.One(t, alarmToken, "clickstream-lateness").Number(t, "threshold"))
			stalled := rec.One(t, alarmToken, "clickstream-stalled")
			assert.Equal(t,
				"IF(FILL(m1, 0) > 0 AND FILL(m2, 0) == 0, 1, 0)", stalled.Value("metricQueries[0].expression"))
			assert.Equal(t, []any{"IncomingRecords", "InvokedEventCount"}, []any{
				stalled.Value("metricQueries[1].metric.metricName"),
				stalled.Value("metricQueries[2].metric.metricName"),
			})
			dropped := rec.One(t, alarmToken, "clickstream-dropped")
			assert.Equal(t, "SUM(FILL(METRICS(), 0))", dropped.String(t, "metricQueries[0].expression"))
			assert.Equal(t, "clickstream-mapping-uuid", dropped.String(t,
				"metricQueries[1].metric.dimensions.EventSourceMappingUUID"))
			assert.Equal(t, "p90", rec.One(t, alarmToken, "clickstream-freshness").String(t, "extendedStatistic"))
		})
	}
}

func TestLanding(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := components.NewLanding(ctx, "landing", landingArgs())
		return err
	})
	rec.AssertNoOrphans(t)
	queue, dead := rec.One(t, queueToken, "landing-queue"), rec.One(t, queueToken, "landing-dead-letters")
	assert.JSONEq(
		t, `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:landing-dead-letters","maxReceiveCount":35}`,
		queue.String(t, "redrivePolicy"),
	)
	assert.GreaterOrEqual(t, queue.Number(t, "visibilityTimeoutSeconds"),
		6*rec.One(t, functionToken, "landing-function").Number(t, "timeout"))
	assert.Equal(t, "https://sqs.eu-west-1.amazonaws.com/123456789012/landing-notices",
		rec.One(t, functionToken, "landing-function").Value("environment.variables.QUEUE_URL"),
		"it lets messages come again")
	assert.Equal(t, 14*86400.0, dead.Number(t, "messageRetentionSeconds"))
	assert.Equal(t, "landing-notices", queue.String(t, "name"))
	policy, err := policies.Parse(queue.String(t, "policy"))
	require.NoError(t, err)
	assert.Equal(t, policies.NotificationQueue("arn:aws:sqs:eu-west-1:123456789012:landing-notices",
		"arn:aws:s3:::landing", graph.Account).Statement, policy.Statement)
	assert.True(t, rec.One(t, "aws:s3/bucketNotification:BucketNotification",
		"landing-notification").WaitsFor(rec.One(t, mappingToken, "landing-mapping")))
	rec.One(t, alarmToken, "landing-dead-letters-depth")
	assert.Equal(t, 900.0, rec.One(t, alarmToken, "landing-queue-age").Number(t, "threshold"))
	trust, err := policies.Parse(rec.One(t, "aws:iam/role:Role", "landing-producer").String(t, "assumeRolePolicy"))
	require.NoError(t, err)
	assert.Equal(t, []string{"arn:aws:iam::123456789012:role/shop"}, trust.Statement[0].Principal["AWS"])
}

func TestLedger(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := components.NewLedger(ctx,
			"ledger", &components.LedgerArgs{KMSKeyARN: pulumi.String(keyARN), Retain: true})
		return err
	})
	rec.AssertNoOrphans(t)
	files, hours, leases := rec.One(t, "aws:dynamodb/table:Table", "ledger-files"),
		rec.One(t, "aws:dynamodb/table:Table", "ledger-hours"), rec.One(t, "aws:dynamodb/table:Table", "ledger-leases")
	assert.Equal(t, []any{"dataset", "hour"}, []any{hours.Value("hashKey"), hours.Value("rangeKey")})
	assert.Equal(t, "dataset", files.String(t, "hashKey"))
	assert.Equal(t, "file_id", files.String(t, "rangeKey"))
	assert.Equal(t, map[string]any{
		"name": "by_arrival", "hashKey": "dataset", "rangeKey": "arrival", "projectionType": "ALL",
	}, files.Value("globalSecondaryIndexes[0]"))
	assert.Equal(t, "name", leases.String(t, "hashKey"))
	assert.Equal(t, "expires_at", leases.String(t, "ttl.attributeName"))
	for _, table := range []pulumitest.Resource{files, hours, leases} {
		assert.True(t, table.Protect && table.RetainOnDelete && table.True("deletionProtectionEnabled"), table.Name)
	}
}

func TestJob(t *testing.T) {
	args := runtimeArgs(t)
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		runtime, err := components.NewJobRuntime(ctx, "jobs", args)
		if err != nil {
			return err
		}
		_, err = components.NewJob(ctx, "sales-curate", jobArgs(runtime))
		return err
	})
	rec.AssertNoOrphans(t)
	job := rec.One(t, jobToken, "sales-curate")
	assert.Equal(t, "5.0", job.String(t, "glueVersion"))
	assert.Equal(t, "STANDARD", job.String(t, "executionClass"))
	assert.Equal(t, 0.0, job.Number(t, "maxRetries"))
	assert.Equal(t, 3.0, job.Number(t, "executionProperty.maxConcurrentRuns"))
	key := rec.One(t, objectToken, "jobs-script-curate").String(t, "key")
	assert.Regexp(t, `^glue/[0-9a-f]{16}/curate\.py$`, key)
	assert.Equal(t, "s3://artifacts/"+key, job.String(t, "command.scriptLocation"))
	arguments := job.Value("nonOverridableArguments").(map[string]any)
	assert.False(t, job.Has("defaultArguments"), "a start would replace them")
	assert.Equal(t, "s3://artifacts/"+key, arguments["--scriptLocation"])
	assert.Equal(t, "sales", arguments["--pipeline"])
	assert.Equal(t, "iceberg", arguments["--datalake-formats"])
	assert.Equal(t, "s3://artifacts/"+rec.One(t, objectToken, "jobs-library").String(t, "key"),
		arguments["--extra-py-files"])
	conf := strings.Split(arguments["--conf"].(string), " --conf ")
	assert.Contains(t, conf, "spark.sql.catalog.glue_catalog.catalog-impl=org.apache.iceberg.aws.glue.GlueCatalog")
	assert.Contains(t, conf, "spark.sql.catalog.glue_catalog.warehouse=s3://curated/")
	for _, one := range conf {
		assert.Equal(t, 1, strings.Count(one, "="), one)
	}
	assert.Equal(t, "/aws-glue/jobs", arguments["--custom-logGroup-prefix"])
	assert.Equal(t, "/aws-glue/jobs/error", rec.One(t, groupToken, "jobs-log-error").String(t, "name"))
	assert.JSONEq(t,
		`{"source":["aws.glue"],"detail-type":["Glue Job State Change"],"detail":{"jobName":["sales-curate"],"state":["FAILED","TIMEOUT","STOPPED"]}}`,
		rec.One(t, ruleToken, "sales-curate-failures").String(t, "eventPattern"))
	security := rec.One(t, "aws:glue/securityConfiguration:SecurityConfiguration", "jobs")
	assert.Equal(t, "DISABLED", security.String(t, "encryptionConfiguration.s3Encryption.s3EncryptionMode"),
		"one key for all buckets would be refused by most of them")
}

func TestCodeOfAnotherContentHasAnotherKey(t *testing.T) {
	key := func(content string) string {
		args := runtimeArgs(t)
		require.NoError(t, os.WriteFile(args.Library, []byte(content), 0o644))
		rec := pulumitest.Run(t,
			func(ctx *pulumi.Context) error { _, err := components.NewJobRuntime(ctx, "jobs", args); return err })
		return rec.One(t, objectToken, "jobs-library").String(t, "key")
	}
	assert.Equal(t, key("a"), key("a"))
	assert.NotEqual(t, key("a"), key("b"), "a run that has started keeps its code")
}

func TestPipeline(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := components.NewPipeline(ctx, "sales", pipelineArgs())
		return err
	})
	rec.AssertNoOrphans(t)
	for _, name := range []string{"sales", "sales-backfill"} {
		stateMachine := rec.One(t, "aws:sfn/stateMachine:StateMachine", name)
		assert.Contains(t, stateMachine.String(t, "definition"), `"JobName":"sales-curate"`)
		assert.True(t, stateMachine.WaitsFor(rec.One(t, grantsToken, "sales-grants")),
			"AWS checks the rights to log when it makes a machine")
		alarm := rec.One(t, alarmToken, name+"-failures")
		var watched []any
		for i := 1; alarm.Has("metricQueries[" + string(rune('0'+i)) + "]"); i++ {
			watched = append(watched, alarm.Value("metricQueries["+string(rune('0'+i))+"].metric.metricName"))
		}
		assert.Equal(t, []any{"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted", "ExecutionThrottled"},
			watched)
	}
}

func TestSchedule(t *testing.T) {
	for _, enabled := range []bool{true, false} {
		rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
			args := scheduleArgs()
			args.Enabled = enabled
			var err error
			if args.FailureAlarm, err = cloudwatch.NewMetricAlarm(ctx, "sales-failures", &cloudwatch.MetricAlarmArgs{
				ComparisonOperator: pulumi.String("GreaterThanThreshold"), EvaluationPeriods: pulumi.Int(1),
			}); err != nil {
				return err
			}
			_, err = components.NewSchedule(ctx, "sales-hourly", args)
			return err
		})
		schedule := rec.One(t, scheduleToken, "sales-hourly")
		assert.True(t, schedule.WaitsFor(rec.One(t, alarmToken, "sales-failures")),
			"nothing runs before somebody would be notified of its failures")
		assert.Equal(t, "cron(5 * * * ? *)", schedule.String(t, "scheduleExpression"))
		assert.Equal(t, "UTC", schedule.String(t, "scheduleExpressionTimezone"))
		assert.Equal(t, map[bool]string{true: "ENABLED", false: "DISABLED"}[enabled], schedule.String(t, "state"))
		assert.Equal(t, "arn:aws:sqs:eu-west-1:123456789012:sales-hourly-dead-letters", schedule.String(t,
			"target.deadLetterConfig.arn"))
		assert.Equal(t, 10.0, schedule.Number(t, "target.retryPolicy.maximumRetryAttempts"))
		freshness := rec.One(t, alarmToken, "sales-hourly-freshness")
		assert.Equal(t, 2.0, freshness.Number(t, "datapointsToAlarm"))
		assert.Equal(t, 3.0, freshness.Number(t, "evaluationPeriods"))
		assert.Equal(t, "notBreaching", freshness.String(t, "treatMissingData"), "hours that never were miss no run")
		if enabled {
			assert.Equal(t, "IF(FILL(m2, 0) >= 30 AND FILL(m1, 0) == 0, 1, 0)",
				freshness.String(t, "metricQueries[0].expression"))
			assert.Equal(t, "SampleCount", freshness.String(t, "metricQueries[2].metric.stat"))
			assert.Equal(t, "landing-queue", freshness.String(t, "metricQueries[2].metric.dimensions.QueueName"))
		} else {
			assert.Equal(t, "IF(FILL(m2, 0) > 0 AND FILL(m1, 0) == 0, 1, 0)",
				freshness.String(t, "metricQueries[0].expression"))
			assert.Equal(t, "BytesReceived", freshness.String(t, "metricQueries[2].metric.metricName"))
		}
		late := rec.One(t, "aws:cloudwatch/compositeAlarm:CompositeAlarm", "sales-hourly-late")
		assert.Equal(t, `ALARM("sales-hourly-freshness") OR ALARM("sales-failures")`, late.String(t, "alarmRule"))
		assert.Contains(t, late.String(t, "alarmDescription"), "This hour's sales are not curated")
		assert.NotEmpty(t, late.Value("alarmActions"))
	}
}

func TestAlarms(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := components.NewAlarms(ctx, "alarms", &components.AlarmsArgs{
			KMSKeyARN: pulumi.String(keyARN), AccountID: graph.Account, Emails: []string{"data@example.com"},
		})
		return err
	})
	rec.AssertNoOrphans(t)
	assert.Equal(t, "data@example.com",
		rec.One(t, "aws:sns/topicSubscription:TopicSubscription", "alarms-email-0").String(t, "endpoint"))
	policy, err := policies.Parse(rec.One(t, "aws:sns/topicPolicy:TopicPolicy", "alarms-policy").String(t, "policy"))
	require.NoError(t, err)
	for principal, want := range map[string]struct{ known, unknown policies.Decision }{ // the source
		policies.CloudWatch: {policies.Allowed, policies.NotAllowed}, policies.Events: {policies.Allowed,
			policies.Allowed}, policies.S3: {policies.NotAllowed, policies.NotAllowed},
	} {
		request := policies.Request{
			Principal: principal, Action: "sns:Publish", Resource: topicARN,
			Context: map[string]string{"aws:SecureTransport": "true"},
		}
		decision, err := policies.Evaluate(request, policy)
		require.NoError(t, err)
		assert.Equal(t, want.unknown, decision, "%s, without its source", principal)
		request.Context["aws:SourceAccount"] = graph.Account
		request.Context["aws:SourceArn"] = map[string]string{
			policies.CloudWatch: "arn:aws:cloudwatch:eu-west-1:" + graph.Account + ":alarm:a",
			policies.Events:     "arn:aws:events:eu-west-1:" + graph.Account + ":rule/a",
		}[principal]
		decision, err = policies.Evaluate(request, policy)
		require.NoError(t, err)
		assert.Equal(t, want.known, decision, principal)
	}
	// A rule tells what is over, not the alarms themselves: a new one would announce that it is OK.
	assert.Nil(t, rec.One(t, alarmToken, "alarms-dead-letters-depth").Value("okActions"))
	over := rec.One(t, "aws:cloudwatch/eventRule:EventRule", "alarms-over").String(t, "eventPattern")
	assert.JSONEq(t, `{"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"], "detail": {
		"alarmName": [{"prefix": "dataplatform-test-"}], "state": {"value": ["OK"]}, "previousState": {"value": ["ALARM"]}}}`, over)
}

func TestDashboard(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		f, err := components.NewFunction(ctx, "clicks", functionArgs())
		if err != nil {
			return err
		}
		_, err = components.NewDashboard(ctx,
			"platform", &components.DashboardArgs{DashboardName: "test", Region: "eu-west-1", Widgets: f.Widgets})
		return err
	})
	var body struct {
		Widgets []struct {
			Type          string
			X, Y          int
			Width, Height int
			Properties    struct {
				Markdown, Title, Region string
				Metrics                 [][]any
			}
		}
	}
	rec.One(t, "aws:cloudwatch/dashboard:Dashboard", "platform").DecodeJSON(t, "dashboardBody", &body)
	require.Len(t, body.Widgets, 4)
	assert.Equal(t, "## Function clicks", body.Widgets[0].Properties.Markdown)
	for i, w := range body.Widgets[1:] {
		assert.Equal(t, 8*i, w.X)
		assert.Equal(t, 1, w.Y, "below the title")
		assert.Equal(t, "eu-west-1", w.Properties.Region)
	}
	assert.Equal(t, []any{"AWS/Lambda", "Invocations", "FunctionName", "clicks", map[string]any{"stat": "Sum"}},
		body.Widgets[1].Properties.Metrics[0])
}
