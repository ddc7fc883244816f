package components_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"dataplatform/components"
	"dataplatform/internal/pulumitest"
)

func TestWorkgroupCannotBeOverruled(t *testing.T) {
	for _, retain := range []bool{true, false} {
		rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
			layer, err := newLayer(ctx, "artifacts", false, ageing)
			if err != nil {
				return err
			}
			_, err = components.NewAnalytics(ctx, "analysts", &components.AnalyticsArgs{Results: layer, ScanLimitBytes: 100 << 30, Retain: retain})
			return err
		})
		rec.AssertNoOrphans(t)
		workgroup := rec.One(t, "aws:athena/workgroup:Workgroup", "analysts")
		assert.Equal(t, !retain, workgroup.True("forceDestroy"))
		assert.Equal(t, map[string]any{
			"enforceWorkgroupConfiguration": true, "publishCloudwatchMetricsEnabled": true, "bytesScannedCutoffPerQuery": float64(100 << 30),
			"engineVersion": map[string]any{"selectedEngineVersion": "Athena engine version 3"},
			"resultConfiguration": map[string]any{
				"outputLocation":          "s3://artifacts/athena-results/",
				"encryptionConfiguration": map[string]any{"encryptionOption": "SSE_KMS", "kmsKeyArn": rawKeyARN},
			},
		}, workgroup.Value("configuration"))
	}
}

func TestNewAnalyticsRejects(t *testing.T) {
	for want, args := range map[string]*components.AnalyticsArgs{
		"args are required":                              nil,
		"Results is required":                            {ScanLimitBytes: 10_000_000},
		"ScanLimitBytes 9999999: want at least 10000000": {Results: &components.Layer{}, ScanLimitBytes: 9_999_999},
	} {
		rejects(t, want, func(ctx *pulumi.Context) error {
			_, err := components.NewAnalytics(ctx, "analysts", args)
			return err
		})
	}
}
