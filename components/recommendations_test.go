package components_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components"
	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
	"dataplatform/policies"
)

const shopEndpoint = "shop-test-recommendations"

func recommendationsArgs(t *testing.T) *components.RecommendationsArgs {
	t.Helper()
	source := filepath.Join(t.TempDir(), "source.tar.gz")
	require.NoError(t, os.WriteFile(source, []byte("scripts"), 0o644))
	job := func(name string) *components.Job {
		return &components.Job{Name: pulumi.String(name).ToStringOutput(),
			ARN: pulumi.String("arn:aws:glue:eu-west-1:123456789012:job/" + name).ToStringOutput()}
	}
	return &components.RecommendationsArgs{
		EndpointName: shopEndpoint, GroupName: pulumi.String(shopEndpoint), Partition: "aws", AccountID: graph.Account,
		Console: "https://console/",
		Region:  "eu-west-1", FeaturesJob: job("features"), RecommendJob: job("recommend"), JobTimeoutMinutes: 60,
		Features: storage("features"), Artifacts: storage("artifacts"), Source: source,
		LeasesName: pulumi.String("leases"),
		LeasesARN:  pulumi.String("arn:aws:dynamodb:eu-west-1:123456789012:table/leases"), Holdout: 5 * 24 * time.Hour,
		ToleratedFall: 0.1, MinCustomers: 20, InstanceType: "ml.m5.xlarge", VolumeGB: 30, TrainingMinutes: 60,
		Endpoint: components.EndpointSize{MemoryMB: 3072, MaxConcurrency: 5}, LatencyMilliseconds: 200, DriftShare: 0.5,
		Schedule: components.Weekly{Day: "SUN", Hour: 4, Minute: 5, Enabled: true},
		Tags:     map[string]string{"stack": "test", "owner": "data"}, MetricsNamespace: "test",
		QueueKeyARN: pulumi.String(keyARN), TopicKeyARN: pulumi.String(keyARN), Build: build(),
	}
}

func recommendations(t *testing.T, args *components.RecommendationsArgs) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := components.NewRecommendations(ctx, "recommendations", args)
		return err
	})
}

func TestRecommendationsMakeNothingThatARunOwns(t *testing.T) {
	rec := recommendations(t, recommendationsArgs(t))
	rec.AssertNoOrphans(t)
	for _, r := range rec.All() {
		assert.NotContains(t, r.Type, "aws:sagemaker/", "models, configurations and endpoints are the runs'")
	}
	invocation := rec.One(t, "aws:lambda/invocation:Invocation", "recommendations")
	assert.Equal(t, "CRUD", invocation.String(t, "lifecycleScope"), "what runs have made goes with the stack")
	source := rec.One(t, objectToken, "recommendations-source")
	assert.Regexp(t, `^sagemaker/[0-9a-f]{16}/source\.tar\.gz$`, source.String(t, "key"))

	schedule := rec.One(t, scheduleToken, "recommendations-weekly")
	assert.Equal(t, "cron(5 4 ? * SUN *)", schedule.String(t, "scheduleExpression"))
	assert.Equal(t, "ENABLED", schedule.String(t, "state"))
	assert.Equal(t, `{"asOf":"<aws.scheduler.scheduled-time>"}`, schedule.String(t, "target.input"))

	environment, _ :=
		rec.One(t, functionToken, "recommendations-function").Value("environment.variables").(map[string]any)
	assert.Equal(t, shopEndpoint, environment["NAME"])
	assert.Equal(t,
		"141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3", environment["IMAGE"])
	assert.Equal(t, "120h0m0s", environment["HOLDOUT"])
	assert.JSONEq(
		t,
		`{"toleratedFall":0.1,"minCustomers":20,"maxLooks":720,"endpoint":{"memoryMb":3072,"maxConcurrency":5},"tags":{"stack":"test","owner":"data"}}`,
		environment["SETTINGS"].(string),
	)

	var definition struct{ States map[string]json.RawMessage }
	require.NoError(t, json.Unmarshal(
		[]byte(rec.One(t, "aws:sfn/stateMachine:StateMachine", "recommendations").String(t, "definition")), &definition,
	))
	assert.Contains(t, string(definition.States["Train"]),
		`"Tags":[{"Key":"owner","Value":"data"},{"Key":"stack","Value":"test"}]`)
	assert.Contains(t, string(definition.States["Recommend"]), `"JobName":"recommend"`)
}

func TestTheEndpointIsWatched(t *testing.T) {
	rec := recommendations(t, recommendationsArgs(t))
	dimensions := map[string]any{"EndpointName": shopEndpoint, "VariantName": "AllTraffic"}
	latency := rec.One(t, alarmToken, "recommendations-endpoint-latency")
	assert.Equal(t, "p99", latency.String(t, "extendedStatistic"))
	assert.InDelta(t, 200_000, latency.Number(t, "threshold"), 0, "microseconds")
	assert.Equal(t, dimensions, latency.Value("dimensions"))
	errs := rec.One(t, alarmToken, "recommendations-endpoint-errors")
	assert.Equal(t, []any{"Invocation5XXErrors", dimensions}, []any{errs.Value("metricName"), errs.Value("dimensions")})
	rec.One(t, alarmToken, "recommendations-endpoint-refusals")
	rec.One(t, alarmToken, "recommendations-failures")
	drift := rec.One(t, alarmToken, "recommendations-drift")
	assert.Equal(t, []any{"InteractionDrift", "test", 0.5},
		[]any{drift.Value("metricName"), drift.Value("namespace"), drift.Value("threshold")})
	for name, noun := range map[string]string{"endpoint": shopEndpoint, "candidate": shopEndpoint + "-candidate"} {
		group := rec.One(t, groupToken, "recommendations-log-"+name)
		assert.Equal(t, "/aws/sagemaker/Endpoints/"+noun, group.String(t, "name"))
		assert.InDelta(t, 30, group.Number(t, "retentionInDays"), 0)
	}
}

func TestOnlyInstancesCapture(t *testing.T) {
	captures := func(size components.EndpointSize) bool {
		args := recommendationsArgs(t)
		args.Endpoint = size
		grants, err := policies.Parse(
			recommendations(t, args).One(t, grantsToken, "recommendations-execution-grants").String(t, "policy"),
		)
		require.NoError(t, err)
		decision, err := policies.Evaluate(policies.Request{
			Action: "s3:PutObject", Resource: "arn:aws:s3:::features/capture/a.jsonl",
		}, grants)
		require.NoError(t, err)
		return decision == policies.Allowed
	}
	assert.False(t, captures(components.EndpointSize{MemoryMB: 1024, MaxConcurrency: 1}))
	assert.True(t, captures(components.EndpointSize{InstanceType: "ml.c5.large", Instances: 1, CapturePercent: 10}))
}

func TestRecommendationsReject(t *testing.T) {
	for want, change := range map[string]func(*components.RecommendationsArgs){
		"characters of EndpointName 48: want 1 to 46": func(a *components.RecommendationsArgs) {
			a.EndpointName = "a23456789-123456789-123456789-123456789-12345678"
		},
		"GroupName is required": func(a *components.RecommendationsArgs) {
			a.GroupName = nil
		},
		"Region \"mars-1\": SageMaker has no image": func(a *components.RecommendationsArgs) {
			a.Region = "mars-1"
		},
		"FeaturesJob is required": func(a *components.RecommendationsArgs) {
			a.FeaturesJob = nil
		},
		"RecommendJob is required": func(a *components.RecommendationsArgs) {
			a.RecommendJob = nil
		},
		"Features is required": func(a *components.RecommendationsArgs) {
			a.Features = components.Storage{}
		},
		"Holdout 0s: want more than 0": func(a *components.RecommendationsArgs) { a.Holdout = 0 },
		"ToleratedFall 1: want 0 to less than 1": func(a *components.RecommendationsArgs) {
			a.ToleratedFall = 1
		},
		"MinCustomers 0: want at least 1": func(a *components.RecommendationsArgs) {
			a.MinCustomers = 0
		},
		"Endpoint.MemoryMB 1500: want a multiple of 1024": func(a *components.RecommendationsArgs) {
			a.Endpoint.MemoryMB = 1500
		},
		"it is serverless, which has no Instances": func(a *components.RecommendationsArgs) {
			a.Endpoint.CapturePercent = 5
		},
		"Endpoint.Instances 0: want at least 1": func(a *components.RecommendationsArgs) {
			a.Endpoint.InstanceType = "ml.c5.large"
		},
		"LatencyMilliseconds 0: want at least 1": func(a *components.RecommendationsArgs) { a.LatencyMilliseconds = 0 },
		"DriftShare 0: want more than 0":         func(a *components.RecommendationsArgs) { a.DriftShare = 0 },
		`Schedule.Day "Sunday": want one of`:     func(a *components.RecommendationsArgs) { a.Schedule.Day = "Sunday" },
		"Schedule.Hour 24: want 0 to 23":         func(a *components.RecommendationsArgs) { a.Schedule.Hour = 24 },
	} {
		rec, err := pulumitest.RunErr(func(ctx *pulumi.Context) error {
			_, err := components.NewRecommendations(ctx, "r", changed(recommendationsArgs(t), change))
			return err
		})
		require.ErrorContains(t, err, want)
		assert.Empty(t, rec.All())
	}
	_, err := pulumitest.RunErr(
		func(ctx *pulumi.Context) error { _, err := components.NewRecommendations(ctx, "r", nil); return err },
	)
	require.ErrorContains(t, err, "args are required")
}
