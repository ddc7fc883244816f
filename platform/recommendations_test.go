package platform

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/contracts/released"
	"dataplatform/internal/pulumitest"
	"dataplatform/platform/settings/settingstest"
)

func TestThePipelineOfRecommendations(t *testing.T) {
	rec := withRecommendations(t)
	const name = "shop-dev-recommendations"
	assert.Equal(t, name, rec.One(t, "aws:sagemaker/modelPackageGroup:ModelPackageGroup",
		"recommendations-models").String(t, "modelPackageGroupName"))
	environment, ok :=
		rec.One(t, functionToken, "recommendations-function").Value("environment.variables").(map[string]any)
	require.True(t, ok)
	assert.Equal(t, []any{name, name, "features", "ledger-leases", "120h0m0s"},
		[]any{environment["NAME"], environment["PACKAGE_GROUP"], environment["FEATURES_BUCKET"],
			environment["LEASES_TABLE"], environment["HOLDOUT"]})
	// What runs make is found on the bill as everything else is.
	for _, tag := range []string{`"stack":"test"`, `"component":"recommendations"`, `"costCentre":`} {
		assert.Contains(t, environment["SETTINGS"], tag)
	}
	definition := rec.One(t, stateMachineToken, "recommendations").String(t, "definition")
	for _, part := range []string{`"JobName":"features"`, `"JobName":"recommend"`, "s3://features/training/{}/train/",
		`"S3OutputPath":"s3://features/models/"`} {
		assert.Contains(t, definition, part)
	}
	for _, kind := range []string{"endpoint:Endpoint", "endpointConfiguration:EndpointConfiguration", "model:Model"} {
		assert.Empty(t, rec.OfType("aws:sagemaker/"+kind), "these are the runs'")
	}
	assert.Equal(t, "cron(5 4 ? * SUN *)",
		rec.One(t, "aws:scheduler/schedule:Schedule", "recommendations-weekly").String(t, "scheduleExpression"))
}

func TestRecommendationsOutputs(t *testing.T) {
	observed := func(changes map[string]any) any {
		rec := runProgram(t, settingstest.With(stackSettings(t, "dev"), changes), func(ctx *pulumi.Context) error {
			out, err := compose(ctx, released.Files)
			if err != nil {
				return err
			}
			return pulumitest.Observe(ctx, "outputs", pulumi.Map{"recommendations": out.Recommendations})
		})
		return rec.Observed(t, "outputs").Value("recommendations")
	}
	assert.Empty(t, observed(nil))
	found, ok := observed(map[string]any{"recommendations.enabled": true}).(map[string]any)
	require.True(t, ok)
	assert.Equal(t, []any{"shop-dev-recommendations", "recommendations-weekly"},
		[]any{found["endpoint"], found["schedule"]})
	assert.True(t, strings.HasSuffix(found["machine"].(string), ":recommendations"), found["machine"])
}

func TestWhatInstancesCaptureEnds(t *testing.T) {
	rec, err := deployed(t, "test", settingstest.With(stackSettings(t, "dev"), map[string]any{
		"recommendations.enabled":  true,
		"recommendations.endpoint": map[string]any{"instanceType": "ml.c5.large", "instances": 1, "capturePercent": 10},
	}))
	require.NoError(t, err)
	days := expired(t, rec, contracts.LayerFeatures)
	assert.Equal(t, days["batch/"], days["capture/"])
	assert.Positive(t, days["capture/"])
}
