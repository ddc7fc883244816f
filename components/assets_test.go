package components_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components"
	"dataplatform/components/limits"
	"dataplatform/internal/pulumitest"
	"dataplatform/policies"
)

const notificationToken = "aws:s3/bucketNotification:BucketNotification"

func assetsArgs() *components.AssetsArgs {
	return &components.AssetsArgs{
		Dataset: "assets", RowsPrefix: "assets-rows/", QueueKeyARN: pulumi.String(keyARN),
		Sources: []string{"arn:aws:iam::123456789012:role/shop"}, Raw: storage("raw"), Processed: storage("processed"),
		FilesTableName: pulumi.String("files"),
		FilesTableARN:  pulumi.String("arn:aws:dynamodb:eu-west-1:123456789012:table/files"),
		LedgerKeyARN:   pulumi.String(keyARN), MaxBytes: 1 << 20, MaxPixels: 1000, MaxSeconds: 60, ThumbnailSide: 256,
		SLO: time.Hour, MetricsNamespace: "test", Build: functionArgs().FunctionBuild,
	}
}

// assetsAndNotifications registers assets and what their bucket tells.
func assetsAndNotifications(ctx *pulumi.Context) error {
	clickstream, err := components.NewClickstream(ctx, "clickstream", clickstreamArgs())
	if err != nil {
		return err
	}
	assets, err := components.NewAssets(ctx, "assets", assetsArgs())
	if err != nil {
		return err
	}
	_, err = components.NewBucketNotifications(ctx, "raw-notices", &components.BucketNotificationsArgs{
		Bucket: storage("raw"), EventBridge: true, Queues: []components.QueueTarget{assets.BucketNotifications},
		Before: clickstream,
	})
	return err
}

func TestAssets(t *testing.T) {
	rec := pulumitest.Run(t, assetsAndNotifications)
	rec.AssertNoOrphans(t)
	queue, function := rec.One(t, queueToken, "assets-queue"), rec.One(t, functionToken, "assets-function")
	assert.JSONEq(
		t, `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:assets-dead-letters","maxReceiveCount":35}`,
		queue.String(t, "redrivePolicy"),
	)
	assert.GreaterOrEqual(t, queue.Number(t, "visibilityTimeoutSeconds"), 6*function.Number(t, "timeout"))
	assert.GreaterOrEqual(t, function.Number(t, "timeout"), 5*60.0, "each object of a batch may take its time")
	assert.LessOrEqual(t, function.Number(t, "timeout"), 900.0)
	assert.Equal(t, map[string]any{
		"RAW_BUCKET": "raw", "PROCESSED_BUCKET": "processed", "FILES_TABLE": "files", "MAX_BYTES": "1048576",
		"MAX_PIXELS": "1000", "MAX_TIME": "1m0s", "THUMBNAIL_SIDE": "256", "METRICS_NAMESPACE": "test",
		"GOMEMLIMIT": "1641MiB", "QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/raw-notices",
	}, function.Value("environment.variables"))
	mapping := rec.One(t, mappingToken, "assets-mapping")
	assert.Equal(t, []any{"ReportBatchItemFailures"}, mapping.Value("functionResponseTypes"))
	assert.True(t, mapping.WaitsFor(rec.One(t, functionToken, "assets-function")))
	rec.One(t, alarmToken, "assets-dead-letters-depth")
	assert.Equal(t, 900.0, rec.One(t, alarmToken, "assets-queue-age").Number(t, "threshold"))
	trust, err := policies.Parse(rec.One(t, "aws:iam/role:Role", "assets-source").String(t, "assumeRolePolicy"))
	require.NoError(t, err)
	assert.Equal(t, []string{"arn:aws:iam::123456789012:role/shop"}, trust.Statement[0].Principal["AWS"])
}

// TestBucketNotifications: a bucket has one configuration, which tells the queue of objects below the assets' folder
// and everybody of everything.
func TestBucketNotifications(t *testing.T) {
	rec := pulumitest.Run(t, assetsAndNotifications)
	require.Len(t, rec.OfType(notificationToken), 1)
	notifications := rec.One(t, notificationToken, "raw-notices")
	assert.True(t, notifications.True("eventbridge"), "the clickstream's rule listens there")
	assert.Equal(t, []any{map[string]any{
		"queueArn": "arn:aws:sqs:eu-west-1:123456789012:raw-notices", "filterPrefix": "assets/",
		"events": []any{"s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*"},
	}}, notifications.Value("queues"))
	assert.True(t, notifications.WaitsFor(rec.One(t, mappingToken, "assets-mapping")),
		"S3 checks that it may send, which takes a while")
	assert.False(t, strings.HasPrefix(assetsArgs().RowsPrefix, "assets/"),
		"a row is no asset, or each would make another")
}

func TestAssetsReject(t *testing.T) {
	for want, change := range map[string]func(*components.AssetsArgs){
		"Dataset is required":        func(a *components.AssetsArgs) { a.Dataset = "" },
		"RowsPrefix is required":     func(a *components.AssetsArgs) { a.RowsPrefix = "" },
		"QueueKeyARN is required":    func(a *components.AssetsArgs) { a.QueueKeyARN = nil },
		"Sources is required":        func(a *components.AssetsArgs) { a.Sources = nil },
		"Raw: want BucketName":       func(a *components.AssetsArgs) { a.Raw.KeyARN = nil },
		"Processed: want BucketName": func(a *components.AssetsArgs) { a.Processed.BucketName = nil },
		"FilesTableName is required": func(a *components.AssetsArgs) { a.FilesTableName = nil },
		"LedgerKeyARN is required":   func(a *components.AssetsArgs) { a.LedgerKeyARN = nil },
		"MaxBytes 419430401: want 1 to 419430400": func(a *components.AssetsArgs) {
			a.MaxBytes = limits.AssetMaxBytes + 1
		},
		"MaxPixels 49577985: want 1 to 49577984": func(a *components.AssetsArgs) {
			a.MaxPixels = limits.AssetMaxPixels + 1
		},
		"MaxSeconds 151: want 1 to 150": func(a *components.AssetsArgs) {
			a.MaxSeconds = limits.AssetMaxSeconds + 1
		},
		"ThumbnailSide 0: want 1 to 4096":           func(a *components.AssetsArgs) { a.ThumbnailSide = 0 },
		"SLO is required":                           func(a *components.AssetsArgs) { a.SLO = 0 },
		"MetricsNamespace is required":              func(a *components.AssetsArgs) { a.MetricsNamespace = "" },
		`function "a-function": Architecture "386"`: func(a *components.AssetsArgs) { a.Build.Architecture = "386" },
	} {
		_, err := pulumitest.RunErr(func(ctx *pulumi.Context) error {
			_, err := components.NewAssets(ctx, "a", changed(assetsArgs(), change))
			return err
		})
		assert.ErrorContains(t, err, want)
	}
	for want, give := range map[string]*components.BucketNotificationsArgs{
		"args are required":                 nil,
		"EventBridge or Queues is required": {Bucket: storage("raw"), Before: &components.Clickstream{}},
		`Queues[0] "": want QueueARN, Ready, Prefix`: {
			Bucket: storage("raw"), Before: &components.Clickstream{}, Queues: []components.QueueTarget{{}},
		},
	} {
		_, err := pulumitest.RunErr(func(ctx *pulumi.Context) error {
			_, err := components.NewBucketNotifications(ctx, "n", give)
			return err
		})
		assert.ErrorContains(t, err, want)
	}
}
