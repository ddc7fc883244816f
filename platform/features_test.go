package platform

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/contracts"
	"dataplatform/internal/pulumitest"
	"dataplatform/platform/settings/settingstest"
)

func withRecommendations(t *testing.T) *pulumitest.Recorder {
	t.Helper()
	people := map[string]any{
		"recommendations.enabled": true, "governance.analysts": []any{analystARN},
		"governance.dataScientists": []any{strings.ReplaceAll(analystARN, "analyst", "scientist")},
	}
	rec, err := deployed(t, "test", settingstest.With(stackSettings(t, "dev"), people))
	require.NoError(t, err)
	return rec
}

func TestFeaturesOnDemand(t *testing.T) {
	without, err := deployed(t, "test", stackSettings(t, "dev"))
	require.NoError(t, err)
	for _, r := range without.All() {
		assert.NotRegexp(t, `feature|recommend`, r.Name, r.Type)
		for key, value := range r.Inputs.Mappable() {
			assert.NotRegexp(t, `feature|recommend`, fmt.Sprint(value), "%s %s: %s", r.Type, r.Name, key)
		}
	}
	checkStack(t, withRecommendations(t))
}

func TestFeaturesHaveALayerOfTheirOwn(t *testing.T) {
	rec := withRecommendations(t)
	rec.One(t, "aws:kms/key:Key", "features")
	assert.Equal(t, "shop_dev_features",
		rec.One(t, "aws:glue/catalogDatabase:CatalogDatabase", "catalog-features").String(t, "name"))
	for name, iceberg := range map[string]bool{
		"features-interactions": true, "features-products": true, "features-model_runs": false,
		"curated-recommendations": true,
	} {
		table := rec.One(t, "aws:glue/catalogTable:CatalogTable", "catalog-"+name)
		assert.Equal(t, iceberg, table.Has("openTableFormatInput"), name)
	}
	runs := rec.One(t, "aws:glue/catalogTable:CatalogTable", "catalog-features-model_runs")
	assert.Equal(t, "s3://features/model_runs/", runs.String(t, "storageDescriptor.location"))
	assert.False(t, runs.Has("partitionKeys"))
	assert.Equal(t, map[string]float64{"training/": 90, "batch/": 90, "model_runs/": 730},
		expired(t, rec, contracts.LayerFeatures))
}

// TestJobsKnowWhereFeaturesAre: those that work on all tables, and the two between which a model is trained; the others
// do not.
func TestJobsKnowWhereFeaturesAre(t *testing.T) {
	rec := withRecommendations(t)
	for name, knows := range map[string]bool{
		"features": true, "recommend": true, "tables": true, "maintain": true, "erase": true, "sales-curate": false,
		"clicks-curate": false,
	} {
		arguments, ok := rec.One(t, jobToken, name).Value("nonOverridableArguments").(map[string]any)
		require.True(t, ok)
		bucket, database := arguments["--features_bucket"], arguments["--features_database"]
		if knows {
			assert.Equal(t, []any{"features", "shop_dev_features"}, []any{bucket, database}, name)
		} else {
			assert.Equal(t, []any{nil, nil}, []any{bucket, database}, name)
		}
	}
	for _, name := range []string{"features", "recommend", "tables", "maintain", "erase"} {
		assert.InDelta(t, 1, rec.One(t, jobToken, name).Number(t, "executionProperty.maxConcurrentRuns"), 0,
			"two runs would write the same tables")
	}
	migrate := rec.One(t, "aws:lambda/invocation:Invocation", "tables")
	assert.True(t, migrate.WaitsFor(rec.One(t, "aws:s3/bucketPolicy:BucketPolicy", "features-policy")),
		"the bucket is ready before its tables are migrated")
}

func TestFeaturesAreSeenByThoseWhoLearnFromThem(t *testing.T) {
	rec := withRecommendations(t)
	layers := func(role string) string {
		var seen []string
		for _, grant := range rec.OfType(permissionsToken) {
			if strings.HasSuffix(grant.String(t, "principal"), ":role/"+role) {
				seen = append(seen, fmt.Sprint(grant.Value("lfTagPolicy")))
			}
		}
		require.NotEmpty(t, seen, role)
		return strings.Join(seen, " ")
	}
	assert.Contains(t, layers("people/scientist"), "features")
	assert.NotContains(t, layers("people/analyst"), "features")
	assert.Contains(t, layers("features-role"), "features")
	assert.NotContains(t, layers("features-role"), "curated", "it writes no table that others read")
	assert.Contains(t, layers("recommend-role"), "recommendations")
	assert.NotContains(t, layers("recommend-role"), "processed")
	assert.NotContains(t, layers("sales-curate-role"), "features")
}

// TestAFeatureGroupOnDemand: what is known of products is a group of the feature store, made when who reads it may.
func TestAFeatureGroupOnDemand(t *testing.T) {
	const groupToken = "aws:sagemaker/featureGroup:FeatureGroup"
	assert.Empty(t, withRecommendations(t).OfType(groupToken))
	settings := map[string]any{"recommendations.enabled": true, "recommendations.featureGroup": true}
	rec, err := deployed(t, "test", settingstest.With(stackSettings(t, "dev"), settings))
	require.NoError(t, err)
	checkStack(t, rec)
	group := rec.One(t, groupToken, "products-store")
	assert.Len(t, rec.OfType(groupToken), 1, "what a party did with a product has no single identifier")
	job := rec.One(t, jobToken, "features")
	assert.Equal(t, "products="+group.String(t, "featureGroupName"),
		job.Value("nonOverridableArguments.--feature_groups"))
	assert.Contains(t, rec.One(t, rolePolicyToken, "features-grants").String(t, "policy"),
		`"arn:aws:sagemaker:eu-west-1:123456789012:feature-group/`+group.String(t, "featureGroupName")+`"`)
	waits := 0
	for _, grant := range rec.OfType(permissionsToken) {
		if group.WaitsFor(grant) {
			waits++
		}
	}
	assert.NotZero(t, waits)
	assert.InDelta(t, 90, expired(t, rec, contracts.LayerFeatures)["feature-store/"], 0)
}
