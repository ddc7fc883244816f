package components_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components"
	"dataplatform/internal/pulumitest"
	"dataplatform/policies"
)

const (
	workgroupToken  = "aws:athena/workgroup:Workgroup"
	managedToken    = "aws:iam/policy:Policy"
	attachmentToken = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	dataCatalogARN  = "arn:aws:athena:eu-west-1:123456789012:datacatalog/AwsDataCatalog"
	curatedDatabase = "arn:aws:glue:eu-west-1:123456789012:database/shop_curated"
)

func analyticsArgs(layer *components.Layer) *components.AnalyticsArgs {
	return &components.AnalyticsArgs{
		Results: layer, ScanLimitBytes: 100 << 30, PolicyName: "shop-analysts", DataCatalogARN: dataCatalogARN,
		DatabaseARNs: []pulumi.StringInput{pulumi.String(curatedDatabase)}, Readers: []string{"anna", "ben"},
	}
}

func runAnalytics(t *testing.T) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		layer, err := newLayer(ctx, "artifacts", false, lifecycle)
		if err != nil {
			return err
		}
		_, err = components.NewAnalytics(ctx, "analysts", analyticsArgs(layer))
		return err
	})
}

func TestWorkgroupCannotBeOverruled(t *testing.T) {
	rec := runAnalytics(t)
	rec.AssertNoOrphans(t)
	workgroup := rec.One(t, workgroupToken, "analysts")
	assert.True(t, workgroup.True("forceDestroy"), "one with a history could not be deleted")
	assert.Equal(t, map[string]any{
		"enforceWorkgroupConfiguration": true, "publishCloudwatchMetricsEnabled": true,
		"bytesScannedCutoffPerQuery": float64(100 << 30),
		"engineVersion":              map[string]any{"selectedEngineVersion": "Athena engine version 3"},
		"resultConfiguration": map[string]any{
			"outputLocation":          "s3://artifacts/athena-results/analysts/",
			"encryptionConfiguration": map[string]any{"encryptionOption": "SSE_KMS", "kmsKeyArn": rawKeyARN},
		},
	}, workgroup.Value("configuration"))
}

// TestReadersQueryInTheirWorkgroup: the policy is of this workgroup and its folder of results, and every reader has it.
func TestReadersQueryInTheirWorkgroup(t *testing.T) {
	rec := runAnalytics(t)
	policy := rec.One(t, managedToken, "analysts")
	assert.Equal(t, "shop-analysts", policy.String(t, "name"))
	got, err := policies.Parse(policy.String(t, "policy"))
	require.NoError(t, err)
	want := policies.Reader(policies.ReaderRefs{
		WorkgroupARN:   rec.One(t, workgroupToken, "analysts").Outputs["arn"].StringValue(),
		DataCatalogARN: dataCatalogARN, DatabaseARNs: []string{curatedDatabase},
		ResultsBucketARN: "arn:aws:s3:::artifacts", ResultsPrefix: "athena-results/analysts/", ResultsKeyARN: rawKeyARN,
	})
	assert.Equal(t, want.Statement, got.Statement)
	attached := map[string]string{}
	for _, r := range rec.OfType(attachmentToken) {
		attached[r.String(t, "role")] = r.String(t, "policyArn")
	}
	arn := policy.Outputs["arn"].StringValue()
	assert.Equal(t, map[string]string{"anna": arn, "ben": arn}, attached)
}

func TestNewAnalyticsRejects(t *testing.T) {
	for want, change := range map[string]func(*components.AnalyticsArgs){
		"Results is required": func(a *components.AnalyticsArgs) { a.Results = nil },
		"ScanLimitBytes 9999999: want at least 10000000": func(a *components.AnalyticsArgs) {
			a.ScanLimitBytes = 9_999_999
		},
		"PolicyName is required": func(a *components.AnalyticsArgs) { a.PolicyName = "" },
		"is longer than 128 characters": func(a *components.AnalyticsArgs) {
			a.PolicyName = string(make([]byte, 129))
		},
		"DataCatalogARN is required":                       func(a *components.AnalyticsArgs) { a.DataCatalogARN = "" },
		"DatabaseARNs are required":                        func(a *components.AnalyticsArgs) { a.DatabaseARNs = nil },
		`Readers[1] "anna": want a role's name, each once`: func(a *components.AnalyticsArgs) { a.Readers[1] = "anna" },
		`Readers[0] "": want a role's name, each once`:     func(a *components.AnalyticsArgs) { a.Readers[0] = "" },
	} {
		rejects(t, want, func(ctx *pulumi.Context) error {
			_, err := components.NewAnalytics(ctx, "analysts", changed(analyticsArgs(&components.Layer{}), change))
			return err
		})
	}
	rejects(t, "args are required", func(ctx *pulumi.Context) error {
		_, err := components.NewAnalytics(ctx, "analysts", nil)
		return err
	})
}
