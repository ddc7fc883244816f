package featurestore_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components/featurestore"
	"dataplatform/contracts"
	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
	"dataplatform/policies"
)

func contract(t *testing.T, id string) *contracts.Contract {
	t.Helper()
	set, err := contracts.LoadWithFeatures()
	require.NoError(t, err)
	found, ok := set.Get(id)
	require.True(t, ok)
	return found
}

func args(t *testing.T) *featurestore.Args {
	t.Helper()
	return &featurestore.Args{
		Prefix: "shop_test", AccountID: graph.Account, Contract: contract(t, "features.products"), Governed: true,
		BucketName: pulumi.String("features"), BucketARN: pulumi.String("arn:aws:s3:::features"),
		KeyARN:       pulumi.String("arn:aws:kms:eu-west-1:123456789012:key/features"),
		DatabaseName: pulumi.String("shop_test_features"),
	}
}

func TestAGroupIsOfflineAndHoldsTheContractsColumns(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := featurestore.New(ctx, "store", args(t))
		return err
	})
	rec.AssertNoOrphans(t)
	group := rec.One(t, "aws:sagemaker/featureGroup:FeatureGroup", "store")
	assert.Equal(t, "shop_test-products-1-0-0", group.String(t, "featureGroupName"))
	assert.Equal(t, "product_id", group.String(t, "recordIdentifierFeatureName"))
	assert.Equal(t, "as_of", group.String(t, "eventTimeFeatureName"))
	assert.False(t, group.Has("onlineStoreConfig"), "nobody asks for single records, and it costs by the hour")
	assert.Equal(t, "s3://features/feature-store", group.String(t, "offlineStoreConfig.s3StorageConfig.s3Uri"))
	assert.Contains(t, group.String(t, "offlineStoreConfig.s3StorageConfig.kmsKeyId"), ":key/features",
		"the bucket refuses any other")
	assert.Equal(t, map[string]any{
		"catalog": "AwsDataCatalog", "database": "shop_test_features", "tableName": "products_offline_1_0_0",
	}, group.Value("offlineStoreConfig.dataCatalogConfig"))
	kinds := map[any]any{}
	for _, definition := range group.Value("featureDefinitions").([]any) {
		one := definition.(map[string]any)
		kinds[one["featureName"]] = one["featureType"]
	}
	assert.Equal(t, map[any]any{
		"as_of": "String", "product_id": "String", "title": "String", "category": "String", "price": "Fractional",
		"price_band": "Integral", "images": "Integral", "image_aspect": "String", "known_since": "String",
	}, kinds)
	tags := rec.One(t, "aws:lakeformation/resourceLfTags:ResourceLfTags", "store")
	assert.Equal(t, "products_offline_1_0_0", tags.String(t, "table.name"))

	assert.True(t, group.True("offlineStoreConfig.disableGlueTableCreation"),
		"SageMaker's would stay, and be in the way of the next group")
	table := rec.One(t, "aws:glue/catalogTable:CatalogTable", "store")
	assert.True(t, tags.WaitsFor(table))
	assert.Equal(t, "products_offline_1_0_0", table.String(t, "name"))
	columns := map[any]any{}
	for _, column := range table.Value("storageDescriptor.columns").([]any) {
		one := column.(map[string]any)
		columns[one["name"]] = one["type"]
	}
	assert.Equal(t, map[any]any{
		"as_of": "string", "product_id": "string", "title": "string", "category": "string", "price": "double",
		"price_band": "bigint", "images": "bigint", "image_aspect": "string", "known_since": "string",
		"write_time": "timestamp", "api_invocation_time": "timestamp", "is_deleted": "boolean",
	}, columns)
}

func TestSageMakerWritesTheStoreAndNothingElse(t *testing.T) {
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := featurestore.New(ctx, "store", args(t))
		return err
	})
	grants, err := policies.Parse(rec.One(t, "aws:iam/rolePolicy:RolePolicy", "store-grants").String(t, "policy"))
	require.NoError(t, err)
	assert.Empty(t, policies.Lint(grants))
	for _, tt := range []struct {
		action, resource string
		want             policies.Decision
	}{
		{"s3:PutObject", "arn:aws:s3:::features/feature-store/123456789012/a.parquet", policies.Allowed},
		{"s3:PutObject", "arn:aws:s3:::features/products/data/a.parquet", policies.NotAllowed},
		{"s3:GetObject", "arn:aws:s3:::features/training/r1/full/interactions/a.parquet", policies.NotAllowed},
		{"glue:UpdateTable",
			"arn:aws:glue:eu-west-1:123456789012:table/shop_test_features/products", policies.NotAllowed},
	} {
		got, err := policies.Evaluate(policies.Request{
			Principal: "arn:aws:iam::123456789012:role/store", Action: tt.action, Resource: tt.resource,
		}, grants)
		require.NoError(t, err)
		assert.Equal(t, tt.want, got, "%s on %s", tt.action, tt.resource)
	}
	trust, err := policies.Parse(rec.One(t, "aws:iam/role:Role", "store-role").String(t, "assumeRolePolicy"))
	require.NoError(t, err)
	assert.Equal(t, policies.TrustService(policies.SageMaker, graph.Account).JSON(), trust.JSON())
}

func TestNewRejects(t *testing.T) {
	for want, change := range map[string]func(*featurestore.Args){
		"Prefix is required":        func(a *featurestore.Args) { a.Prefix = "" },
		"AccountID is required":     func(a *featurestore.Args) { a.AccountID = "" },
		"Contract is required":      func(a *featurestore.Args) { a.Contract = nil },
		"DatabaseName are required": func(a *featurestore.Args) { a.DatabaseName = nil },
		"Contract features.interactions": func(a *featurestore.Args) {
			a.Contract = contract(t, "features.interactions")
		},
	} {
		give := args(t)
		change(give)
		rec, err := pulumitest.RunErr(
			func(ctx *pulumi.Context) error { _, err := featurestore.New(ctx, "s", give); return err },
		)
		require.ErrorContains(t, err, want)
		assert.Empty(t, rec.All())
	}
	_, err := pulumitest.RunErr(
		func(ctx *pulumi.Context) error { _, err := featurestore.New(ctx, "s", nil); return err },
	)
	require.ErrorContains(t, err, "args are required")
	assert.False(t, featurestore.Fits(contract(t, "features.interactions")))
	assert.False(t, featurestore.Fits(contract(t, "features.model_runs")))
}
