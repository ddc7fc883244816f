package components_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/components"
	"dataplatform/contracts"
	"dataplatform/internal/graph"
	"dataplatform/internal/pulumitest"
	"dataplatform/policies"
)

const (
	tableToken    = "aws:glue/catalogTable:CatalogTable"
	databaseToken = "aws:glue/catalogDatabase:CatalogDatabase"
)

var since = contracts.Since{Arrivals: "2026-01-01", Events: "2025-12-29"}

func loadContracts(t *testing.T) *contracts.Set {
	t.Helper()
	set, err := contracts.Load()
	require.NoError(t, err)
	return set
}

func newLayers(ctx *pulumi.Context) (map[string]*components.Layer, error) {
	layers := map[string]*components.Layer{}
	for _, name := range []string{contracts.LayerRaw, contracts.LayerProcessed, contracts.LayerCurated} {
		layer, err := newLayer(ctx, name, false, lifecycle)
		if err != nil {
			return nil, err
		}
		layers[name] = layer
	}
	return layers, nil
}

func runCatalog(t *testing.T, retain bool) *pulumitest.Recorder {
	t.Helper()
	set := loadContracts(t)
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		layers, err := newLayers(ctx)
		if err != nil {
			return err
		}
		catalog, err := components.NewCatalog(ctx,
			"catalog", &components.CatalogArgs{
				Prefix: "shop_test", Contracts: set, Layers: layers, Since: since, Retain: retain,
			})
		if err != nil {
			return err
		}
		return pulumitest.Observe(ctx, "catalog", pulumi.Map{
			"raw": catalog.DatabaseNames[contracts.LayerRaw], "rawArn": catalog.DatabaseARNs[contracts.LayerRaw],
			"tables": pulumi.Int(len(catalog.Tables)),
		})
	})
}

func TestCatalogHasATableForEveryContract(t *testing.T) {
	rec := runCatalog(t, false)
	rec.AssertNoOrphans(t)
	rec.AssertUniqueNames(t)
	set := loadContracts(t)
	require.Len(t, rec.OfType(tableToken), len(set.All()))
	for _, contract := range set.All() {
		table := rec.One(t, tableToken, "catalog-"+contract.Layer+"-"+contract.Dataset)
		assert.Equal(t, contract.Dataset, table.String(t, "name"))
		assert.Equal(t, "shop_test_"+contract.Layer, table.String(t, "databaseName"))
		assert.Equal(t, contract.Version, table.String(t, "parameters.contract_version"), contract.ID)
		assert.Len(t, table.Value("storageDescriptor.columns"), len(contract.GlueColumns()), contract.ID)
		location := table.String(t, "storageDescriptor.location")
		assert.True(t, strings.HasPrefix(location, "s3://"+contract.Layer+"/"+contract.Of()), location)
	}
	for _, layer := range []string{"raw", "processed", "curated"} {
		assert.Equal(t, "shop_test_"+layer, rec.One(t, databaseToken, "catalog-"+layer).String(t, "name"))
	}
	seen := rec.Observed(t, "catalog")
	assert.Equal(t, "shop_test_raw", seen.String(t, "raw"))
	assert.Equal(t, "arn:aws:glue:eu-west-1:123456789012:database/shop_test_raw", seen.String(t, "rawArn"))
	assert.InDelta(t, float64(len(set.All())), seen.Number(t, "tables"), 0)
}

func TestProjectedTableComputesItsPartitions(t *testing.T) {
	table := runCatalog(t, true).One(t, tableToken, "catalog-raw-clicks")
	assert.Equal(t, "true", table.Value("parameters").(map[string]any)["projection.enabled"])
	assert.Equal(t, "s3://raw/clicks/ingest_date=${ingest_date}/ingest_hour=${ingest_hour}/",
		table.Value("parameters").(map[string]any)["storage.location.template"])
	assert.Equal(t, "s3://raw/clicks/", table.String(t, "storageDescriptor.location"))
	assert.Equal(t, []any{"ingest_date", "ingest_hour"}, columnNames(table.Value("partitionKeys")))
	assert.NotEmpty(t, table.String(t, "storageDescriptor.serDeInfo.serializationLibrary"))
	assert.False(t, table.Has("openTableFormatInput"))
	assert.Empty(t, table.IgnoreChanges, "code owns projected tables wholly")
	assert.False(t, table.Protect, "a projected table holds nothing: its data is in the bucket")

	quarantine := runCatalog(t, false).One(t, tableToken, "catalog-raw-quarantine")
	assert.Equal(t, "s3://raw/quarantine/${dataset}/reason=${reason}/ingest_date=${ingest_date}/",
		quarantine.Value("parameters").(map[string]any)["storage.location.template"])
}

func columnNames(columns any) []any {
	var names []any
	for _, column := range columns.([]any) {
		names = append(names, column.(map[string]any)["name"])
	}
	return names
}

func TestIcebergTableIsCreatedOnceAndLeftToItsEngines(t *testing.T) {
	for _, retain := range []bool{true, false} {
		rec := runCatalog(t, retain)
		table := rec.One(t, tableToken, "catalog-curated-sales_hourly")
		assert.Equal(t, map[string]any{"icebergInput": map[string]any{"metadataOperation": "CREATE", "version": "2"}},
			table.Value("openTableFormatInput"))
		assert.Equal(t, "s3://curated/sales_hourly", table.String(t, "storageDescriptor.location"))
		assert.False(t, table.Has("storageDescriptor.inputFormat"))
		assert.False(t, table.Has("partitionKeys"), "Iceberg's partitions are in its metadata")
		assert.Equal(t, retain, table.Protect)
		assert.Equal(t, retain, table.RetainOnDelete)
		assert.True(t, table.WaitsFor(rec.One(t, encryptionToken, "curated-encryption")),
			"Glue writes metadata into the bucket")
		// An update through Glue could lose the pointer to the metadata, so every input that may change is ignored.
		for input := range table.Inputs {
			if input != "databaseName" && input != "name" { // these replace the table
				assert.Contains(t, table.IgnoreChanges, string(input))
			}
		}
	}
}

func TestNewCatalogRejects(t *testing.T) {
	set := loadContracts(t)
	tests := map[string]struct {
		give func(map[string]*components.Layer) *components.CatalogArgs
		want string
	}{
		"nothing": {func(map[string]*components.Layer) *components.CatalogArgs { return nil }, "args are required"},
		"no prefix": {func(l map[string]*components.Layer) *components.CatalogArgs {
			return &components.CatalogArgs{Contracts: set, Layers: l}
		}, `Prefix "": want lower-case`},
		"dash": {func(l map[string]*components.Layer) *components.CatalogArgs {
			return &components.CatalogArgs{Prefix: "shop-dev", Contracts: set, Layers: l}
		}, `Prefix "shop-dev"`},
		"too long": {func(l map[string]*components.Layer) *components.CatalogArgs {
			return &components.CatalogArgs{Prefix: strings.Repeat("a", 246), Contracts: set, Layers: l}
		}, "at most 245"},
		"no contracts": {func(l map[string]*components.Layer) *components.CatalogArgs {
			return &components.CatalogArgs{Prefix: "shop", Layers: l}
		}, "Contracts is required"},
		"no first day": {func(l map[string]*components.Layer) *components.CatalogArgs {
			return &components.CatalogArgs{Prefix: "shop", Contracts: set, Layers: l}
		}, `Since.Events: "" is no day`},
		"a layer missing": {func(l map[string]*components.Layer) *components.CatalogArgs {
			return &components.CatalogArgs{
				Prefix: "shop", Contracts: set, Layers: map[string]*components.Layer{"raw": l["raw"]},
			}
		}, `Layers["curated"] is required`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rejects(t, tt.want, func(ctx *pulumi.Context) error {
				_, err := components.NewCatalog(ctx,
					"catalog", tt.give(map[string]*components.Layer{"raw": {}, "processed": {}, "curated": {}}))
				return err
			})
		})
	}
}

func TestCrawlerOnlyLogsAndLooksAtDiscovery(t *testing.T) {
	database := pulumi.String("arn:aws:glue:eu-west-1:123456789012:database/shop_test_raw")
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		raw, err := newLayer(ctx, "raw", false, lifecycle)
		if err != nil {
			return err
		}
		_, err = components.NewCrawler(ctx, "discovery",
			&components.CrawlerArgs{Raw: raw, DatabaseName: pulumi.String("shop_test_raw"), DatabaseARN: database})
		return err
	})
	rec.AssertNoOrphans(t)
	crawler := rec.One(t, "aws:glue/crawler:Crawler", "discovery")
	assert.Equal(t, map[string]any{"updateBehavior": "LOG", "deleteBehavior": "LOG"},
		crawler.Value("schemaChangePolicy"))
	assert.Equal(t, []any{map[string]any{"path": "s3://raw/discovery/"}}, crawler.Value("s3Targets"))
	assert.Equal(t, "discovery_", crawler.String(t, "tablePrefix"))
	grants := rec.One(t, "aws:iam/rolePolicy:RolePolicy", "discovery-grants")
	assert.True(t, crawler.WaitsFor(grants))
	document, err := policies.Parse(grants.String(t, "policy"))
	require.NoError(t, err)
	got, err := policies.Evaluate(policies.Request{
		Action: "glue:UpdateTable", Resource: "arn:aws:glue:eu-west-1:123456789012:table/shop_test_raw/clicks",
	}, document)
	require.NoError(t, err)
	assert.Equal(t, policies.NotAllowed, got)

	for want, args := range map[string]*components.CrawlerArgs{
		"args are required":        nil,
		"Raw is required":          {DatabaseName: database, DatabaseARN: database},
		"DatabaseName is required": {Raw: &components.Layer{}, DatabaseARN: database},
		"DatabaseARN is required":  {Raw: &components.Layer{}, DatabaseName: database},
	} {
		rejects(t, want, func(ctx *pulumi.Context) error {
			_, err := components.NewCrawler(ctx, "discovery", args)
			return err
		})
	}
}

func TestTablesAreMigratedAfterWhatTheyNeed(t *testing.T) {
	set := loadContracts(t)
	rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		layers, err := newLayers(ctx)
		if err != nil {
			return err
		}
		catalog, err := components.NewCatalog(ctx,
			"catalog", &components.CatalogArgs{Prefix: "shop_test", Contracts: set, Layers: layers, Since: since})
		if err != nil {
			return err
		}
		_, err = components.NewTableMigration(ctx, "tables", &components.TableMigrationArgs{
			FunctionName: pulumi.String("tables-1"), JobName: pulumi.String("tables-job-1"), ContractsHash: set.Hash(),
			After: catalog.Tables,
		})
		return err
	})
	invocation := rec.One(t, "aws:lambda/invocation:Invocation", "tables")
	var input map[string]string
	invocation.DecodeJSON(t, "input", &input)
	assert.Equal(t, map[string]string{"contractsHash": set.Hash(), "jobName": "tables-job-1"}, input)
	assert.Equal(t, set.Hash(), invocation.String(t, "triggers.contracts"))
	for _, table := range rec.OfType(tableToken) {
		assert.True(t, invocation.WaitsFor(table), table.Name)
	}

	name, after := pulumi.String("n"), []pulumi.Resource{&components.Layer{}}
	for want, args := range map[string]*components.TableMigrationArgs{
		"args are required":         nil,
		"FunctionName is required":  {JobName: name, ContractsHash: "h", After: after},
		"JobName is required":       {FunctionName: name, ContractsHash: "h", After: after},
		"ContractsHash is required": {FunctionName: name, JobName: name, After: after},
		"After is required":         {FunctionName: name, JobName: name, ContractsHash: "h"},
	} {
		rejects(t, want, func(ctx *pulumi.Context) error {
			_, err := components.NewTableMigration(ctx, "tables", args)
			return err
		})
	}
}

func TestCatalogEncryption(t *testing.T) {
	for name, test := range map[string]struct {
		give    components.CatalogSetting
		want    map[string]any
		protect bool
	}{
		"a plain catalog": {components.CatalogSetting{Mode: "DISABLED"},
			map[string]any{"returnConnectionPasswordEncrypted": false}, true},
		"a second time": {components.CatalogSetting{Mode: "SSE-KMS-WITH-SERVICE-ROLE",
			RoleARN: roles + "dataplatform-prod-encryption-role-1a2b3c4", KeyID: "ours"},
			map[string]any{"returnConnectionPasswordEncrypted": false}, true},
		"others' passwords": {components.CatalogSetting{Passwords: true, PasswordKeyARN: keyARN},
			map[string]any{"returnConnectionPasswordEncrypted": true, "awsKmsKeyId": keyARN}, false},
	} {
		t.Run(name, func(t *testing.T) {
			rec := pulumitest.Run(t, func(ctx *pulumi.Context) error {
				layers, err := newLayers(ctx)
				if err != nil {
					return err
				}
				e, err := components.NewCatalogEncryption(ctx, "encryption", &components.CatalogEncryptionArgs{
					Partition: graph.Partition, AccountID: graph.Account, Region: graph.Region, Found: test.give,
					Protect: test.protect,
				})
				if err != nil {
					return err
				}
				if _, err := e.Encrypt(ctx, layers["raw"].Ready); err != nil {
					return err
				}
				return pulumitest.Observe(ctx, "encryption", pulumi.Map{"key": e.KeyARN})
			})
			rec.AssertNoOrphans(t)
			key := rec.Observed(t, "encryption").String(t, "key")
			settings := rec.One(t, "aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings", "encryption")
			assert.Equal(t, map[string]any{
				"encryptionAtRest": map[string]any{
					"catalogEncryptionMode": "SSE-KMS-WITH-SERVICE-ROLE", "sseAwsKmsKeyId": key,
					"catalogEncryptionServiceRole": "arn:aws:iam::123456789012:role/encryption-role",
				},
				"connectionPasswordEncryption": test.want,
			}, settings.Value("dataCatalogEncryptionSettings"))
			assert.True(t, settings.WaitsFor(rec.One(t, grantsToken, "encryption-grants")),
				"Glue tries the role when the setting is made")
			assert.True(t, settings.WaitsFor(rec.One(t, "aws:s3/bucketPolicy:BucketPolicy", "raw-policy")),
				"which takes a while until IAM knows the role everywhere")
			kept := 0
			for _, r := range rec.All() {
				if r.Custom && strings.HasPrefix(r.Name, "encryption") {
					kept++
					assert.True(t, r.RetainOnDelete, "%s %s: what is encrypted stays readable", r.Type, r.Name)
					assert.Equal(t, test.protect, r.Protect, "%s %s", r.Type, r.Name)
				}
			}
			assert.Equal(t, 5, kept)
		})
	}
}
